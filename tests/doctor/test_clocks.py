"""Five minutes are what Kerberos allows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from moveready.doctor.clocks import apart_text, clock_finding
from moveready.doctor.finding import Result


@pytest.mark.parametrize(
    ("seconds", "result"),
    [(0, Result.GOOD), (300, Result.GOOD), (-300, Result.GOOD), (301, Result.PROBLEM), (-301, Result.PROBLEM)],
)
def test_five_minutes_are_the_limit(seconds: int, result: Result) -> None:
    """Ahead or behind."""
    assert clock_finding("ex01", timedelta(seconds=seconds)).result is result


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (timedelta(minutes=12, seconds=40), "12 minutes ahead of"),
        (timedelta(minutes=-6), "6 minutes behind"),
        (timedelta(hours=-3), "3 hours behind"),
        (timedelta(days=2), "48 hours ahead of"),
    ],
)
def test_difference_is_told_in_words(ahead: timedelta, text: str) -> None:
    """A time zone set wrong is hours."""
    assert apart_text(ahead) == text
    assert text in clock_finding("ex01", ahead).told
