"""Counts by verdict and control, changes, and the columns of the trend."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moveready.findings.changes import Change, Changes, TrendPoint
from moveready.findings.outcomes import Result
from moveready.findings.standing import standings_of
from moveready.kb.kb3063913.verdicts import Conclusion
from moveready.reporting.fleet_counts import (
    DRAWING_HEIGHT,
    DRAWING_WIDTH,
    bars_of,
    changes_of,
    controls_of,
    counts_of,
)
from tests.builders import verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def test_verdicts_are_counted_the_worst_first(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Two servers of one verdict are one line; then what is content."""
    run = run_of(*(outcome(server=f"ex0{number}") for number in range(3)))
    first, *others = run.servers
    content = replace(first, verdicts=(verdict_of(Conclusion.READY),))
    lines = counts_of(standings_of(replace(run, servers=(content, *others))))

    assert [(line.mark.kind, line.mark.word, line.servers) for line in lines] == [
        ("not-ready", "stale", 2),
        ("ready", "ready", 1),
    ]


def test_controls_are_counted_by_result(outcome: Callable[..., Any]) -> None:
    """One line each, by id."""
    results = (Result.PASSED, Result.PASSED, Result.FAILED, Result.WAIVED, Result.ERROR)
    second, first = controls_of([outcome("KB1-1", Result.FAILED), *(outcome("KB0-1", each) for each in results)])[::-1]

    assert (first.control, first.passed, first.failed, first.waived, first.errors) == (
        "KB0-1 The flag is on",
        2,
        1,
        1,
        1,
    )
    assert (second.control, second.failed) == ("KB1-1 The flag is on", 1)


def test_changes_are_grouped_by_control(noon: datetime) -> None:
    """Every kind is there, with its number, also where nothing has changed so."""
    new = (Change("ex01", "KB1-2", "B"), Change("ex01", "KB1-1", "A"), Change("ex02", "KB1-1", "A"))
    kinds = changes_of(Changes(earlier_id="a", earlier_started_at=noon, new=new))

    assert [(kind.mark.word, kind.number) for kind in kinds] == [
        ("new findings", 3),
        ("fixed", 0),
        ("still failing", 0),
        ("newly not evaluated", 0),
        ("newly waived", 0),
    ]
    assert [(one.control, len(one.changes)) for one in kinds[0].controls] == [("KB1-1 A", 2), ("KB1-2 B", 1)]


def test_no_earlier_run_has_no_changes() -> None:
    """Not even kinds of them."""
    assert changes_of(None) == ()


def test_columns_are_on_one_scale(noon: datetime) -> None:
    """The largest run fills the height; parts stand on top of each other, and nothing leaves the drawing."""

    def point(ready: int, unknown: int, not_ready: int) -> TrendPoint:
        return TrendPoint(id="", started_at=noon, ready=ready, unknown=unknown, not_ready=not_ready)

    half, full = bars_of([point(1, 1, 3), point(5, 0, 5)])

    assert [height for _, height in half.parts] == [20.0, 20.0, 60.0]
    assert [top for top, _ in half.parts] == [180.0, 160.0, 100.0]
    assert full.parts[-1][0] == 0.0
    assert sum(height for _, height in full.parts) == DRAWING_HEIGHT
    assert half.left + half.width < full.left < DRAWING_WIDTH


def test_runs_without_servers_can_be_drawn(noon: datetime) -> None:
    """As columns of no height."""
    (bar,) = bars_of([TrendPoint(id="", started_at=noon, ready=0, unknown=0, not_ready=0)])

    assert [height for _, height in bar.parts] == [0.0, 0.0, 0.0]
