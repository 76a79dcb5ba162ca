"""Guards `moveready.reporting.words`: what several reports say in the same way."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from moveready.reporting.words import plural, time_text


@pytest.mark.parametrize(("number", "words"), [(0, "servers"), (1, "server"), (2, "servers")])
def test_noun_follows_its_number(number: int, words: str) -> None:
    """One server, and every other number of servers."""
    assert plural(number, "server") == words


def test_time_is_in_utc() -> None:
    """Whatever zone it comes in."""
    assert time_text(datetime(2026, 3, 2, 13, 30, tzinfo=timezone(timedelta(hours=2)))) == "2026-03-02 11:30 UTC"
