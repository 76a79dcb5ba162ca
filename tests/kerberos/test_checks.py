"""The checks by Kerberos alone: they find on the demo fleet what they find by NTLM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.lab.fleet import DEMO_FLEET, read_fleet
from moveready.lab.server import Lab
from tests.acceptance.test_demo import KB3063913, OTHERS, others_of, rows_of
from tests.kerberos.kdc import REALM, USER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run
    from tests.kerberos.kdc import Kdc


@pytest.mark.usefixtures("ticket")
@pytest.mark.parametrize(
    "windows_tls", [pytest.param(False, id="sealed"), pytest.param(True, id="tls", marks=pytest.mark.heavy)]
)
def test_outcomes_are_those_of_ntlm(
    pytester: pytest.Pytester, last_run: Callable[[], Run], kdc: Kdc, tmp_path: Path, windows_tls: bool
) -> None:
    """All servers, all channels, Extended Protection enforced on one of them, with nothing but a ticket."""
    with Lab(read_fleet(DEMO_FLEET), folder=tmp_path, windows_tls=windows_tls, keytab=kdc.servers_keytab) as lab:
        result = pytester.runpytest_subprocess("--pyargs", "moveready.checks", f"--inventory={lab.inventory_file}")
        logins = [entry for channel in ("exchange", "windows", "https") for entry in lab.log.logins(channel=channel)]

    assert result.ret == 1
    assert rows_of(last_run()) == [line.split(maxsplit=4) for line in KB3063913.strip().splitlines()]
    assert {kb: others_of(last_run(), kb) for kb in OTHERS} == OTHERS
    assert {entry.user for entry in logins} == {USER.username}
    for service in ("http/ex01", "host/ex02", "http/ex17"):
        assert f"{USER.name}@{REALM} for {service}.contoso.com@{REALM}" in kdc.log


def test_the_demo_looks_for_no_kdc(
    pytester: pytest.Pytester, kdc: Kdc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the libraries of Kerberos are installed, they are not used: libkrb5 would trace every use of it."""
    trace = tmp_path / "trace"
    monkeypatch.setenv("KRB5_TRACE", str(trace))
    result = pytester.runpytest_subprocess("--pyargs", "moveready.checks", "--lab")

    assert (result.ret, trace.exists()) == (1, False)
    kdc.kinit(tmp_path / "ticket")
    assert trace.exists(), "this is how a use of it would have shown"
