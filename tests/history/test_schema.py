"""What a file has for words and times stays what it is: files were written with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as some

from moveready.findings.outcomes import Result
from moveready.findings.verdicts import Standing
from moveready.history import schema


def test_every_word_has_a_number_of_its_own() -> None:
    """A new result needs a code before it can be kept."""
    assert set(schema.RESULT_CODES) == set(Result)
    assert set(schema.STANDING_CODES) == set(Standing)
    assert set(schema.RESULTS.values()) == set(Result)
    assert set(schema.STANDINGS.values()) == set(Standing)


def test_passed_is_0() -> None:
    """The view `outcome` has that number for what a server was asked and is no problem."""
    assert schema.RESULT_CODES[Result.PASSED] == 0


@given(some.datetimes(timezones=some.just(UTC)), some.datetimes(timezones=some.just(UTC)))
def test_times_are_in_the_order_of_their_texts(one: datetime, other: datetime) -> None:
    """And are read back as they were."""
    assert (schema.text_of_time(one) < schema.text_of_time(other)) == (one < other)
    assert schema.time_from(schema.text_of_time(one)) == one


def test_times_are_kept_in_utc() -> None:
    """Whatever zone they were given in."""
    berlin = datetime(2026, 3, 2, 13, 0, tzinfo=timezone(timedelta(hours=1)))

    assert schema.text_of_time(berlin) == "2026-03-02T12:00:00.000000+00:00"
