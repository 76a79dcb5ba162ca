"""pypsrp and requests as their own documentation uses them: no deadline, no wrapper. May import nothing of moveready.

The contenders other than the suite share these calls, so that they differ in when they ask and not in how.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import requests
from pypsrp.negotiate import HTTPNegotiateAuth
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Pipeline = list[dict[str, Any]]

_OFF = 403
# WSMan() registers XML namespaces for the whole process; two threads at once lose registrations.
_CONSTRUCTION = threading.Lock()


@dataclass(frozen=True, slots=True)
class Host:
    """One server: its name, where it listens, and the port of each channel."""

    name: str
    netbios: str
    address: str
    exchange: int
    windows: int
    https: int


@dataclass(frozen=True, slots=True)
class Target:
    """The fleet of a target file (`benchmarks.labs.target_from`): how to reach it, and what is asked."""

    username: str
    password: str
    auth: str
    ca_file: str
    windows_tls: bool
    path: str
    directories: Pipeline
    questions: list[Pipeline]
    servers: list[Host]

    def directory_of(self, host: Host) -> Pipeline:
        """The question for the flag of one server alone."""
        first, *rest = self.directories
        return [{**first, "parameters": {**first["parameters"], "Server": host.netbios}}, *rest]


def read_target(file: str) -> Target:
    """The fleet of a file."""
    plain = json.loads(Path(file).read_text(encoding="utf-8"))
    return Target(**{**plain, "servers": [Host(**host) for host in plain["servers"]]})


@contextmanager
def windows_pool(target: Target, host: Host) -> Iterator[RunspacePool]:
    """An open session to a server's Windows endpoint."""
    wsman = _wsman(target, host.address, host.windows, "wsman", ssl=target.windows_tls)
    with wsman, RunspacePool(wsman) as pool:
        yield pool


@contextmanager
def exchange_pool(target: Target, host: Host) -> Iterator[RunspacePool]:
    """An open session to a server's Exchange endpoint."""
    wsman = _wsman(target, host.address, host.exchange, "PowerShell/")
    with wsman, RunspacePool(wsman, configuration_name="Microsoft.Exchange") as pool:
        yield pool


def outputs_of(pool: RunspacePool, pipeline: Pipeline) -> list[Any]:
    """The output of the pipeline; raises `RuntimeError` if it failed. Non-terminating errors are ignored."""
    shell = PowerShell(pool)
    for cmdlet in pipeline:
        shell.add_cmdlet(cmdlet["name"])
        for argument in cmdlet["arguments"]:
            shell.add_argument(argument)
        shell.add_parameters(cmdlet["parameters"])
    outputs: list[Any] = shell.invoke()
    return outputs


def mrsproxy_is_off(target: Target, host: Host) -> bool:
    """Whether the server's endpoint refuses an authenticated GET; raises `requests.HTTPError` if the login fails."""
    login = HTTPNegotiateAuth(target.username, target.password, auth_provider=target.auth, service="http")
    with requests.Session() as session:
        session.trust_env = False
        session.verify = target.ca_file
        url = f"https://{host.address}:{host.https}{target.path}"
        status = session.get(url, auth=login, allow_redirects=False, timeout=60).status_code
    if status == requests.codes.unauthorized:
        raise requests.HTTPError(f"{url} refused the login")
    return status == _OFF


def print_work(work: Callable[[], int]) -> None:
    """Do the work and print, for the benchmark, what it found and what it took without the start of Python.

    `findings` is the number of servers whose MRSProxy is off; times are in seconds.
    """
    wall, cpu = perf_counter(), process_time()
    findings = work()
    figures = {"findings": findings, "wall_seconds": perf_counter() - wall, "cpu_seconds": process_time() - cpu}
    print(json.dumps(figures))


def _wsman(target: Target, address: str, port: int, path: str, *, ssl: bool = False) -> WSMan:
    with _CONSTRUCTION:
        return WSMan(
            address,
            port=port,
            ssl=ssl,
            path=path,
            auth=target.auth,
            username=target.username,
            password=target.password,
            cert_validation=target.ca_file,  # type: ignore[arg-type] # documented: the file of the authorities
            no_proxy=True,
            negotiate_service="host" if path == "wsman" else "http",
        )
