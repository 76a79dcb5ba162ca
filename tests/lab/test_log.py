"""The request log."""

from __future__ import annotations

from datetime import UTC, datetime

from moveready.lab.log import Entry, RequestLog

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def entry(server: str, channel: str, kind: str, what: str = "", *, logged_in: bool = False) -> Entry:
    """One request of somebody."""
    return Entry(NOON, server, channel, kind, "me", what, 200, logged_in)


def log_of(*entries: Entry) -> RequestLog:
    """A log with these entries, ten bytes each."""
    log = RequestLog()
    for one in entries:
        log.add(one, 10)
    return log


LOGIN = entry("a", "windows", "login", logged_in=True)
COMMAND = entry("a", "windows", "command", "Get-Service")
OTHER = entry("b", "https", "get", logged_in=True)


def test_filters_are_all_applied() -> None:
    """An entry is given if it matches every filter."""
    log = log_of(LOGIN, COMMAND, OTHER)

    assert log.entries(server="a", channel="windows", kind="command") == (COMMAND,)
    assert log.entries() == (LOGIN, COMMAND, OTHER)


def test_commands_are_lines() -> None:
    """What ran is told as it would be typed."""
    assert log_of(LOGIN, COMMAND).commands() == ("Get-Service",)


def test_logins_are_told_by_what_they_completed_not_by_their_kind() -> None:
    """Over TLS the request that completes a login is already something else."""
    assert log_of(LOGIN, COMMAND, OTHER).logins() == (LOGIN, OTHER)


def test_summary_is_plain_data() -> None:
    """What another process may read: counts by channel and by kind, and the bytes."""
    assert log_of(LOGIN, COMMAND, OTHER).summary() == {
        "requests": {"https": 1, "windows": 2},
        "logins": {"https": 1, "windows": 1},
        "kinds": {"command": 1, "get": 1, "login": 1},
        "bytes": 30,
    }


def test_requests_and_bytes_are_counted_until_cleared() -> None:
    """A test counts its own requests only."""
    log = log_of(LOGIN, OTHER)
    counted = (log.requests(), log.requests(server="b"), log.bytes)
    log.clear()

    assert (counted, log.requests(), log.bytes) == ((2, 1, 20), 0, 0)
