"""Guards `moveready.reporting.findings_text`: what the terminal says about findings, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from moveready.findings.outcomes import Result, RunScope, WaiverState, WaiverUse
from moveready.inventory import Waiver
from moveready.reporting.findings_text import LINES_OF_THE_RESULT, SERVERS_IN_FULL, findings_text, result_text

if TYPE_CHECKING:
    from tests.reporting.conftest import MakeOutcome, MakeRun

WAIVER = Waiver(
    control="KB1-1",
    servers=("ex01.contoso.com",),
    reason="accepted",
    until=date(2026, 3, 31),
    file="prod.yaml",
    line=9,
)


def test_text_of_several_controls_stands_once(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """And so do the commands."""
    run = run_of(outcome("KB1-1", Result.FAILED), outcome("KB1-2", Result.FAILED), outcome("KB1-3"))

    assert findings_text(run, 80) == (
        "ex01.contoso.com: stale (a note)\n"
        "  failed: KB1-1 The flag is on; KB1-2 The flag is on\n"
        "    It is off.\n"
        "  Repair:\n"
        "    Set-X"
    )


def test_finding_and_error_are_told_apart(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Findings first, then what could not be evaluated, then what is waived."""
    waived = outcome("KB1-0", Result.WAIVED, waiver=WAIVER, sentence="It is off.")
    text = findings_text(run_of(waived, outcome("KB1-1", Result.ERROR), outcome("KB1-2", Result.FAILED)), 80)

    assert [line.split(":")[0].strip() for line in text.splitlines() if line.startswith("  ") and ": KB" in line] == [
        "failed",
        "error",
        "waived",
    ]
    assert "waived until 2026-03-31: accepted. The finding: It is off." in text


@pytest.mark.parametrize("width", [80, 120])
def test_words_are_never_broken(outcome: MakeOutcome, run_of: MakeRun, width: int) -> None:
    """Nor are commands wrapped, however long they are."""
    command = 'Set-WebServicesVirtualDirectory "EX01\\EWS (Default Web Site)" -MRSProxyEnabled $true ' * 3
    sentence = " ".join(f"well-known/word{number}" for number in range(90))
    text = findings_text(run_of(outcome("KB1-1", Result.FAILED, sentence=sentence, resolution=command)), width)
    lines = text.splitlines()

    assert command.strip() in [line.strip() for line in lines]
    assert all(len(line) <= width for line in lines if "Set-" not in line)
    assert set(sentence.split()) <= set(text.split())


def test_what_servers_say_drives_no_terminal(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Neither in the text nor in the commands."""
    text = findings_text(run_of(outcome("KB1-1", Result.FAILED, sentence="\x1b[31m", resolution="\x07\u202e")), 80)

    assert not set(text) & set("\x1b\x07\u202e")


def test_server_without_a_finding_has_no_paragraph(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """And a run without any has no text."""
    assert findings_text(run_of(outcome()), 80) == ""


def test_servers_beyond_the_limit_are_counted(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Nobody reads 5,000 paragraphs in a terminal."""
    servers = [f"ex{number:03d}.contoso.com" for number in range(SERVERS_IN_FULL + 2)]
    run = run_of(*(outcome("KB1-1", Result.FAILED, server=server) for server in servers))

    assert findings_text(run, 80).endswith("\n\n... and 2 more servers: see fleet.html")
    assert result_text(run, "exit 1", 80).endswith(f"... and {len(servers) - LINES_OF_THE_RESULT} more: see fleet.html")


def test_result_is_one_line_with_the_exit_code(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Then a line for each finding."""
    run = run_of(outcome("KB1-10", Result.FAILED), outcome("KB1-2", Result.FAILED, server="mail02.contoso.com"))

    assert result_text(run, "exit 1", 80) == (
        "Result: NOT READY - 2 findings on 2 servers (exit 1)\n"
        "  ex01    KB1-10  The flag is on\n"
        "  mail02  KB1-2   The flag is on"
    )


def test_incomplete_run_says_so_first(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Before its result."""
    run = replace(run_of(outcome()), complete=False, incomplete="stopped: 1 of 2 checks were not judged")

    assert result_text(run, "exit 2", 80).startswith("INCOMPLETE: stopped: 1 of 2 checks were not judged\nResult: ")


def test_certificates_that_were_not_verified_come_before_the_result(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """At the end of a long output, where people look."""
    shown = result_text(run_of(outcome(), verified=False), "exit 0", 120)

    assert shown.startswith(
        "Certificates were NOT verified: nobody knows who answered in the name of 1 server.\nResult: "
    )


def test_servers_that_the_inventory_lacks_are_named(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """A new server without MRSProxy is a classic."""
    run = replace(run_of(outcome()), unlisted=("ex09.contoso.com",))

    assert "Exchange has servers that the inventory has not: ex09.contoso.com" in result_text(run, "exit 0", 80)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (WaiverState.ENDS_SOON, "ends on 2026-03-31"),
        (WaiverState.EXPIRED, "has expired on 2026-03-31"),
        (WaiverState.NOT_NEEDED, "is no longer needed"),
        (WaiverState.ACTIVE, ""),
        (WaiverState.NOT_ASKED, "covers nothing that this run has asked: is its `control` right?"),
    ],
)
def test_waiver_that_needs_somebody_is_named(
    outcome: MakeOutcome, run_of: MakeRun, state: WaiverState, words: str
) -> None:
    """With the line of the inventory; one that just counts is not."""
    text = result_text(replace(run_of(outcome()), waivers=(WaiverUse(WAIVER, state),)), "exit 0", 200)

    assert ("Waiver of KB1-1 on 1 server" in text) is bool(words)
    assert words in text
    assert ("(prod.yaml:9)" in text) is bool(words)


def test_expired_waiver_is_noted_at_its_finding(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """The finding has its real result."""
    text = result_text(run_of(outcome("KB1-1", Result.FAILED, waiver=WAIVER)), "exit 1", 120)

    assert "  ex01  KB1-1  The flag is on (waiver expired on 2026-03-31)" in text


def test_waiver_that_a_limited_run_has_not_asked_for_is_not_named(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """It was left out on purpose."""
    run = replace(run_of(outcome()), waivers=(WaiverUse(WAIVER, WaiverState.NOT_ASKED),), scope=RunScope(limit="ex01"))

    assert "Waiver" not in result_text(run, "exit 0", 200)
