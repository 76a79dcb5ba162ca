"""Results as values."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from benchmarks.cases import Contender
from benchmarks.results import Report, Result, drawn_out, plain_from, report_from

ResultOf = Callable[..., Result]


def test_a_straight_line_keeps_the_start_up(result_of: ResultOf) -> None:
    """1 s to start and 2 s a server: 200 servers take 401 s, not 20 s for 4 times 200."""
    small = result_of(Contender.SEQUENTIAL, 4, wall_seconds=9.0, windows_logins=12)
    large = result_of(Contender.SEQUENTIAL, 20, wall_seconds=41.0, windows_logins=60)
    drawn = drawn_out(small, large, 200)

    assert (drawn.servers, drawn.asked, drawn.wall_seconds, drawn.windows_logins) == (200, 20, 401.0, 600)


def test_what_was_not_measured_is_not_drawn_out(result_of: ResultOf) -> None:
    """No CPU stays no CPU; memory stays as it was measured on the larger subset."""
    small = result_of(servers=4, cpu_seconds=None, peak_mb=40.0)
    large = result_of(servers=20, cpu_seconds=None, peak_mb=50.0)
    drawn = drawn_out(small, large, 200)

    assert (drawn.cpu_seconds, drawn.peak_mb) == (None, 50.0)


def test_a_report_is_json_both_ways(result_of: ResultOf) -> None:
    """`--from` tells a run of last week as it was."""
    suite = result_of(parts=(("asking", 1.0, 0.5),))
    report = Report("2026-03-02", (("Python", "3.13"),), (suite, result_of(Contender.FLOOR)))

    assert report_from(json.loads(json.dumps(plain_from(report)))) == report


def test_sums_are_over_all_channels(result_of: ResultOf) -> None:
    """Logins and round trips of Exchange, WinRM and HTTPS together."""
    result = result_of(
        exchange_logins=1, windows_logins=200, https_logins=200, exchange_requests=9, visit_requests=3200
    )

    assert (result.logins, result.requests) == pytest.approx((401, 3209))
