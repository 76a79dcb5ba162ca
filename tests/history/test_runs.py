"""Which earlier run a run is compared with: the last that has asked at least as much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.findings.outcomes import Result
from moveready.history.runs import previous_run, runs_before, stored_runs
from tests.history.days import EX01, EX02, run_on

if TYPE_CHECKING:
    from moveready.findings.outcomes import Run
    from moveready.history.store import History

BOTH = {"ex01": ".F", "ex02": ".F"}


def previous_id(history: History, run: Run, *earlier: Run) -> int | None:
    """The day of the run that this one is compared with, after these."""
    for each in earlier:
        history.add(each)
    found = previous_run(history, run)
    return int(found.id, 16) if found else None


def test_runs_are_listed_newest_first(history: History) -> None:
    """Whatever the order in which they were added."""
    for number in (2, 1, 3):
        history.add(run_on(number, limit="ex01" if number == 2 else "", complete=number != 3))

    assert [(stored.id[-1], stored.is_whole) for stored in stored_runs(history)] == [
        ("3", False),
        ("2", False),
        ("1", True),
    ]


def test_the_first_run_has_none_before(history: History) -> None:
    """Not even itself."""
    run = run_on(1)
    history.add(run)

    assert previous_run(history, run) is None


def test_the_last_run_before_counts(history: History) -> None:
    """With its results; a later one is no earlier one."""
    history.add(run_on(1, BOTH))
    history.add(run_on(2, {"ex01": "EW", "ex02": "F."}))
    history.add(run_on(4, BOTH))
    earlier = previous_run(history, run_on(3, BOTH))

    assert earlier is not None
    assert earlier.id == "00000002"
    assert earlier.started_at == run_on(2).started_at
    assert not earlier.is_limited
    assert earlier.servers == {EX01, EX02}
    assert earlier.results == {
        (EX01, "KB1-1"): Result.ERROR,
        (EX01, "KB1-2"): Result.WAIVED,
        (EX02, "KB1-1"): Result.FAILED,
        (EX02, "KB1-2"): Result.PASSED,
    }


@pytest.mark.parametrize(
    "changes",
    [{"organization": "fabrikam"}, {"inventory": "other.yaml"}, {"phase": "idle"}, {"complete": False}],
    ids=lambda changes: next(iter(changes)),
)
def test_runs_that_do_not_compare_are_left_out(history: History, changes: dict[str, object]) -> None:
    """Those of another fleet, of the other phase, and those that were interrupted."""
    assert previous_id(history, run_on(3), run_on(1), run_on(2, **changes)) == 1
    assert [stored.id for stored in runs_before(history, run_on(3))] == ["00000001"]


def test_the_other_phase_has_a_series_of_its_own(history: History) -> None:
    """With `--phase idle` a flag that is off is right; so it is compared with such runs."""
    assert previous_id(history, run_on(3, phase="idle"), run_on(1, phase="idle"), run_on(2)) == 1


@pytest.mark.parametrize("part", [{"limit": "ex01"}, {"controls": "KB1"}], ids=["limit", "control"])
def test_a_whole_run_is_compared_with_a_whole_one(history: History, part: dict[str, str]) -> None:
    """A part of one came later, even if it asked everything."""
    assert previous_id(history, run_on(3, BOTH), run_on(1, BOTH), run_on(2, BOTH, **part)) == 1


def test_a_part_is_compared_with_the_last_that_asked_it(history: History) -> None:
    """Whole or not; one that asked other servers or fewer controls says too little."""
    earlier = [
        run_on(1, BOTH),
        run_on(2, {"ex01": ".F"}, limit="ex01"),
        run_on(3, {"ex02": ".F"}, limit="ex02"),
        run_on(4, {"ex01": "."}, limit="ex01", controls="KB1-1"),
    ]

    assert previous_id(history, run_on(5, {"ex01": ".F"}, limit="ex01"), *earlier) == 2
    assert previous_id(history, run_on(5, {"ex01": "F"}, controls="KB1-1")) == 4
    assert previous_id(history, run_on(5, BOTH, limit="ex*")) == 1


def test_a_part_that_nobody_has_asked_is_compared_with_the_last_whole_run(history: History) -> None:
    """A new server: what the earlier run does not know is new."""
    assert previous_id(history, run_on(3, {"ex09": "F"}, limit="ex09"), run_on(1), run_on(2, limit="ex01")) == 1


def test_where_there_is_no_whole_run_a_part_is_better_than_nothing(history: History) -> None:
    """The last one."""
    assert previous_id(history, run_on(3, BOTH), run_on(1, limit="ex01"), run_on(2, limit="ex01")) == 2


def test_a_new_server_does_not_hide_the_run_before(history: History) -> None:
    """A whole run of a fleet that has grown is compared with the last whole run."""
    assert previous_id(history, run_on(3, BOTH), run_on(1), run_on(2)) == 2
