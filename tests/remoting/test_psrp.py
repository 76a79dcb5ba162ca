"""PowerShell remoting against the lab: what it asks, how it fails, and that it always ends and cleans up."""

from __future__ import annotations

import struct
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pypsrp.exceptions import WinRMTransportError

from moveready.errors import (
    DeadlineError,
    MissingCommandError,
    RemoteCommandError,
    UnexpectedAnswerError,
)
from moveready.evidence.questions import Channel, Cmdlet, Pipeline, RemoteError
from moveready.evidence.workers import ASK_WORKERS
from moveready.kb.kb3063913.events import ASK_OLDEST_RECORD, ask_events
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.psrp import Session, accepted, open_session

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from moveready.evidence.questions import CmdletAnswer
    from moveready.lab.server import Lab
    from moveready.remoting.endpoint import PowerShellEndpoint

    Ask = Callable[..., CmdletAnswer]
    EndpointOf = Callable[..., PowerShellEndpoint]
    Handler = Callable[[socket.socket], object]
    LabWith = Callable[..., Lab]
    Listen = Callable[..., int]
    Within = Callable[[], AbstractContextManager[None]]

EX01 = "ex01.contoso.com"


def test_failures_keep_their_cause(lab: Lab, ask: Ask) -> None:
    """What the library raised stays at hand for those who look for it."""
    lab.inject(EX01, "windows", Fault(FaultKind.STATUS, status=404))

    with pytest.raises(RemoteCommandError) as caught:
        ask(lab)
    assert isinstance(caught.value.__cause__, WinRMTransportError)


def test_a_session_is_one_login_and_one_shell(lab: Lab, endpoint_of: EndpointOf) -> None:
    """However many pipelines are asked, there is one login, one Create and one Delete."""
    with open_session(endpoint_of(lab), Deadline(5)) as session:
        session.ask(ASK_WORKERS)
        session.ask(ASK_OLDEST_RECORD)

    kinds = Counter(entry.kind for entry in lab.log.entries())
    assert (len(lab.log.logins()), kinds["create-shell"], kinds["delete-shell"], kinds["command"]) == (1, 1, 1, 2)


def test_the_pipeline_goes_over_as_cmdlets(lab: Lab, endpoint_of: EndpointOf) -> None:
    """What a person would type is what the server runs: no script, nothing added."""
    with open_session(endpoint_of(lab), Deadline(5)) as session:
        session.ask(ASK_OLDEST_RECORD)

    assert lab.log.commands() == (str(ASK_OLDEST_RECORD),)


def test_nothing_can_be_injected(lab: Lab, endpoint_of: EndpointOf) -> None:
    """A name with script in it is the name of a command that does not exist."""
    with (
        open_session(endpoint_of(lab), Deadline(5)) as session,
        pytest.raises(MissingCommandError, match="iisreset; Get-Service"),
    ):
        session.ask(Pipeline.of(Cmdlet("iisreset; Get-Service")))

    assert lab.organization.servers[EX01].iis_generation == 0


def test_a_missing_command_leaves_the_session_usable(lab: Lab, endpoint_of: EndpointOf) -> None:
    """The next question may follow, and the one login serves the Delete too."""
    with open_session(endpoint_of(lab), Deadline(5)) as session:
        with pytest.raises(MissingCommandError, match="role"):
            session.ask(Pipeline.of(Cmdlet("Get Nothing")))
        session.ask(ASK_WORKERS)

    assert (len(lab.log.logins()), lab.shells(EX01, "windows")) == (1, 0)


def test_a_terminating_error_is_told_with_the_question(lab: Lab, endpoint_of: EndpointOf) -> None:
    """The server's own words, behind the line that it refused."""
    with (
        pytest.raises(RemoteCommandError, match=r"`Get-WinEvent -FilterXml '<bad'` failed: .+"),
        open_session(endpoint_of(lab), Deadline(5)) as session,
    ):
        session.ask(Pipeline.of(Cmdlet("Get-WinEvent", FilterXml="<bad")))

    assert (len(lab.log.logins()), lab.shells(EX01, "windows")) == (1, 0)


def test_arguments_without_a_name_go_over(lab: Lab, endpoint_of: EndpointOf) -> None:
    """Programs know no parameter names."""
    with open_session(endpoint_of(lab), Deadline(5)) as session:
        session.ask(Pipeline.of(Cmdlet("iisreset", "/restart")))

    assert lab.organization.servers[EX01].iis_generation == 1


def test_a_change_with_an_error_beside_it_is_refused(cmdlet_answer: Callable[..., CmdletAnswer]) -> None:
    """A non-terminating error of a change means that it may not have been made."""
    answer = cmdlet_answer(errors=(RemoteError("It is locked.", "Locked,Set"),))

    with pytest.raises(RemoteCommandError, match=r"`Get-Something` said: It is locked. Look"):
        accepted(answer, Channel.WINDOWS)


def test_errors_beside_the_output_are_handed_on(lab: Lab, endpoint_of: EndpointOf) -> None:
    """A non-terminating error is part of the answer."""
    with open_session(endpoint_of(lab), Deadline(5)) as session:
        answer = session.ask(ask_events(timedelta(hours=1)))

    assert [error.error_id.partition(",")[0] for error in answer.errors] == ["NoMatchingEventsFound"]
    assert answer.errors[0].message == "No events were found that match the specified selection criteria."


@pytest.mark.parametrize(
    "clixml", ["<B>maybe</B>", "<Obj><Props><B N=", "<Bogus>false</Bogus>", "<I32>nine</I32>", '<Ref RefId="9"/>']
)
def test_output_is_handed_on_unread(lab: Lab, ask: Ask, clixml: str) -> None:
    """Malformed output stays what it was, for the strict readers to refuse."""
    lab.inject(EX01, "windows", Fault(FaultKind.CLIXML, clixml=clixml))

    assert ask(lab).objects == (clixml,)


def test_output_that_is_no_text_is_an_unexpected_answer(lab: Lab, ask: Ask) -> None:
    """Bytes that are no UTF-8 are told, not guessed."""
    lab.inject(EX01, "windows", Fault(FaultKind.GARBAGE_FRAGMENT, body=_fragment(b"\xff" * 60), skip=2))

    with pytest.raises(UnexpectedAnswerError, match="cannot be read: its text is not UTF-8"):
        ask(lab)


def _fragment(message: bytes) -> bytes:
    """A whole PSRP message in one fragment (MS-PSRP 2.2.4)."""
    return struct.pack(">QQBI", 9, 0, 3, len(message)) + message


def test_a_closed_session_leaves_nothing_open(lab: Lab, endpoint_of: EndpointOf) -> None:
    """Neither a socket here nor the outputs of its pipelines, which the library would keep."""
    deadline = Deadline(60)
    with open_session(endpoint_of(lab), deadline) as session:
        session.ask(ASK_WORKERS)
        assert (session._pool.pipelines, len(deadline._handles)) == ({}, 1)

    assert len(deadline._handles) == 0


def test_after_the_deadline_the_shell_is_deleted_with_a_fresh_login(lab: Lab, ask: Ask) -> None:
    """The cut connection takes its encryption along; the Delete goes over a new one."""
    lab.inject(EX01, "windows", Fault(FaultKind.HANG, "Receive", skip=2))

    with pytest.raises(DeadlineError):
        ask(lab, seconds=1)
    assert [entry.status for entry in lab.log.entries(kind="delete-shell")] == [200]
    assert len(lab.log.logins()) == 2


def test_a_failing_delete_does_not_hide_the_first_error(lab: Lab, ask: Ask, within: Within) -> None:
    """Even where the deadline passes while the session is being closed."""
    lab.inject(EX01, "windows", Fault(FaultKind.HANG, "Delete"))
    lab.inject(EX01, "windows", Fault(FaultKind.GARBAGE_FRAGMENT, body=b"garbage", skip=2))

    with within(), pytest.raises(UnexpectedAnswerError):
        ask(lab, seconds=1)


def test_a_hanging_delete_costs_seconds_only(lab: Lab, ask: Ask, within: Within) -> None:
    """The answer is there; nobody waits for the end of the deadline to have it."""
    lab.inject(EX01, "windows", Fault(FaultKind.HANG, "Delete"))

    with within():
        assert len(ask(lab, seconds=30).objects) == 1


def test_a_refused_delete_does_not_hide_the_answer(lab: Lab, ask: Ask) -> None:
    """What came, came."""
    lab.inject(EX01, "windows", Fault(FaultKind.STATUS, "Delete", status=500))

    assert len(ask(lab).objects) == 1


def test_a_fault_of_our_own_is_told_as_one(lab: Lab, endpoint_of: EndpointOf) -> None:
    """A programming error inside a session is an error of evidence of the answer, with the original behind."""
    mistake = KeyError("surprise")

    with (
        pytest.raises(UnexpectedAnswerError, match="cannot be read: a part is missing") as caught,
        _raising(lab, endpoint_of),
    ):
        raise mistake
    assert caught.value.__cause__ is mistake
    assert "a fault of moveready" in caught.value.next_step
    assert lab.shells(EX01, "windows") == 0


def _raising(lab: Lab, endpoint_of: EndpointOf) -> AbstractContextManager[Session]:
    return open_session(endpoint_of(lab), Deadline(5))


def test_an_interruption_passes_and_closes(lab: Lab, endpoint_of: EndpointOf) -> None:
    """Ctrl-C is no failure of a server, and leaves no shell behind either."""
    with pytest.raises(KeyboardInterrupt), _raising(lab, endpoint_of):
        raise KeyboardInterrupt
    assert lab.shells(EX01, "windows") == 0


def test_failures_are_not_logged_as_well(
    lab: Lab, ask: Ask, listen: Listen, silent: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    """Logged by the library too, they would put tracebacks into the reports."""
    lab.inject(EX01, "windows", Fault(FaultKind.STATUS, status=404))

    with pytest.raises(RemoteCommandError):
        ask(lab)
    assert caplog.records == []


@pytest.mark.parametrize("odd", ["\x1b[31m", "\x9b", "\u202e"], ids=ascii)
def test_words_of_an_error_are_harmless(lab: Lab, endpoint_of: EndpointOf, odd: str) -> None:
    """What a server says may hold any character; what is told holds none that harms a report."""
    with open_session(endpoint_of(lab), Deadline(30)) as session, pytest.raises(MissingCommandError) as caught:
        session.ask(Pipeline.of(Cmdlet(f"Get-{odd}Thing")))

    assert "\ufffd" in str(caught.value)
    assert odd[0] not in str(caught.value)
