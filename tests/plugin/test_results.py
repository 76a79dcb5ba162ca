"""What becomes of outcomes: exit codes, and the files.

The options are tested in tests/options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import PlainTest, Result
from moveready.plugin.results import exit_code
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable


class Ended:
    """A run that only counts."""

    def __init__(self, *results: Result, plain: str = "passed", crashed: bool = False) -> None:
        """So many outcomes, and one plain test."""
        self.results = results
        self.plain_tests = (PlainTest("test_mine", plain, "", 0.0),)

        self.crashes: tuple[str, ...] = ("a crash",) if crashed else ()

    def count(self, result: Result) -> int:
        """How many ended so."""
        return self.results.count(result)


@pytest.mark.parametrize(
    ("results", "plain", "pytests", "code"),
    [
        ([Result.PASSED], "passed", 0, 0),
        ([Result.PASSED], "skipped", 0, 0),
        ([Result.PASSED, Result.FAILED], "passed", 1, 1),
        ([Result.ERROR, Result.FAILED], "passed", 1, 1),
        ([Result.PASSED, Result.ERROR], "passed", 1, 10),
        ([Result.ERROR], "failed", 1, 1),
        ([Result.PASSED], "error", 1, 1),
        ([Result.FAILED], "passed", 2, 2),
        ([Result.PASSED], "passed", 3, 3),
    ],
)
def test_exit_code(results: list[Result], plain: str, pytests: int, code: int) -> None:
    """Findings are 1, errors alone 10; an interrupted or broken run keeps pytest's code."""
    run: Any = Ended(*results, plain=plain)

    assert exit_code(run, pytests) == code


@pytest.mark.parametrize(("pytests", "code"), [(0, 3), (1, 3), (2, 2)])
def test_exit_code_of_our_own_failure(pytests: int, code: int) -> None:
    """3 outweighs findings; who interrupted a run knows it."""
    run: Any = Ended(Result.FAILED, Result.ERROR, crashed=True)

    assert exit_code(run, pytests) == code


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
