"""The hooks of the fixer, where they refuse; what they do otherwise is in tests/fixer_acceptance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.lab.server import Lab

    RunChecks = Callable[..., pytest.RunResult]

FIXER = ("-p", "moveready.fixer")


def test_without_an_inventory_there_is_nothing_to_fix(pytester: pytest.Pytester) -> None:
    """A usage error that names what is missing."""
    result = pytester.runpytest_subprocess(*FIXER, "--fix=plan")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no inventory*"])


def test_nobody_is_asked_without_a_terminal(run_checks: RunChecks) -> None:
    """A run in CI would wait for ever."""
    result = run_checks(*FIXER, "--fix=apply", "--fix-approve")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*asks at a terminal, and this is none*"])


def test_a_run_that_was_cut_short_changes_nothing(run_checks: RunChecks, demo: Lab) -> None:
    """Not all is known of the servers then."""
    before = demo.log.requests()
    result = run_checks(*FIXER, "--fix=apply", "--limit=ex02", "-x")

    result.stdout.fnmatch_lines(["*Nothing was planned or changed: the checks did not all run*"])
    assert not [entry for entry in demo.log.entries()[before:] if "Set-" in str(entry)]


def test_collecting_only_plans_nothing(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """Nothing was asked."""
    run_checks(*FIXER, "--fix=plan", "--limit=ex02", "--collect-only")

    assert not (pytester.path / "reports" / "fix-plan.json").exists()
