"""Labs and unmodified clients for the tests of the lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import requests
from pypsrp.negotiate import HTTPNegotiateAuth
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab

if TYPE_CHECKING:
    from pathlib import Path

EX01 = "ex01.contoso.com"
CONFIGURATIONS = {"exchange": "Microsoft.Exchange", "windows": "Microsoft.PowerShell"}
PATHS = {"exchange": "PowerShell", "windows": "wsman"}

StartLab = Callable[..., Lab]
Connect = Callable[..., WSMan]
OpenPool = Callable[..., RunspacePool]
Ask = Callable[..., PowerShell]
Get = Callable[..., requests.Response]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what the test opened, in reverse order."""
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def start_lab(tmp_path: Path, stack: ExitStack) -> StartLab:
    """Start a lab: of the servers given as facts of a fleet file, else of ex01 alone with these facts."""

    def start(*servers: dict[str, Any], windows_tls: bool = False, **facts: Any) -> Lab:
        fleet = fleet_from(servers=list(servers) or [{"name": EX01, **facts}])
        return stack.enter_context(Lab(fleet, folder=tmp_path, windows_tls=windows_tls))

    return start


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Give pypsrp's connection to a channel of ex01; nothing goes over the wire yet."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def build(lab: Lab, channel: str = "windows", **settings: Any) -> WSMan:
        tls = {"ssl": True, "cert_validation": str(lab.ca_file)} if lab.windows_tls and channel == "windows" else {}
        defaults = {
            "server": "127.0.0.1",
            "port": lab.ports[EX01][channel],
            "ssl": False,
            "path": PATHS[channel],
            "auth": "ntlm",
            "username": lab.account.username,
            "password": lab.account.password,
            "connection_timeout": 5,
            "read_timeout": 5,
            "operation_timeout": 3,
        }
        return WSMan(**{**defaults, **tls, **settings})

    return build


@pytest.fixture
def open_pool(connect: Connect, stack: ExitStack) -> OpenPool:
    """Open a runspace pool at a channel of ex01."""

    def open_(lab: Lab, channel: str = "windows", **settings: Any) -> RunspacePool:
        pool = RunspacePool(connect(lab, channel, **settings), configuration_name=CONFIGURATIONS[channel])
        return stack.enter_context(pool)

    return open_


@pytest.fixture
def ask() -> Ask:
    """Run one cmdlet in a pool; give the finished PowerShell, output in `.output`."""

    def run(pool: RunspacePool, cmdlet: str, **parameters: Any) -> PowerShell:
        shell = PowerShell(pool)
        shell.add_cmdlet(cmdlet).add_parameters(parameters)
        shell.invoke()
        return shell

    return run


@pytest.fixture
def get(stack: ExitStack) -> Get:
    """GET a path of ex01's HTTPS channel with NTLM, as pypsrp's login for requests does it."""

    def fetch(lab: Lab, path: str = "/EWS/mrsproxy.svc", *, port: int = 0, **login: Any) -> requests.Response:
        session = stack.enter_context(requests.Session())
        session.trust_env = False
        session.auth = HTTPNegotiateAuth(lab.account.username, lab.account.password, **login)
        url = f"https://127.0.0.1:{port or lab.ports[EX01]['https']}{path}"
        return session.get(url, verify=str(lab.ca_file), timeout=5, allow_redirects=False)

    return fetch
