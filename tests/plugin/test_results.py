"""What becomes of outcomes: exit codes, and the files.

The options are tested in tests/options.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from moveready.findings.outcomes import Outcome, Result, Run
from moveready.plugin.results import exit_code
from tests.builders import KB3063913, NOON, report_settings

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("result", "pytests", "code"),
    [
        (Result.PASSED, 0, 0),
        (Result.FAILED, 1, 1),
        (Result.ERROR, 1, 10),
        (Result.FAILED, 2, 2),
        (Result.PASSED, 3, 3),
        (Result.FAILED, 13, 13),
    ],
)
def test_exit_code(judge: Callable[..., Outcome], result: Result, pytests: int, code: int) -> None:
    """What was found decides between pytest's 0 and 1; an interrupted or broken run keeps its code."""
    run = Run("contoso", "prod.yaml", NOON, NOON, (), (replace(judge(None), result=result),))

    assert exit_code(run, pytests, report_settings()) == code


TELL_KEPT = """
import pytest
from moveready.plugin import SUITE

@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter, config):
    kept = len(terminalreporter.stats.get("", []))
    print(f"kept: {kept} reports, fleet: {'fleet' in vars(config.stash[SUITE])}")
"""


@pytest.mark.parametrize(
    ("args", "kept"),
    [((), "kept: 0 reports, fleet: False"), (("--durations=3",), "kept: 6 reports, fleet: False")],
    ids=["plain", "durations"],
)
def test_what_nobody_needs_any_more_is_let_go(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, args: tuple[str, ...], kept: str
) -> None:
    """Before reports are made: the answers, and the silent reports of setups and teardowns but where they are shown."""
    pytester.makeconftest(TELL_KEPT)
    result = run_checks("--limit=ex01", KB3063913, *args)

    assert kept in result.outlines
