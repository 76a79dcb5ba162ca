"""Whether the account can read the Application log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.doctor.event_log import event_log_finding
from moveready.doctor.finding import Result
from moveready.errors import DeadlineError, EvidenceError, MissingCommandError, RemoteCommandError
from moveready.evidence.questions import RemoteError
from moveready.lab.events import ordinary_record, record_xml
from tests.builders import NOON

if TYPE_CHECKING:
    from tests.conftest import CmdletAnswered

EX01 = "ex01.contoso.com"
EMPTY = RemoteError("No events were found.", "NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand")
DENIED = RemoteError("Es wurde versucht, einen nicht autorisierten Vorgang auszuführen.", "x")


def record(computer: str = EX01) -> str:
    """The newest record of a log, as it comes over the wire."""
    xml = record_xml(ordinary_record(1, NOON, computer), computer)
    return f"<S>{xml.replace('&', '&amp;').replace('<', '&lt;')}</S>"


def test_a_record_shows_that_the_log_is_readable(cmdlet_answer: CmdletAnswered) -> None:
    """One is enough."""
    assert event_log_finding(cmdlet_answer(record())).result is Result.GOOD


def test_an_empty_log_is_readable(cmdlet_answer: CmdletAnswered) -> None:
    """Windows says by an error that it has no record."""
    assert event_log_finding(cmdlet_answer(errors=(EMPTY,))).result is Result.GOOD


def test_any_other_error_names_the_right(cmdlet_answer: CmdletAnswered) -> None:
    """In whatever language it comes."""
    finding = event_log_finding(cmdlet_answer(errors=(DENIED,)))

    assert (finding.looked_at, finding.result) == (f"{EX01}, event log", Result.PROBLEM)
    assert "nicht autorisierten Vorgang" in finding.told
    assert "Event Log Readers" in finding.next_step


def test_a_refusal_names_the_right() -> None:
    """The same, where it ends the pipeline."""
    finding = event_log_finding(RemoteCommandError(EX01, "Windows endpoint", "`Get-WinEvent` failed: no", "See."))

    assert finding.result is Result.PROBLEM
    assert "Event Log Readers" in finding.next_step


@pytest.mark.parametrize(("kind", "result"), [(MissingCommandError, Result.PROBLEM), (DeadlineError, Result.UNKNOWN)])
def test_other_failures_are_what_they_are(kind: type[EvidenceError], result: Result) -> None:
    """A JEA endpoint without the cmdlet, a server that hangs: no group of Windows mends them."""
    finding = event_log_finding(kind(EX01, "Windows endpoint", "so it is", "Do it."))

    assert finding.result is result
    assert "Event Log Readers" not in finding.next_step


def test_the_log_of_another_server_is_told(cmdlet_answer: CmdletAnswered) -> None:
    """The address leads elsewhere."""
    finding = event_log_finding(cmdlet_answer(record("ex02.contoso.com")))

    assert finding.result is Result.PROBLEM
    assert "EX02 answered, not EX01" in finding.told


@pytest.mark.parametrize("answered", [(), ("<S>no xml</S>",), ("<S",)])
def test_what_cannot_be_read_is_unknown(cmdlet_answer: CmdletAnswered, answered: tuple[str, ...]) -> None:
    """Neither a record nor an error."""
    finding = event_log_finding(cmdlet_answer(*answered))

    assert finding.result is Result.UNKNOWN
    assert finding.next_step.startswith("Ask the server itself: ")
