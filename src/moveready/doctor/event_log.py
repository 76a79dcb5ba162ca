"""The Application log of one server, through its Windows endpoint: whether the account can read it.

The words that Windows has for a missing right are localised, so they are not looked at: every refusal but that of an
empty log is a problem, and the usual reason is told with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.doctor.finding import Finding, Result, finding_from
from moveready.errors import EvidenceError, MissingCommandError, RemoteCommandError
from moveready.evidence.answering import must_be_the_computer
from moveready.evidence.clixml import text_from
from moveready.evidence.questions import Cmdlet, Pipeline
from moveready.evidence.records import record_from

if TYPE_CHECKING:
    from moveready.evidence.questions import CmdletAnswer

ASK_NEWEST_RECORD = Pipeline.of(
    Cmdlet("Get-WinEvent", LogName="Application", MaxEvents=1),
    Cmdlet("ForEach-Object", MemberName="ToXml"),
)
_NO_MATCH = "NoMatchingEventsFound"
_GIVE_RIGHT = (
    "If the account may not read it: add it to the server's group Event Log Readers, and log in anew (a ticket keeps"
    " the groups that it was made with)."
)


def event_log_finding(answer: CmdletAnswer | EvidenceError) -> Finding:
    """What the answer to `ASK_NEWEST_RECORD` says about the right to read the log; pure."""
    if isinstance(answer, EvidenceError):
        return _of_refusal(answer)
    where = f"{answer.server}, event log"
    errors = [error for error in answer.errors if not error.error_id.startswith(_NO_MATCH)]
    if errors:
        return _of_error(where, errors[0].message)
    if not answer.objects and not answer.errors:
        told = "the newest record was asked for; neither a record came nor an error"
        return Finding(where, Result.UNKNOWN, told, f"Ask the server itself: {answer.question}")
    try:
        for record in answer.objects:
            must_be_the_computer(answer.server, record_from(text_from(record)).computer)
    except ValueError as error:
        told = f"its newest record cannot be read: {error}"
        return Finding(where, Result.UNKNOWN, told, f"Ask the server itself: {answer.question}")
    except EvidenceError as error:
        return finding_from(error)
    return Finding(where, Result.GOOD, "the Application log is readable")


def _of_refusal(error: EvidenceError) -> Finding:
    if isinstance(error, MissingCommandError) or not isinstance(error, RemoteCommandError):
        return finding_from(error)
    return _of_error(f"{error.server}, event log", error.happened)


def _of_error(where: str, message: str) -> Finding:
    return Finding(where, Result.PROBLEM, f"the Application log cannot be read: {message.rstrip('.')}", _GIVE_RIGHT)
