"""Guards `moveready.inventory.times`: waits, times of day and time zones as people write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moveready.inventory.times import (
    CLOCK_PATTERN,
    DAY_PATTERN,
    WAIT_PATTERN,
    clock_time_from,
    day_from,
    time_zone_from,
    wait_seconds_from,
)

if TYPE_CHECKING:
    from datetime import date, time


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("3m", 180.0), ("1h", 3600.0), ("0s", 0.0), ("1.5m", 90.0), ("3600s", 3600.0)]
)
def test_a_wait_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    """From none to an hour."""
    assert wait_seconds_from(text) == seconds
    assert re.search(WAIT_PATTERN, text)


@pytest.mark.parametrize("text", ["", "s", "3", "3 m", "3M", "3d", "PT3M", "m3", "1m30s", "٣m", "3m\n", 180, 3.0, None])
def test_what_is_no_duration_is_refused(text: object) -> None:
    """A bare number could be seconds as well as minutes."""
    with pytest.raises(ValueError, match=r"^this is no duration\. Write "):
        wait_seconds_from(text)


@pytest.mark.parametrize("text", ["-1s", "-0.1m", "3601s", "61m", "1.01h", "9" * 5000 + "s"])
def test_a_wait_out_of_range_is_refused(text: str) -> None:
    """Hours of broken MRSProxy are a typing error."""
    with pytest.raises(ValueError, match=r"^this wait is too long or below zero\. Write "):
        wait_seconds_from(text)


@given(st.times())
def test_every_minute_of_a_day_can_be_written(moment: time) -> None:
    """In the one form that the schema for editors knows."""
    minute = moment.replace(second=0, microsecond=0)

    assert clock_time_from(f"{minute:%H:%M}") == minute
    assert re.search(CLOCK_PATTERN, f"{minute:%H:%M}")


@pytest.mark.parametrize(
    "text", ["", "24:00", "4:00", "04:60", "22:00:00", "22", "10pm", "22:00\n", "٢٢:00", 1320, None]
)
def test_what_is_no_time_of_day_is_refused(text: object) -> None:
    """1320 is what YAML 1.1 makes of 22:00."""
    with pytest.raises(ValueError, match=r"^this is no time of day\. Write "):
        clock_time_from(text)


@given(st.dates())
def test_every_day_can_be_written(day: date) -> None:
    """In the one form that the schema for editors knows."""
    assert day_from(day.isoformat()) == day
    assert re.search(DAY_PATTERN, day.isoformat())


@pytest.mark.parametrize("text", ["", "31.12.2026", "2026-1-1", "20261231", "2026-12-31T00:00", "٢٠٢٦-12-31", 0, None])
def test_what_is_no_date_is_refused(text: object) -> None:
    """The order of day and month is never guessed."""
    with pytest.raises(ValueError, match=r"^this is not a date\. Write "):
        day_from(text)


def test_day_that_does_not_exist_is_refused() -> None:
    """The thirtieth of February."""
    with pytest.raises(ValueError, match="does not exist"):
        day_from("2026-02-30")


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"])
def test_a_time_zone_has_its_iana_name(name: str) -> None:
    """As it is."""
    assert time_zone_from(name) == name


@pytest.mark.parametrize(
    "name", ["", "Europe", "../etc/passwd", "/etc/localtime", "x" * 5000, "a\0b", "zone.tab", "CEST?"]
)
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    """Whatever the database of the machine says about such a name."""
    with pytest.raises(ValueError, match=r"^unknown time zone\. (Did you mean|Write)"):
        time_zone_from(name)


def test_a_time_zone_that_was_nearly_right_is_suggested() -> None:
    """The names are many."""
    with pytest.raises(ValueError, match=r"Did you mean `Europe/Berlin`\?"):
        time_zone_from("Europe/Berlinn")
