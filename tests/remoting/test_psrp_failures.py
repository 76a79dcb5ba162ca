"""The failure matrix of PowerShell remoting: whatever a server does is told as what it is, in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from moveready.errors import (
    AuthenticationError,
    DeadlineError,
    EvidenceError,
    RemoteCommandError,
    UnexpectedAnswerError,
    UnreachableError,
)
from moveready.lab.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from moveready.evidence.questions import CmdletAnswer
    from moveready.lab.server import Lab

    Ask = Callable[..., CmdletAnswer]
    Within = Callable[[], AbstractContextManager[None]]

EX01 = "ex01.contoso.com"
PATIENT_SECONDS = 120
"""For what fails by itself, however busy the machine is."""


class Row(NamedTuple):
    """A row of the failure matrix: what the lab does, and how that is told."""

    fault: Fault
    error: type[EvidenceError]
    words: str

    @property
    def step(self) -> str:
        """Where it happens."""
        if self.fault.kind is FaultKind.UNAUTHORIZED:
            return "during the login"
        return "asking `Get-CimInstance`" if self.is_about_the_command else "while opening the session"

    @property
    def is_about_the_command(self) -> bool:
        """Whether the session is open by then: two answers open it."""
        is_of_a_pipeline = self.fault.kind in {FaultKind.NEVER_FINISHES, FaultKind.OUTPUT_THEN_SILENCE}
        return is_of_a_pipeline or self.fault.action == "Command" or self.fault.skip > 1


def fails(kind: str, error: type[EvidenceError], words: str, **fault: Any) -> Any:
    """A row with a name of its own."""
    name = "-".join([kind.lower(), *(str(value)[:16] for value in fault.values())])
    return pytest.param(Row(Fault(FaultKind[kind], **fault), error, words), id=name)


MATRIX = [
    fails("HANG", DeadlineError, "no complete answer within 1 s", action="Create"),
    fails("HANG", DeadlineError, "no complete answer within 1 s", action="Receive"),
    fails("HANG", DeadlineError, "no complete answer within 1 s", action="Command"),
    fails("HANG", DeadlineError, "no complete answer within 1 s", action="Receive", skip=2),
    fails("DRIP", DeadlineError, "no complete answer within 1 s", action="Receive", seconds=0.05),
    fails("DRIP", DeadlineError, "no complete answer within 1 s", action="Command", seconds=0.05),
    fails("NEVER_FINISHES", DeadlineError, "no complete answer within 1 s"),
    fails("OUTPUT_THEN_SILENCE", DeadlineError, "no complete answer within 1 s"),
    fails("DROP", UnreachableError, "the connection broke", action="Create"),
    fails("DROP", UnreachableError, "the connection broke", action="Receive"),
    fails("TRUNCATED", UnreachableError, "the connection broke", action="Receive"),
    fails("STATUS", RemoteCommandError, "HTTP status 403", status=403),
    fails("STATUS", RemoteCommandError, "HTTP status 404", status=404),
    fails("STATUS", UnexpectedAnswerError, "HTTP status 500", status=500, body=b"<html>no</br>"),
    fails("STATUS", UnexpectedAnswerError, "HTTP status 503", status=503),
    fails("STATUS", UnexpectedAnswerError, "HTTP status 500", status=500, body=b"<html/>"),
    fails("STATUS", UnexpectedAnswerError, "HTTP status 503", status=503, body=b"<!DOCTYPE html><html/>"),
    fails("BROKEN_SEAL", UnexpectedAnswerError, "a sealed message of the server cannot be opened"),
    fails(
        "STATUS", UnexpectedAnswerError, "the answer is too large: more than 16 MB", status=200, body=b"x" * (2**24 + 1)
    ),
    fails("STATUS", UnexpectedAnswerError, "cannot be read: it is not XML", status=200),
    fails("STATUS", UnexpectedAnswerError, "cannot be read: ", status=200, body=b"<html>hello</html>"),
    fails("WSMAN_FAULT", RemoteCommandError, "WSMan fault 2150858770: Injected by the lab", action="Create"),
    fails("WSMAN_FAULT", RemoteCommandError, "WSMan fault 5: Injected by the lab", action="Receive", code=5),
    fails("WRONG_RELATES_TO", UnexpectedAnswerError, "Received related id does not match", action="Receive"),
    fails("GARBAGE_FRAGMENT", UnexpectedAnswerError, "cannot be read: ", body=b"garbage"),
    fails("GARBAGE_FRAGMENT", UnexpectedAnswerError, "cannot be read: ", body=b"garbage", skip=2),
    fails("GARBAGE_FRAGMENT", UnexpectedAnswerError, "cannot be read: ", body=b"garbage of some greater length"),
    fails("GARBAGE_FRAGMENT", UnexpectedAnswerError, "20 answers in a row without content", body=b""),
    fails("GARBAGE_FRAGMENT", UnexpectedAnswerError, "20 answers in a row without content", body=b"", skip=2),
    fails("UNAUTHORIZED", AuthenticationError, "the login was refused"),
]


@pytest.mark.parametrize("row", MATRIX)
def test_every_failure_is_told_in_time(lab: Lab, ask: Ask, within: Within, row: Row) -> None:
    """Whatever the server does ends within the deadline as the error that it is, and leaves no shell behind."""
    lab.inject(EX01, "windows", row.fault)

    with within(), pytest.raises(EvidenceError) as caught:
        ask(lab, seconds=1 if row.error is DeadlineError else PATIENT_SECONDS)
    assert type(caught.value) is row.error
    asked = f"Windows endpoint http://{EX01}:{lab.ports[EX01]['windows']}/wsman"
    assert str(caught.value).startswith(f"{EX01}, {asked}, {row.step}: ")
    assert row.words in caught.value.happened
    assert caught.value.next_step.endswith((".", "?", "`"))
    assert lab.shells(EX01, "windows") == 0
