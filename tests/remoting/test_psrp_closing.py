"""No shell stays behind, not even one whose Create was answered by nobody; and where none can be, nobody asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import DeadlineError, EvidenceError, UnreachableError
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.psrp import open_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from moveready.evidence.questions import CmdletAnswer
    from moveready.lab.server import Lab
    from moveready.remoting.psrp import PowerShellEndpoint

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


def test_a_server_that_hangs_on_everything_costs_seconds_more(lab: Lab, ask: Ask, within: Within) -> None:
    """The Delete has a bound of its own, and its failure does not hide the first one."""
    lab.inject(EX01, "windows", Fault(FaultKind.HANG))

    with within(), pytest.raises(DeadlineError, match="no complete answer within 1 s"):
        ask(lab, seconds=1)


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
