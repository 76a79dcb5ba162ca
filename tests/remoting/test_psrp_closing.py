"""No shell stays behind, not even one whose Create was answered by nobody; and where none can be, nobody asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import DeadlineError, EvidenceError, UnreachableError
from moveready.evidence.workers import ASK_WORKERS
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.psrp import open_session
from moveready.remoting.wire import CLOSING_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from moveready.evidence.questions import CmdletAnswer
    from moveready.lab.server import Lab
    from moveready.remoting.endpoint import PowerShellEndpoint

    Ask = Callable[..., CmdletAnswer]
    EndpointOf = Callable[..., PowerShellEndpoint]
    LabWith = Callable[..., Lab]
    Within = Callable[[], AbstractContextManager[None]]

EX01 = "ex01.contoso.com"


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_shell_that_nobody_announced_is_deleted(lab_with: LabWith, ask: Ask, tls: bool) -> None:
    """By the id that the client chose, with a fresh login."""
    lab = lab_with(windows_tls=tls)
    lab.inject(EX01, "windows", Fault(FaultKind.UNANSWERED, "Create"))

    with pytest.raises(DeadlineError, match="no complete answer within 1 s"):
        ask(lab, seconds=1)
    assert [entry.kind for entry in lab.log.entries() if entry.kind.endswith("-shell")] == [
        "create-shell",
        "delete-shell",
    ]
    assert [entry.status for entry in lab.log.entries(kind="delete-shell")] == [200]
    assert lab.shells(EX01, "windows") == 0


@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.TRUNCATED, FaultKind.WRONG_RELATES_TO])
def test_a_create_that_broke_is_cleaned_up(lab: Lab, ask: Ask, kind: FaultKind) -> None:
    """Whatever became of the answer, a Delete is sent."""
    lab.inject(EX01, "windows", Fault(kind, "Create"))

    with pytest.raises(EvidenceError):
        ask(lab)
    assert len(lab.log.entries(kind="delete-shell")) == 1
    assert lab.shells(EX01, "windows") == 0


def test_a_late_close_is_given_up_soon(lab: Lab, endpoint_of: EndpointOf) -> None:
    """The Delete of a server that hangs on everything has a bound of its own, and does not hide the first failure.

    What was answered is known when the session is closed, and that is at most two seconds after the deadline.
    """
    lab.inject(EX01, "windows", Fault(FaultKind.HANG))
    deadline = Deadline(0.5)

    with (
        pytest.raises(DeadlineError, match=r"no complete answer within 0\.5 s"),
        open_session(endpoint_of(lab), deadline),
    ):
        pass
    assert deadline.closing_seconds < CLOSING_SECONDS


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.UNAUTHORIZED),
        Fault(FaultKind.WSMAN_FAULT, "Create"),
        Fault(FaultKind.STATUS, "Create", status=503),
    ],
    ids=lambda fault: fault.kind.value,
)
def test_a_refused_create_is_not_deleted(lab: Lab, ask: Ask, fault: Fault) -> None:
    """The server has said that there is no shell: no second login for nothing."""
    lab.inject(EX01, "windows", fault)

    with pytest.raises(EvidenceError):
        ask(lab)
    assert lab.log.entries(kind="delete-shell") == ()
    assert len(lab.log.logins()) <= 1


def test_where_nothing_was_sent_nothing_is_deleted(lab: Lab, ask: Ask) -> None:
    """A silent server never heard of a shell."""
    lab.inject(EX01, "windows", Fault(FaultKind.SILENT))
    with pytest.raises(DeadlineError):
        ask(lab, seconds=0.5)
    lab.change(lambda: setattr(lab.organization.servers[EX01], "down", frozenset({"windows"})))
    with pytest.raises(UnreachableError):
        ask(lab)

    assert lab.log.entries() == ()


def test_closing_is_not_counted_as_asking(lab: Lab, endpoint_of: EndpointOf) -> None:
    """Whoever asks the server something else afterwards may take that time back."""
    lab.inject(EX01, "windows", Fault(FaultKind.SLOW, "Delete", seconds=1))
    deadline = Deadline(30)
    with open_session(endpoint_of(lab), deadline):
        pass

    assert 0.9 < deadline.closing_seconds < 10


def test_a_shell_is_deleted_although_its_connection_was_lost(lab: Lab, ask: Ask) -> None:
    """The server closes it after its last answer: with it went the encryption, so a fresh login deletes the shell."""
    lab.inject(EX01, "windows", Fault(FaultKind.HANGS_UP, "Receive", command="Get-CimInstance"))

    assert ask(lab).objects
    assert lab.shells(EX01, "windows") == 0
    assert len(lab.log.logins()) >= 2


@pytest.mark.heavy
def test_a_delete_whose_answer_drips_does_not_take_all_the_time(
    lab: Lab, endpoint_of: EndpointOf, within: Within
) -> None:
    """What was answered is not held back until the deadline by an answer that nobody needs."""
    lab.inject(EX01, "windows", Fault(FaultKind.DRIP, "Delete", seconds=0.5))

    with within(), open_session(endpoint_of(lab), Deadline(600)) as session:
        assert session.ask(ASK_WORKERS).objects
    assert lab.shells(EX01, "windows") == 0
