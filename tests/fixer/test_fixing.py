"""What `--fix` does, where it refuses; what it does otherwise is in tests/fixer_acceptance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.fixer.plan import read_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    RunChecks = Callable[..., pytest.RunResult]

FIXER = ("-p", "moveready.fixer", "--limit=ex02")


def test_nothing_to_resume_is_told(run_checks: RunChecks) -> None:
    """And the checks run."""
    result = run_checks(*FIXER, "--fix=resume")

    result.stdout.fnmatch_lines(["*Nothing to resume in *fix-journal.jsonl*"])
    assert result.ret == 1


def test_a_journal_that_cannot_be_read_stops_the_run(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """Before anything is asked: nobody knows what state the servers are in."""
    folder = pytester.mkdir("reports")
    line = '{"at": "2026-03-02T12:00:00+00:00", "mark": "end", "plan": "0", "who": "me"}\n'
    (folder / "fix-journal.jsonl").write_text(line, encoding="utf-8")
    result = run_checks(*FIXER, "--fix=resume")

    assert result.ret == 13
    result.stdout.fnmatch_lines(["*not resumed: *fix-journal.jsonl:1: there is no plan before this line*"])


def test_a_plan_that_cannot_be_read_changes_nothing(run_checks: RunChecks) -> None:
    """The findings stand."""
    result = run_checks(*FIXER, "--fix=apply", "--plan=gone.json")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["Nothing was changed: gone.json: cannot be read*"])


@pytest.mark.heavy
def test_what_was_not_checked_is_not_repaired(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """A plan whose controls are not all in this run cannot be verified: nothing is begun."""
    run_checks(*FIXER, "--fix=plan")
    plan = pytester.path / "reports" / "fix-plan.json"
    plan.rename(pytester.path / "mine.json")
    fingerprint = read_plan(pytester.path / "mine.json").fingerprint
    options = ("--plan=mine.json", f"--plan-fingerprint={fingerprint}", "--fix-last-node")
    result = run_checks(*FIXER, "--fix=apply", *options, "-k", "not 1309")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*Nothing was changed: ex02.contoso.com: this run did not check KB3063913-2*"])
    assert not (pytester.path / "reports" / "fix-journal.jsonl").exists()
