"""A KDC for the tests of Kerberos; they skip where it or python-gssapi is missing, or fail where that is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from tests.kerberos.kdc import Kdc, missing_programs, running_kdc

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED = "MOVEREADY_KERBEROS"
"""With the value `required`, Kerberos that is missing is a failure."""
StartLab = Callable[..., Lab]


@pytest.fixture(scope="session")
def kdc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    """A running KDC that knows the user and the servers."""
    if find_spec("gssapi") is None:
        _missing("python-gssapi is not installed: pip install 'moveready[kerberos]'")
    if programs := missing_programs():
        _missing(f"{', '.join(programs)}: not installed (Debian's krb5-kdc, krb5-admin-server and krb5-user)")
    with running_kdc(tmp_path_factory.mktemp("kdc")) as running:
        yield running


@pytest.fixture(autouse=True)
def _only_this_kdc(kdc: Kdc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let libkrb5 of this process, and of those that it starts, know this KDC alone, and no ticket yet."""
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/none")
    for name, value in kdc.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def ticket(kdc: Kdc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user has a ticket, in this file."""
    cache = tmp_path / "ticket"
    monkeypatch.setenv("KRB5CCNAME", kdc.kinit(cache))
    return cache


@pytest.fixture
def start_lab(kdc: Kdc, tmp_path: Path) -> Iterator[StartLab]:
    """Start a lab with the KDC: of the servers given as facts of a fleet file, else of ex01 alone with these facts."""
    with ExitStack() as opened:

        def start(*servers: dict[str, Any], windows_tls: bool = False, **facts: Any) -> Lab:
            fleet = fleet_from(servers=list(servers) or [{"name": "ex01.contoso.com", **facts}])
            lab = Lab(fleet, folder=tmp_path, windows_tls=windows_tls, keytab=kdc.servers_keytab)
            return opened.enter_context(lab)

        yield start


def _missing(what: str) -> NoReturn:
    if os.environ.get(REQUIRED) == "required":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)
