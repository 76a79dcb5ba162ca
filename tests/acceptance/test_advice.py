"""What `run.json` advises: under each finding what repairs it, and nothing for a server that is fine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Outcome, Run
    from moveready.lab.server import Lab

SERVERS: list[dict[str, object]] = [
    {"name": "ex01.contoso.com"},
    {"name": "ex02.contoso.com", "flag": "off"},
    {"name": "ex03.contoso.com", "flag": "absent", "endpoint": "device-403"},
    {"name": "ex04.contoso.com", "worker": "off"},
]
OWN = """
from moveready.findings.controls import control
from moveready.inventory import Server

ABOUT = dict(severity="low", cause="It is.", source="https://kb")

@control("CONTOSO-1", title="Something of ours", **ABOUT)
def test_ours(server: Server, endpoint_answer):
    assert not server.name, "It is bad."

@control("KB5000001-1", title="Another KB", resolution="Install it on {server}.", **ABOUT)
def test_other_kb(server: Server, ews_directory):
    assert not server.name, "It is not installed."
"""


@pytest.fixture
def told(
    pytester: pytest.Pytester, lab_with: Callable[..., Lab], last_run: Callable[[], Run]
) -> tuple[Run, dict[tuple[str, str], Outcome]]:
    """The run of the KB's checks and of some more on these servers, and its outcomes by control and server."""
    lab = lab_with(*SERVERS)
    own = pytester.makepyfile(test_own=OWN)
    pytester.runpytest_subprocess(
        f"--inventory={lab.inventory_file}", "--pyargs", "moveready.checks.test_kb3063913_mrsproxy_disabled", str(own)
    )
    run = last_run()
    return run, {(outcome.control, outcome.server.partition(".")[0]): outcome for outcome in run.outcomes}


def test_advice_stands_where_it_belongs(told: tuple[Run, dict[tuple[str, str], Outcome]]) -> None:
    """No `iisreset` under a control that has nothing to do with MRSProxy; a device is mended at the device."""
    run, outcomes = told

    assert "iisreset EX02" in outcomes["KB3063913-3", "ex02"].resolution
    assert outcomes["KB3063913-3", "ex03"].resolution.startswith("On the proxy or firewall")
    assert "# wait a few minutes" in outcomes["KB3063913-3", "ex04"].resolution
    assert {outcomes["CONTOSO-1", server].resolution for server in ("ex01", "ex02", "ex04")} == {""}
    assert outcomes["KB5000001-1", "ex02"].resolution == "Install it on ex02.contoso.com."
    assert [verdict.resolution for verdict in run.servers[0].verdicts] == [""]
