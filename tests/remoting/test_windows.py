"""The Windows endpoint of one server: several questions, one session."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.errors import DeadlineError, EvidenceError, UnexpectedAnswerError
from moveready.evidence.questions import CmdletAnswer
from moveready.evidence.workers import ASK_WORKERS
from moveready.kb.kb3063913 import events
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.windows import windows_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from moveready.inventory import Server
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]
    ServerOf = Callable[..., Server]
    Within = Callable[[], AbstractContextManager[None]]

EX01 = "ex01.contoso.com"
DAY = timedelta(days=1)
QUESTIONS = (ASK_WORKERS, events.ask_events(DAY), events.ASK_OLDEST_RECORD)


def ask(server: Server, deadline: Deadline) -> list[CmdletAnswer]:
    """All three questions over one session, none of which may be refused."""
    with windows_session(server, deadline) as session:
        answers = dict(session.ask_each(QUESTIONS))
    return [answer for answer in answers.values() if isinstance(answer, CmdletAnswer)]


@pytest.mark.parametrize("tls", [False, True])
def test_all_questions_share_one_session(lab_with: LabWith, server_of: ServerOf, tls: bool) -> None:
    """The answers come in the order of the questions, over one login."""
    lab = lab_with(windows_tls=tls)

    answers = ask(server_of(lab), Deadline(5))
    assert [answer.question for answer in answers] == list(map(str, QUESTIONS))
    assert (len(lab.log.logins()), len(lab.log.commands()), lab.shells(EX01, "windows")) == (1, 3, 0)


def test_a_jea_configuration_is_asked_for_by_its_name(lab_with: LabWith, server_of: ServerOf) -> None:
    """It is a resource of its own; one that nobody has registered is an error."""
    lab = lab_with()

    assert len(ask(server_of(lab, windows_configuration="moveready"), Deadline(30))) == 3
    with pytest.raises(EvidenceError):
        ask(server_of(lab, windows_configuration="unknown"), Deadline(30))


def test_the_answers_can_be_read(lab_with: LabWith, server_of: ServerOf) -> None:
    """What the log holds arrives as evidence."""
    lab = lab_with(worker="off", events=[{"ago": "5m"}])

    workers, found, oldest = ask(server_of(lab), Deadline(5))
    evidence = events.read_events(workers, found, oldest, DAY)
    assert (evidence.server, len(evidence.live), evidence.live[0].message) == (EX01, 1, "MRS proxy service is disabled")


@pytest.mark.parametrize("command", ["Get-CimInstance", "Get-WinEvent -FilterXml", "Get-WinEvent -LogName"])
@pytest.mark.parametrize("clixml", ["<B>maybe</B>", "<S>&lt;Event", "<Obj><MS><S N=", '<Ref RefId="9"/>'])
def test_malformed_output_is_never_evidence(lab_with: LabWith, server_of: ServerOf, command: str, clixml: str) -> None:
    """It comes through as it was, and the reader refuses it."""
    lab = lab_with(worker="off", events=[{"ago": "5m"}])
    lab.inject(EX01, "windows", Fault(FaultKind.CLIXML, command=command, clixml=clixml))

    workers, found, oldest = ask(server_of(lab), Deadline(5))
    with pytest.raises(UnexpectedAnswerError, match=f"^{EX01}, Windows endpoint"):
        events.read_events(workers, found, oldest, DAY)


def test_a_command_that_never_ends_costs_the_deadline(lab: Lab, server_of: ServerOf, within: Within) -> None:
    """The answers before it do not count; the shell is gone."""
    lab.inject(EX01, "windows", Fault(FaultKind.NEVER_FINISHES, command="-Oldest"))

    with within(), pytest.raises(DeadlineError, match=f"^{EX01}, Windows endpoint http://{EX01}:.* within 1 s"):
        ask(server_of(lab), Deadline(1))
    assert lab.shells(EX01, "windows") == 0
