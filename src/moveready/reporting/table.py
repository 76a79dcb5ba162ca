"""The tables: a row a server with its controls, and what each server was asked. Pure. May import outcomes, cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.cost import Cost
from moveready.findings.verdicts import not_diagnosed

if TYPE_CHECKING:
    from moveready.findings.outcomes import CheckedServer, Outcome, Run

NOT_ASKED = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """One server: how each control ended on it (or `-`), the diagnosis and the next step in words."""

    server: str
    results: tuple[str, ...]
    diagnosis: str
    next_step: str


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one server was asked, in words that fit a table."""

    name: str
    sessions: str
    requests: str
    kilobytes: str
    seconds: str


@dataclass(frozen=True, slots=True)
class Table:
    """The controls that ran, by id, and a row for every server that was checked."""

    domain: str
    controls: tuple[str, ...]
    rows: tuple[Row, ...]


def table_of(run: Run) -> Table:
    """The table of a run, servers in the inventory's order. A domain that all of them share is told once."""
    controls = tuple(sorted({outcome.control for outcome in run.outcomes}))
    domain = _shared_domain([server.name for server in run.servers])
    outcomes = run.by_server()
    rows = tuple(
        _row_of(server, outcomes[server.name], controls, domain) for server in run.servers if server.name in outcomes
    )
    return Table(domain, controls, rows)


def costs_of(run: Run) -> tuple[CostRow, ...]:
    """What the run cost: the organization's directory and each server by name, then all together; empty for nothing."""
    rows = [_cost_row(name, cost) for name, cost in run.costs.items()]
    return (*rows, _cost_row("in all", sum(run.costs.values(), Cost()))) if rows else ()


def short_ids(controls: tuple[str, ...]) -> tuple[str, ...]:
    """`-1`, `-2`, ... where all controls are of one KB; their whole ids otherwise."""
    articles = {control.rpartition("-")[0] for control in controls}
    return tuple("-" + control.rpartition("-")[2] for control in controls) if len(articles) == 1 else controls


def _row_of(server: CheckedServer, outcomes: list[Outcome], controls: tuple[str, ...], domain: str) -> Row:
    results = {outcome.control: outcome.told for outcome in outcomes}
    verdict = server.diagnosis or not_diagnosed("", server.name)
    return Row(
        server=server.name.removesuffix(f".{domain}") if domain else server.name,
        results=tuple(results.get(control, NOT_ASKED) for control in controls),
        # A note may quote the server.
        diagnosis=cleaned(verdict.description),
        next_step=verdict.next_step,
    )


def _cost_row(name: str, cost: Cost) -> CostRow:
    kilobytes = (cost.bytes_sent + cost.bytes_received) / 1000
    return CostRow(name, f"{cost.sessions:,}", f"{cost.requests:,}", f"{kilobytes:,.0f}", f"{cost.seconds:,.1f}")


def _shared_domain(names: list[str]) -> str:
    domains = {name.partition(".")[2] for name in names}
    return domains.pop() if len(domains) == 1 else ""
