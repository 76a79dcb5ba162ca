"""A run's figures as Markdown, and a page with one part replaced. Pure; may import cases, results and budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.budgets import (
    LATENCY_MS,
    MANY,
    SERVERS,
    budget_of_start,
    budgets_of,
    budgets_of_growth,
    floor_of,
    slowness_of,
)
from benchmarks.cases import TRANSPORTS, Case, Contender
from benchmarks.results import NOT_MEASURED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.budgets import Budget
    from benchmarks.results import Report, Result

BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"

_COLUMNS = ("", "", "servers asked", "wall", "CPU", "peak memory", "logins", "round trips")
_PART_COLUMNS = ("servers", "start and end", "collecting", "asking", "judging", "reporting", "CPU a check")


def performance_markdown(report: Report) -> str:
    """The whole run: the machine, the budgets, a table for each case, and the parts of the suite's runs."""
    parts = [_machine(report), _budgets(report.results)]
    parts += [_case(results) for results in by_case(report.results)]
    parts.append(_parts([result for result in report.results if result.parts]))
    return "\n\n".join(filter(None, parts))


def with_part(page: str, part: str) -> str:
    """The page with this text between its two marks; raises `ValueError` if one of them is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{part}\n\n{END}{after}"


def by_case(results: Sequence[Result]) -> list[dict[Contender, Result]]:
    """The results of each fleet together, in the order of the run."""
    cases: dict[tuple[int, int, str], dict[Contender, Result]] = {}
    for result in results:
        cases.setdefault((result.servers, result.latency_ms, result.transport), {})[result.who] = result
    return list(cases.values())


def _machine(report: Report) -> str:
    rows = [("Day", report.day), *report.machine]
    return _table(("Machine", ""), rows)


def _case(results: dict[Contender, Result]) -> str:
    floor = results.get(Contender.FLOOR)
    shown = [result for who, result in results.items() if who is not Contender.COLLECT]
    first = shown[0]
    case = Case(first.servers, first.latency_ms, first.transport, ())
    rows = [_row(result, floor) for result in shown]
    parts = [f"#### {case.title}", *_floor_sentence(floor), _table(_COLUMNS, rows), *_remarks(shown)]
    return "\n\n".join(parts)


def _floor_sentence(floor: Result | None) -> Iterator[str]:
    if floor is not None:
        bound = floor_of(floor)
        yield (
            f"The floor is {_number(bound.seconds)} s: the longest chain of round trips waits"
            f" {_number(bound.chain_seconds)} s, the calls of pypsrp take {_number(bound.cpu_seconds)} s of CPU."
            " In brackets: wall against the floor, all else against (e)."
        )


def _row(result: Result, floor: Result | None) -> tuple[str, ...]:
    bound = floor_of(floor).seconds if floor else None
    return (
        f"({result.contender})",
        result.who.title,
        f"{result.asked:,}" if result.asked == result.servers else f"{result.asked:,}, drawn out",
        _figure(result.wall_seconds, bound, " s"),
        _figure(result.cpu_seconds, floor.cpu_seconds if floor else None, " s"),
        _figure(result.peak_mb, floor.peak_mb if floor else None, " MB"),
        _figure(result.logins, floor.logins if floor else None, ""),
        _figure(result.requests, floor.requests if floor else None, ""),
    )


def _figure(value: float | None, against: float | None, unit: str) -> str:
    """`12.3 s (1.4x)`."""
    if value is None:
        return "-"
    return f"{_number(value)}{unit} ({value / against:.2f}x)" if against else f"{_number(value)}{unit}"


def _number(value: float) -> str:
    """Three significant digits: `0.52`, `8.13`, `41.2`, `3,209`."""
    digits = 2 if value < 10 else 1 if value < 100 else 0  # noqa: PLR2004
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.{digits}f}"


def _remarks(results: Sequence[Result]) -> Iterator[str]:
    drawn = [result for result in results if result.asked < result.servers]
    if drawn:
        letters = ", ".join(f"({result.contender})" for result in drawn)
        yield (
            f"{letters} were run on two subsets of the fleet, the larger of {drawn[0].asked} servers, and drawn out in"
            f" a straight line, but for memory, which is that of {drawn[0].asked} servers."
        )
    if any(result.cpu_seconds is None for result in results):
        yield NOT_MEASURED


def _budgets(results: Sequence[Result]) -> str:
    """The budgets, if the fleets that they are about were measured."""
    case: dict[Contender, Result] = next((case for case in by_case(results) if _is_of_budgets(case)), {})
    found = budgets_of(case) + _growth(results)
    found += [
        budget_of_start(result, slowness_of(case))
        for result in results
        if (result.who, result.servers) == (Contender.COLLECT, MANY)
    ]
    if not found:
        return ""
    rows = [(budget.what, budget.target, budget.measured, _held(budget)) for budget in found]
    head = f"#### Budgets ({SERVERS} servers, {LATENCY_MS} ms a response, {TRANSPORTS[0].upper()})"
    return f"{head}\n\n{_table(('', 'budget', 'measured', ''), rows)}"


def _held(budget: Budget) -> str:
    return "held" if budget.holds else "**missed**"


def _is_of_budgets(case: dict[Contender, Result]) -> bool:
    any_result = next(iter(case.values()))
    return (any_result.servers, any_result.latency_ms, any_result.transport) == (SERVERS, LATENCY_MS, TRANSPORTS[0])


def _growth(results: Sequence[Result]) -> list[Budget]:
    sizes = {
        result.servers: result
        for result in results
        if result.who is Contender.SUITE and (result.latency_ms, result.transport) == (LATENCY_MS, TRANSPORTS[0])
    }
    return budgets_of_growth(sizes[min(sizes)], sizes[MANY]) if MANY in sizes and len(sizes) > 1 else []


def _parts(suites: Sequence[Result]) -> str:
    if not suites:
        return ""
    rows = [_part_row(suite) for suite in suites]
    remark = "`CPU a check` is that of collecting, judging and reporting together."
    return f"#### The parts of (a), wall seconds\n\n{_table(_PART_COLUMNS, rows)}\n\n{remark}"


def _part_row(suite: Result) -> tuple[str, ...]:
    walls = {part: wall for part, wall, _ in suite.parts}
    rest = suite.wall_seconds - sum(walls.values())
    spent = sum(cpu for part, _, cpu in suite.parts if part != "asking")
    fleet = f"{suite.servers:,} ({suite.latency_ms} ms, {suite.transport.upper()})"
    each = f"{spent / suite.checks * 1000:.2f} ms" if suite.checks else "-"
    return fleet, _number(rest), *(_number(walls.get(part, 0.0)) for part in _PART_COLUMNS[2:-1]), each


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)
