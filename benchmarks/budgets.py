"""The floor of a case and the budgets, each with its measured value. Pure; may import cases and results.

The floor is `max(longest chain of round trips x latency, CPU of the same pypsrp calls without pytest)`: no way of
asking with so many threads in one process can be faster. The longest chain is that of one thread: a visit's round
trips, for as many visits as a thread gets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.cases import Contender

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.results import Result

THREADS = 64
"""Threads of the floor; the suite's default concurrency is the same."""

LATENCY_MS, SERVERS, MANY = 50, 200, 5000
"""The fleets that the budgets are about."""


REFERENCE_MS = 31.0
"""CPU of row (e) for each of `SERVERS` on the day when the budgets in milliseconds were set (ADR 0020)."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The two bounds of a case in seconds; `cpu_seconds` is process time, the imports not counted."""

    chain_seconds: float
    cpu_seconds: float

    @property
    def seconds(self) -> float:
        """The higher of the two."""
        return max(self.chain_seconds, self.cpu_seconds)


@dataclass(frozen=True, slots=True)
class Budget:
    """One promise: its subject, its limit, what was measured, and whether the promise is kept."""

    what: str
    target: str
    measured: str
    holds: bool


def floor_of(floor: Result) -> Floor:
    """The floor, from the result of contender (e)."""
    visits = math.ceil(floor.servers / THREADS)
    chain = visits * floor.visit_requests / floor.servers * floor.latency_ms / 1000
    return Floor(chain, floor.work_cpu_seconds or 0.0)


def budgets_of(results: Mapping[Contender, Result]) -> list[Budget]:
    """The budgets of one fleet, for those contenders that have run."""
    suite = results.get(Contender.SUITE)
    return (
        [] if suite is None else [*_of_time(suite, results), *_of_logins(suite, results), *_of_pytest(suite, results)]
    )


def _of_time(suite: Result, results: Mapping[Contender, Result]) -> Iterator[Budget]:
    for contender in (Contender.SEQUENTIAL, Contender.ONE_THREAD):
        if contender in results:
            faster = results[contender].wall_seconds / suite.wall_seconds
            yield Budget(f"faster than ({contender.value})", "at least 10x", f"{faster:.1f}x", faster >= 10)  # noqa: PLR2004
    if floor := results.get(Contender.FLOOR):
        ratio = suite.wall_seconds / floor_of(floor).seconds
        yield Budget("wall, against the floor", "at most 1.5x", f"{ratio:.2f}x", ratio <= 1.5)  # noqa: PLR2004
        if suite.cpu_seconds is not None and floor.cpu_seconds is not None:
            beyond = (suite.cpu_seconds - floor.cpu_seconds) / suite.servers * 1000
            what = "CPU per server beyond that of (e), start-up and reports included"
            yield Budget(what, "at most 20 ms", f"{beyond:.1f} ms", beyond <= 20)  # noqa: PLR2004


def _of_logins(suite: Result, results: Mapping[Contender, Result]) -> Iterator[Budget]:
    for result, workers in ((suite, 1), (results.get(Contender.SUITE_ON_TWO), 2)):
        if result is None:
            continue
        counted = (result.exchange_logins, result.windows_logins, result.https_logins)
        wanted = (workers, result.servers, result.servers)
        yield Budget(
            f"logins of ({result.contender}): Exchange, WinRM, HTTPS",
            " + ".join(f"{number:,}" for number in wanted),
            " + ".join(f"{number:,.0f}" for number in counted),
            all(have <= want for have, want in zip(counted, wanted, strict=True)),
        )
        left = result.open_shells
        yield Budget(f"shells that ({result.contender}) leaves on the servers", "0", f"{left}", left == 0)


def slowness_of(results: Mapping[Contender, Result]) -> float:
    """How many times the reference's CPU the bare pypsrp calls of (e) take today; 1.0 where that was not measured."""
    floor = results.get(Contender.FLOOR)
    if floor is None or floor.cpu_seconds is None:
        return 1.0
    return floor.cpu_seconds / floor.servers * 1000 / REFERENCE_MS


def _of_pytest(suite: Result, results: Mapping[Contender, Result]) -> Iterator[Budget]:
    slowness = slowness_of(results)
    spent = sum(cpu for part, _, cpu in suite.parts if part in ("collecting", "judging"))
    if spent and suite.checks:
        each = spent / suite.checks * 1000
        target = f"at most 1 ms a check; today {slowness:.2f} ms"
        yield Budget("pytest's overhead, collecting and judging", target, f"{each:.2f} ms", each <= slowness)
    if collect := results.get(Contender.COLLECT):
        yield budget_of_start(collect, slowness)


def budget_of_start(collect: Result, slowness: float) -> Budget:
    """The budget of the start-up, including pytest's own start and collection, which every suite needs."""
    what = f"start-up: `pytest --collect-only`, {collect.checks:,} checks"
    target = f"under 1 s; today {slowness:.2f} s"
    return Budget(what, target, f"{collect.wall_seconds:.2f} s", collect.wall_seconds < slowness)


def budgets_of_growth(few: Result, many: Result) -> list[Budget]:
    """The budgets of the largest fleet: `few` and `many` are the suite on two sizes."""
    more = many.wall_seconds / many.servers / (few.wall_seconds / few.servers)
    growth = f"{few.servers:,} to {many.servers:,} servers, seconds a server"
    budgets = [Budget(growth, "at most 1.1x", f"{more:.2f}x", more <= 1.1)]  # noqa: PLR2004 - linear, measured
    if many.peak_mb is not None:
        what = f"memory of one process, {many.servers:,} servers"
        budgets.append(Budget(what, "under 300 MB", f"{many.peak_mb:.0f} MB", many.peak_mb < 300))  # noqa: PLR2004
    return budgets
