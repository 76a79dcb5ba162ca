"""Since when a control fails: an error in between ends nothing, a pass does, and a waiver repairs nothing."""

from __future__ import annotations

import pytest

from moveready.findings.outcomes import Result
from moveready.history.periods import Ending, periods_of, start_of_failure
from tests.history.days import RESULTS, day


def endings(letters: str) -> list[Ending]:
    """One a day."""
    return [Ending(day(number), RESULTS[letter], f"day {number}") for number, letter in enumerate(letters)]


@pytest.mark.parametrize(
    ("letters", "start"),
    [
        ("", None),
        (".", None),
        ("E", None),
        ("F", 0),
        ("W", 0),
        (".FF", 1),
        ("FF.", None),
        ("F.F", 2),
        ("FEF", 0),
        ("FE", 0),
        ("EEF", 2),
        ("FWF", 0),
        ("F.E", None),
        ("F.EW", 3),
    ],
)
def test_start_of_a_failure(letters: str, start: int | None) -> None:
    """The first finding after the last pass."""
    assert start_of_failure(endings(letters)) == (None if start is None else day(start))


def test_periods_are_runs_in_a_row() -> None:
    """Each ends where the next begins; the last is open and has the words of its last run."""
    passed, failed = periods_of(endings("..FFF"))

    assert (passed.result, passed.since, passed.until, passed.runs) == (Result.PASSED, day(0), day(2), 2)
    assert (failed.result, failed.since, failed.until, failed.runs) == (Result.FAILED, day(2), None, 3)
    assert failed.sentence == "day 4"


def test_a_period_comes_again() -> None:
    """What fails, passes and fails has three of them."""
    assert [period.result for period in periods_of(endings("F.F"))] == [Result.FAILED, Result.PASSED, Result.FAILED]
