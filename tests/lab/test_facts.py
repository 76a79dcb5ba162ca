"""Words of fleet files."""

from __future__ import annotations

from datetime import timedelta

import pytest

from moveready.lab.facts import duration_from


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("50ms", timedelta(milliseconds=50)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1.5h", timedelta(minutes=90)),
        (" 30 d ", timedelta(days=30)),
    ],
)
def test_durations_are_a_number_and_a_unit(text: str, span: timedelta) -> None:
    """Each unit means what it says."""
    assert duration_from(text) == span


@pytest.mark.parametrize("text", ["", "5", 5, "-1s", "5 weeks", "9999d", None])
def test_anything_else_is_no_duration(text: object) -> None:
    """A number without unit is not guessed at."""
    with pytest.raises(ValueError, match="no duration"):
        duration_from(text)
