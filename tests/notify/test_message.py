"""The message says what is most urgent first, is short, and is harmless text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moveready.cleaning import cleaned
from moveready.findings.changes import Change, Changes, Past
from moveready.findings.controls import Severity
from moveready.findings.outcomes import Result, WaiverState, WaiverUse
from moveready.notify.message import LONGEST_SUBJECT, is_worth_telling, message_of
from tests.builders import NOON
from tests.notify.conftest import waiver

if TYPE_CHECKING:
    from tests.notify.conftest import MakeOutcome, MakeRun

UNCHANGED = Changes(earlier_id="r1", earlier_started_at=NOON - timedelta(days=1))
EX01 = "ex01.contoso.com"
TEXT_WITH_CHANGES = """\
1 of 2 servers is ready for moves; 1 is not ready.
NOT READY - 1 finding on 1 server
Reports: https://ci.contoso.com/run/7

Compared with the run of 2026-03-01 12:00 UTC:

New findings (rules that are not met): 1
- ex01.contoso.com: KB1-1 The flag is on

Fixed: 1
- ex01.contoso.com: KB1-2 The flag is on

Still failing: 2

Can no longer be evaluated: 1
- ex01.contoso.com: KB1-5 The flag is on

Newly waived: 1
- ex01.contoso.com: KB1-6 The flag is on

Servers that are new: 1
- ex09.contoso.com

Servers that are no longer checked: 1
- ex08.contoso.com

moveready 0.1.0, contoso, run of 2026-03-02 12:00 UTC
"""


def change(control: str = "KB1-1", server: str = EX01) -> Change:
    """A change of the flag."""
    return Change(server, control, "The flag is on")


def test_message_of_a_run_with_changes(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Verdict, counts and link first; then new findings, then the rest."""
    changes = replace(
        UNCHANGED,
        new=(change(),),
        fixed=(change("KB1-2"),),
        still=(change("KB1-3"), change("KB1-4")),
        unknown=(change("KB1-5"),),
        waived=(change("KB1-6"),),
        added=("ex09.contoso.com",),
        gone=("ex08.contoso.com",),
    )
    run = run_of(outcome(), outcome(server="ex02.contoso.com", result=Result.PASSED))

    message = message_of(run, Past(changes=changes), "https://ci.contoso.com/run/7")

    assert message.subject == "moveready contoso: NOT READY - 1 finding on 1 server, 1 new"
    assert message.text == TEXT_WITH_CHANGES


def test_without_an_earlier_run_all_findings_are_listed(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Nobody knows which are new; the worst come first."""
    run = run_of(outcome("KB1-1", severity=Severity.LOW), outcome("KB1-2", severity=Severity.CRITICAL))

    text = message_of(run, Past(), None).text

    assert (
        "There is no earlier run to compare with.\n\nFindings (rules that are not met): 2\n- ex01.contoso.com: KB1-2"
        in text
    )
    assert "Reports:" not in text


def test_run_that_anybody_may_have_answered_for_says_so_first(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """In the subject and in the first line."""
    run = run_of(outcome(result=Result.PASSED))
    run = replace(run, servers=tuple(replace(server, verified=False) for server in run.servers))

    message = message_of(run, Past(), None)

    assert message.subject.startswith("moveready contoso: NOT VERIFIED, ")
    assert message.text.startswith("Certificates were NOT verified: nobody knows who answered in the name of 1 server.")


def test_incomplete_run_says_so_first(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Whoever reads one line knows that the run does not say everything."""
    run = run_of(outcome(result=Result.PASSED), complete=False, incomplete="it was interrupted")

    message = message_of(run, Past(), None)

    assert message.subject == "moveready contoso: INCOMPLETE, UNKNOWN - 1 server"
    assert message.text.startswith("The run is incomplete: it was interrupted.\n")


def test_run_without_changes_says_so(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """A message may be asked for although nothing changed."""
    message = message_of(run_of(outcome(result=Result.PASSED)), Past(changes=UNCHANGED), None)

    assert "Nothing has changed." in message.text


def test_waivers_that_need_somebody_are_named(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Those that have expired and those that end soon, the earliest end first; no other."""
    uses = (
        WaiverUse(waiver(), WaiverState.ENDS_SOON),
        WaiverUse(waiver(control="KB1-2", until=date(2026, 3, 8)), WaiverState.ENDS_SOON),
        WaiverUse(waiver(control="KB1-3", until=date(2026, 3, 1)), WaiverState.EXPIRED),
        WaiverUse(waiver(control="KB1-4"), WaiverState.ACTIVE),
    )

    text = message_of(run_of(outcome(), waivers=uses), Past(), None).text

    assert (
        "Waivers that have expired: 1\n"
        "- KB1-3 until 2026-03-01 on 1 server(s): the server goes in May\n"
        "\n"
        "Waivers that end soon: 2\n"
        "- KB1-2 until 2026-03-08 on 1 server(s): the server goes in May\n"
        "- KB1-1 until 2026-03-09 on 1 server(s): the server goes in May\n"
    ) in text
    assert "KB1-4" not in text


def test_long_lists_are_cut(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """A fleet of hundreds fits a message; the number is always the whole one."""
    new = tuple(change(server=f"ex{number:03}.contoso.com") for number in range(100))

    text = message_of(run_of(outcome()), Past(changes=replace(UNCHANGED, new=new)), None).text

    assert "New findings (rules that are not met): 100\n" in text
    assert "ex019" in text
    assert "ex020" not in text
    assert "- and 80 more\n" in text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hostile=st.text() | st.just("<script>\x00\u202e\r\nSubject: x" + "y" * 10_000))
def test_hostile_text_is_harmless(outcome: MakeOutcome, run_of: MakeRun, hostile: str) -> None:
    """Whatever a name holds: the subject is one short line, and the text is clean and adds no lines."""
    changes = replace(UNCHANGED, new=(Change(hostile, "KB1-1", hostile),), gone=(hostile,))
    uses = (WaiverUse(waiver(reason=hostile), WaiverState.EXPIRED),)
    run = run_of(outcome(), organization=hostile, waivers=uses, complete=False, incomplete=hostile)

    message = message_of(run, Past(changes=changes), hostile)
    usual = message_of(replace(run, organization="x", incomplete="x"), Past(changes=changes), hostile)

    assert len(message.subject) <= LONGEST_SUBJECT
    assert "NOT READY - 1 finding on 1 server, 1 new" in message.subject
    assert len(message.subject.splitlines()) == 1
    assert cleaned(message.text) == message.text
    assert message.text.count("\n") == usual.text.count("\n")


@pytest.mark.parametrize("kind", ["new", "fixed", "unknown", "waived"])
def test_change_is_worth_a_message(outcome: MakeOutcome, run_of: MakeRun, kind: str) -> None:
    """For the better or the worse."""
    found: Any = {kind: (change(),)}
    changes = replace(UNCHANGED, **found)

    assert is_worth_telling(Past(changes=changes), run_of(outcome()))


def test_no_change_is_worth_no_message(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """What still fails is known already."""
    changes = replace(UNCHANGED, still=(change(),))

    assert not is_worth_telling(Past(changes=changes), run_of(outcome()))


def test_first_run_is_worth_a_message(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Without an earlier run all of it is news."""
    assert is_worth_telling(Past(), run_of(outcome()))


def test_incomplete_run_is_worth_a_message(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Nobody may take the silence for `nothing has changed`."""
    assert is_worth_telling(Past(changes=UNCHANGED), run_of(outcome(), complete=False))
