"""The Windows service `MSExchangeMailboxReplication` of one server: whether it runs, and how it starts.

`Get-Service` does not say which computer it ran on, so the same session also asks for the computer's own name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from moveready.errors import MissingObjectError, UnexpectedAnswerError
from moveready.evidence.clixml import RemoteObject, object_from
from moveready.evidence.computer import ASK_COMPUTER, must_be_its_server
from moveready.evidence.questions import Channel, Cmdlet, Pipeline
from moveready.evidence.subject import Scope, ServerSubject, declare
from moveready.evidence.workers import unreadable

if TYPE_CHECKING:
    from moveready.evidence.questions import CmdletAnswer

SERVICE = "MSExchangeMailboxReplication"
ASK_SERVICE = Pipeline.of(
    Cmdlet("Get-Service", Name=(SERVICE,)),
    Cmdlet("Select-Object", Property=("Name", "Status", "StartType")),
)
_NO_SERVICE = "NoServiceFoundForGivenName"


class Status(Enum):
    """The names of `System.ServiceProcess.ServiceControllerStatus`, the same in every language."""

    RUNNING = "Running"
    STOPPED = "Stopped"
    PAUSED = "Paused"
    START_PENDING = "StartPending"
    STOP_PENDING = "StopPending"
    PAUSE_PENDING = "PausePending"
    CONTINUE_PENDING = "ContinuePending"

    @property
    def is_pending(self) -> bool:
        """Whether it is about to change."""
        return self.value.endswith("Pending")


class StartType(Enum):
    """The names of `System.ServiceProcess.ServiceStartMode`; `Automatic` includes a delayed start."""

    AUTOMATIC = "Automatic"
    MANUAL = "Manual"
    DISABLED = "Disabled"
    BOOT = "Boot"
    SYSTEM = "System"


@dataclass(frozen=True, slots=True, kw_only=True)
class MrsService:
    """The service now.

    Attributes:
        start_type: None if Windows does not give it; before .NET Framework 4.6.1 there is no such property.
    """

    server: str
    status: Status
    start_type: StartType | None
    question: str
    asked_at: datetime

    @property
    def runs(self) -> bool:
        """Whether it serves moves; raises `UnexpectedAnswerError` if it is about to start or stop."""
        if self.status.is_pending:
            raise UnexpectedAnswerError(
                self.server,
                Channel.WINDOWS.value,
                f"{SERVICE} is about to start or to stop ({self.status.value})",
                "Check again in a minute.",
            )
        return self.status is Status.RUNNING

    @property
    def may_be_started(self) -> bool:
        """Whether it is stopped, and is known not to be disabled, which would mean that somebody wanted it off."""
        return self.status is Status.STOPPED and self.start_type not in {None, StartType.DISABLED}

    @property
    def starts_by_itself(self) -> bool:
        """Whether Windows starts it after the next restart; raises `UnexpectedAnswerError` if that is unknown."""
        if self.start_type is None:
            raise UnexpectedAnswerError(
                self.server,
                Channel.WINDOWS.value,
                f"Get-Service does not say how {SERVICE} starts",
                "Look at Win32_Service.StartMode; with a newer .NET Framework on the server, Get-Service reports it.",
            )
        return self.start_type is StartType.AUTOMATIC

    def message(self) -> str:
        """One sentence: what it is, and what it should be."""
        return f"{SERVICE} on {self.server} is {self.status.value}, should be {Status.RUNNING.value}."

    def start_message(self) -> str:
        """One sentence: how it starts, and how it should."""
        found = self.start_type.value if self.start_type else "unknown"
        return f"The start type of {SERVICE} on {self.server} is {found}, should be {StartType.AUTOMATIC.value}."


def read_service(service: CmdletAnswer) -> MrsService:
    """The service of the computer that answered.

    Raises:
        MissingObjectError: The server has no such service.
        UnexpectedAnswerError: The answer cannot be read.
    """
    try:
        found = _only(service)
        return MrsService(
            server=service.server,
            status=Status(found.text("Status")),
            start_type=_start_type_of(found),
            question=service.question,
            asked_at=service.asked_at,
        )
    except ValueError as error:
        raise unreadable(service, str(error)) from None


def read_own_service(service: CmdletAnswer, computer: CmdletAnswer) -> MrsService:
    """The service of the server that was asked; also raises `UnexpectedAnswerError` if another computer answered."""
    must_be_its_server(computer)
    return read_service(service)


MRS_SERVICE = declare(
    ServerSubject(
        name="mrs_service",
        type=MrsService,
        scope=Scope.WINDOWS,
        ask=lambda *_: (ASK_SERVICE, ASK_COMPUTER),
        read=lambda _server, _context, service, computer: read_own_service(service, computer),
    )
)


def _only(service: CmdletAnswer) -> RemoteObject:
    for error in service.errors:
        if error.error_id.partition(",")[0] != _NO_SERVICE:
            raise ValueError(f"Get-Service said: {error.message}")
        raise MissingObjectError(
            service.server,
            Channel.WINDOWS.value,
            f"the server has no service {SERVICE}",
            "Which roles does it have? Exchange 2010 has it with Client Access; servers with it need it for moves.",
        )
    if len(service.objects) != 1:
        raise ValueError(f"{len(service.objects)} services came back, one was expected")
    found = object_from(service.objects[0])
    if found.text("Name").lower() != SERVICE.lower():
        raise ValueError(f"it is about {found.text('Name')}")
    return found


def _start_type_of(found: RemoteObject) -> StartType | None:
    """The start type; None if the server has no such property, which `Select-Object` turns into `$null`."""
    return None if found.is_null("StartType") else StartType(found.text("StartType"))
