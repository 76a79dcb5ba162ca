"""Options become checked values, or one sentence.

What they do is tested in tests/options.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from moveready.plugin.settings import duration_from, whole_number


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("24h", timedelta(hours=24)),
        (" 7d ", timedelta(days=7)),
    ],
)
def test_duration_is_read(text: str, duration: timedelta) -> None:
    """A number and its unit."""
    assert duration_from(text, "--since") == duration


@pytest.mark.parametrize("text", ["", "h", "24", "1.5h", "-1h", "24 hours", "99999999999d"])
def test_other_durations_are_refused(text: str) -> None:
    """The option is named."""
    with pytest.raises(pytest.UsageError, match="--since"):
        duration_from(text, "--since")


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "ten", "²"])
def test_other_numbers_are_refused(text: str) -> None:
    """A bound is a whole number of at least 1."""
    with pytest.raises(pytest.UsageError, match="--concurrency"):
        whole_number(text, "--concurrency")


def test_number_is_read() -> None:
    """As it stands."""
    assert whole_number("64", "--concurrency") == 64
