"""Times as an inventory writes them: waits, times of day, time zones.

Every function returns the value, or raises `ValueError("problem. Hint.")`.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

WAIT_PATTERN = "^[0-9]+([.][0-9]+)?[smh]$"
CLOCK_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
DAY_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
LONGEST_WAIT_SECONDS = 3600.0

_WAIT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)([smh])")
_CLOCK = re.compile(CLOCK_PATTERN.strip("^$"))
_SPAN = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}  # seconds


def wait_seconds_from(text: object) -> float:
    """The seconds of a wait such as `90s` or `3m`, from none to an hour."""
    found = _WAIT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("this is no duration. Write a number and its unit: `90s` or `3m`.")
    seconds = float(found[1]) * _UNITS[found[2]]
    if not 0 <= seconds <= LONGEST_WAIT_SECONDS:
        raise ValueError("this wait is too long or below zero. Write a duration from `0s` to `1h`.")
    return seconds


def time_span_from(text: str) -> timedelta:
    """`90s`, `15m`, `24h` or `7d`."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError("write a time such as 90m, 24h or 7d")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def clock_time_from(text: object) -> time:
    """A time of day such as `22:00`."""
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise ValueError('this is no time of day. Write hours and minutes from "00:00" to "23:59", in quotes.')
    return time.fromisoformat(text)


def day_from(text: object) -> date:
    """A date such as `2026-12-31`."""
    if not isinstance(text, str) or not re.fullmatch(DAY_PATTERN, text):
        raise ValueError("this is not a date. Write year, month and day: `2026-12-31`.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("this date does not exist. Write year, month and day: `2026-12-31`.") from None


def time_zone_from(text: str) -> str:
    """The IANA name of a time zone that this machine knows."""
    try:
        return ZoneInfo(text).key
    except (KeyError, OSError, ValueError):  # unknown; a folder or too long; not a file name in the database
        near = get_close_matches(text, sorted(available_timezones()), n=1)
    usual = "Write an IANA name such as `Europe/Berlin`; if this machine knows none, `pip install tzdata`."
    hint = f"Did you mean `{near[0]}`?" if near else usual
    raise ValueError(f"unknown time zone. {hint}")
