"""Services that take messages, and runs to write about."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.controls import Severity
from moveready.findings.outcomes import CheckedServer, Outcome, Result, Run
from moveready.findings.verdicts import Standing, Verdict
from moveready.inventory import Waiver
from tests.services import MailService, WebService, running_mail, running_web

if TYPE_CHECKING:
    from datetime import datetime

MakeOutcome = Callable[..., Outcome]
MakeRun = Callable[..., Run]


@pytest.fixture
def web() -> Iterator[WebService]:
    """A web service that takes messages."""
    with running_web() as service:
        yield service


@pytest.fixture
def other_web() -> Iterator[WebService]:
    """Another web service."""
    with running_web() as service:
        yield service


@pytest.fixture
def mail() -> Iterator[MailService]:
    """A mail server."""
    with running_mail() as service:
        yield service


@pytest.fixture
def refusing_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def outcome() -> MakeOutcome:
    """Build an outcome of ex01."""

    def build(control: str = "KB1-1", result: Result = Result.FAILED, **given: object) -> Outcome:
        usual: dict[str, object] = {
            "title": "The flag is on",
            "severity": Severity.HIGH,
            "source": "https://kb",
            "server": "ex01.contoso.com",
            "sentence": "It is off.",
            "resolution": "Set-X",
            "evidence": {},
            "seconds": 0.5,
        }
        return Outcome(control=control, result=result, **usual | given)  # type: ignore[arg-type] # the caller names fields

    return build


@pytest.fixture
def run_of(noon: datetime) -> MakeRun:
    """Build a run of these outcomes, on the servers that they name."""

    def build(*outcomes: Outcome, **given: Any) -> Run:
        names = sorted({each.server for each in outcomes})
        servers = tuple(_server_of(name, outcomes) for name in names)
        usual: dict[str, Any] = {
            "organization": "contoso",
            "inventory": "prod.yaml",
            "started_at": noon,
            "finished_at": noon + timedelta(seconds=9),
            "version": "0.1.0",
        }
        return Run(servers=servers, outcomes=outcomes, **usual | given)

    return build


def waiver(**given: Any) -> Waiver:
    """A waiver of ex01."""
    usual: dict[str, Any] = {
        "control": "KB1-1",
        "servers": ("ex01.contoso.com",),
        "reason": "the server goes in May",
        "until": date(2026, 3, 9),
    }
    return Waiver(**usual | given)


def _server_of(name: str, outcomes: tuple[Outcome, ...]) -> CheckedServer:
    """One whose controls have all passed is ready."""
    is_fine = all(each.result is Result.PASSED for each in outcomes if each.server == name)
    ready = Verdict(kb="KB1", server=name, verdict="ready", standing=Standing.READY)
    verdicts = (ready,) if is_fine else ()
    return CheckedServer(name, None, None, None, "moving", verified=True, file="prod.yaml", line=5, verdicts=verdicts)
