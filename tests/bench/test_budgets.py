"""The floor and the budgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.budgets import Budget, budgets_of, budgets_of_growth, floor_of
from benchmarks.cases import Contender
from benchmarks.results import Result

ResultOf = Callable[..., Result]


def found(budgets: list[Budget], start: str) -> tuple[str, bool]:
    """What was measured for the budget whose name starts so, and whether it holds."""
    (budget,) = [budget for budget in budgets if budget.what.startswith(start)]
    return budget.measured, budget.holds


@pytest.mark.parametrize(("cpu", "seconds"), [(1.0, 3.2), (7.5, 7.5)])
def test_the_floor_is_the_higher_bound(result_of: ResultOf, cpu: float, seconds: float) -> None:
    """200 visits of 16 round trips in 64 threads: four visits one after the other, 3.2 s at 50 ms; or the CPU."""
    floor = result_of(Contender.FLOOR, visit_requests=3200, work_cpu_seconds=cpu)

    assert floor_of(floor).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(("seconds", "told"), [(99.9, ("10.0x", False)), (100.0, ("10.0x", True))])
def test_ten_times_faster(result_of: ResultOf, seconds: float, told: tuple[str, bool]) -> None:
    """Than the loop, in the same run."""
    results = {
        Contender.SUITE: result_of(wall_seconds=10.0),
        Contender.SEQUENTIAL: result_of(Contender.SEQUENTIAL, wall_seconds=seconds),
    }

    assert found(budgets_of(results), "faster than (c)") == told


@pytest.mark.parametrize(("seconds", "told"), [(9.0, ("1.50x", True)), (9.6, ("1.60x", False))])
def test_near_the_floor(result_of: ResultOf, seconds: float, told: tuple[str, bool]) -> None:
    """At most one and a half times."""
    floor = result_of(Contender.FLOOR, work_cpu_seconds=6.0)
    results = {Contender.SUITE: result_of(wall_seconds=seconds), Contender.FLOOR: floor}

    assert found(budgets_of(results), "wall, against the floor") == told


def test_cpu_beyond_the_library(result_of: ResultOf) -> None:
    """4.2 s more than pypsrp alone over 200 servers is 21 ms a server: too much."""
    floor = result_of(Contender.FLOOR, cpu_seconds=6.0, work_cpu_seconds=6.0)
    results = {Contender.SUITE: result_of(cpu_seconds=10.2), Contender.FLOOR: floor}

    assert found(budgets_of(results), "CPU per server") == ("21.0 ms", False)


def test_what_was_not_measured_is_no_budget(result_of: ResultOf) -> None:
    """Without CPU times there is no line that could be read as held."""
    results = {
        Contender.SUITE: result_of(cpu_seconds=None),
        Contender.FLOOR: result_of(Contender.FLOOR, cpu_seconds=None, work_cpu_seconds=6.0),
    }

    assert not [budget for budget in budgets_of(results) if "CPU" in budget.what]
    assert budgets_of({}) == []


@pytest.mark.parametrize(("exchange", "windows", "holds"), [(1, 200, True), (2, 200, False), (1, 201, False)])
def test_logins_of_one_process(result_of: ResultOf, exchange: int, windows: int, holds: bool) -> None:
    """One Exchange session, and one login a server and channel."""
    suite = result_of(exchange_logins=exchange, windows_logins=windows, https_logins=200)

    assert found(budgets_of({Contender.SUITE: suite}), "logins of (a)")[1] is holds


def test_logins_of_two_workers(result_of: ResultOf) -> None:
    """One Exchange session a worker."""
    two = result_of(Contender.SUITE_ON_TWO, exchange_logins=2, windows_logins=200, https_logins=200)
    budgets = budgets_of({Contender.SUITE: result_of(), Contender.SUITE_ON_TWO: two})

    assert found(budgets, "logins of (b)") == ("2 + 200 + 200", True)


def test_no_shell_is_left(result_of: ResultOf) -> None:
    """A fast run that leaves its shells on the servers is no good."""
    assert found(budgets_of({Contender.SUITE: result_of(open_shells=3)}), "shells that (a)") == ("3", False)


def test_overhead_of_pytest_is_collecting_and_judging(result_of: ResultOf) -> None:
    """Asking is the network's, and the reports are ours."""
    parts = (("collecting", 9.0, 0.1), ("asking", 9.0, 9.0), ("judging", 9.0, 0.2), ("reporting", 9.0, 9.0))

    assert found(budgets_of({Contender.SUITE: result_of(checks=600, parts=parts)}), "pytest's") == ("0.50 ms", True)


@pytest.mark.parametrize(("judging", "holds"), [(1.19, True), (1.21, False)])
def test_milliseconds_are_those_of_the_reference(result_of: ResultOf, judging: float, holds: bool) -> None:
    """Where the bare calls take twice the CPU of the reference, a check may take 2 ms and the start-up 2 s."""
    results = {
        Contender.SUITE: result_of(checks=600, parts=(("judging", 9.0, judging),)),
        Contender.FLOOR: result_of(Contender.FLOOR, cpu_seconds=12.4, work_cpu_seconds=12.0),
        Contender.COLLECT: result_of(Contender.COLLECT, wall_seconds=judging * 5 / 3, checks=600),
    }
    budgets = budgets_of(results)

    assert found(budgets, "pytest's")[1] is holds
    assert found(budgets, "start-up")[1] is holds
    assert [budget.target for budget in budgets if "today 2.00" in budget.target] == [
        "at most 1 ms a check; today 2.00 ms",
        "under 1 s; today 2.00 s",
    ]


def test_start_up(result_of: ResultOf) -> None:
    """A second is too long."""
    collect = result_of(Contender.COLLECT, wall_seconds=1.0, checks=600)

    budgets = budgets_of({Contender.SUITE: result_of(), Contender.COLLECT: collect})
    assert found(budgets, "start-up") == ("1.00 s", False)


def test_growth(result_of: ResultOf) -> None:
    """Linear, and under 300 MB."""
    many = result_of(servers=5000, wall_seconds=300.0, peak_mb=299.0)
    budgets = budgets_of_growth(result_of(wall_seconds=10.0), many)

    assert [(budget.measured, budget.holds) for budget in budgets] == [("1.20x", False), ("299 MB", True)]


def test_growth_without_memory(result_of: ResultOf) -> None:
    """Where the system does not tell it."""
    assert len(budgets_of_growth(result_of(), result_of(servers=5000, peak_mb=None))) == 1
