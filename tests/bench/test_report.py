"""The tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.cases import Contender
from benchmarks.report import BEGIN, END, by_case, performance_markdown, with_part
from benchmarks.results import NOT_MEASURED, Report, Result

ResultOf = Callable[..., Result]


def told(*results: Result) -> str:
    """The Markdown of a run."""
    return performance_markdown(Report("2026-03-02", (("Python", "3.13"),), results))


def line(text: str, start: str) -> str:
    """The one line that starts so."""
    (found,) = [line for line in text.splitlines() if line.startswith(start)]
    return found


def test_every_figure_is_set_against_the_floor(result_of: ResultOf) -> None:
    """Wall against the floor itself (its CPU, 5 s), all else against the contender that is as bare."""
    floor = result_of(Contender.FLOOR, wall_seconds=6.0, cpu_seconds=4.0, work_cpu_seconds=5.0, windows_logins=200)
    suite = result_of(wall_seconds=7.5, cpu_seconds=8.0, peak_mb=150.0, windows_logins=400)

    assert line(told(suite, floor), "| (a)").endswith(
        "| 200 | 7.50 s (1.50x) | 8 s (2.00x) | 150 MB (1.50x) | 400 (2.00x) | 0 |"
    )


def test_what_was_drawn_out_says_so(result_of: ResultOf) -> None:
    """In its row, and below the table with the size of the subset."""
    text = told(result_of(), result_of(Contender.SEQUENTIAL, asked=20, wall_seconds=401.0))

    assert "| 20, drawn out | 401 s |" in text
    assert "(c) were run on two subsets of the fleet, the larger of 20 servers" in text
    assert "drawn out in a straight line" not in told(result_of())


def test_what_was_not_measured_says_why(result_of: ResultOf) -> None:
    """Windows has no account of a process and its children."""
    text = told(result_of(cpu_seconds=None, peak_mb=None))

    assert "| 10 s | - | - |" in text
    assert NOT_MEASURED in text


def test_machine_is_told(result_of: ResultOf) -> None:
    """No figure without it."""
    assert "| Python | 3.13 |" in told(result_of())


@pytest.mark.parametrize(("servers", "there"), [(200, True), (20, False)])
def test_budgets_are_told_of_their_fleet_only(result_of: ResultOf, servers: int, there: bool) -> None:
    """They are promises about 200 servers."""
    assert ("#### Budgets" in told(result_of(servers=servers, open_shells=1))) is there


def test_missed_budgets_stand_out(result_of: ResultOf) -> None:
    """Nobody should have to compare."""
    assert line(told(result_of(open_shells=1)), "| shells").endswith("| 0 | 1 | **missed** |")


def test_growth_is_a_budget_once_5000_were_asked(result_of: ResultOf) -> None:
    """Between the smallest fleet and that one."""
    text = told(result_of(), result_of(servers=5000))

    assert line(text, "| 200 to 5,000").endswith("| at most 1.1x | 1.00x | held |")


def test_collecting_is_no_row(result_of: ResultOf) -> None:
    """It asks nothing, so it stands among the budgets only."""
    text = told(result_of(), result_of(Contender.COLLECT, wall_seconds=0.8, checks=600))

    assert ("| (g)" in text, "600 checks | under 1 s; today 1.00 s | 0.80 s | held" in text) == (False, True)


def test_parts_of_the_suite(result_of: ResultOf) -> None:
    """What is left of its wall is the start and the end; a check's CPU is all but the asking."""
    parts = (("collecting", 0.1, 0.1), ("asking", 7.0, 6.0), ("judging", 0.4, 0.4), ("reporting", 0.5, 0.5))
    text = told(result_of(wall_seconds=9.0, checks=500, parts=parts))

    assert line(text, "| 200 (50 ms").endswith("| 1 | 0.10 | 7 | 0.40 | 0.50 | 2.00 ms |")


def test_results_stand_by_fleet(result_of: ResultOf) -> None:
    """Size, latency and transport make a table."""
    results = [result_of(), result_of(Contender.FLOOR), result_of(transport="tls"), result_of(servers=1000)]

    assert [len(case) for case in by_case(results)] == [2, 1, 1]


def test_a_page_keeps_what_is_not_measured() -> None:
    """Only what stands between the marks is replaced, as often as one likes."""
    page = f"# Performance\n\n{BEGIN}\n\nold\n\n{END}\n\nWords.\n"
    once = with_part(page, "new")

    assert once == f"# Performance\n\n{BEGIN}\n\nnew\n\n{END}\n\nWords.\n"
    assert with_part(once, "new") == once


@pytest.mark.parametrize("page", ["", BEGIN, END])
def test_a_page_without_both_marks_is_left_alone(page: str) -> None:
    """Rather than written over."""
    with pytest.raises(ValueError, match="the page has no"):
        with_part(page, "new")
