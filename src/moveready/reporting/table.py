"""The tables: a row a server with a column a KB, worst servers first, and what each server was asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.evidence.cost import Cost
from moveready.findings.controls import kb_of
from moveready.findings.verdicts import WORST_FIRST, Standing, not_diagnosed

if TYPE_CHECKING:
    from moveready.findings.outcomes import CheckedServer, Outcome, Run
    from moveready.findings.verdicts import Verdict

NOT_ASKED = "-"
_WORST_WORD_FIRST = ("failed", "error", "fixed", "passed")
"""What an outcome is called, as reports tell it."""


@dataclass(frozen=True, slots=True)
class RowFinding:
    """What one KB concludes, in words: the diagnosis and the next step."""

    diagnosis: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Row:
    """One server.

    Attributes:
        results: How each KB ended on it, the worst of its controls; `-` where it was not asked.
        findings: What is the matter, the worst first; of a server that is fine, that it is.
        is_ready: Whether nothing is the matter.
    """

    server: str
    group: str
    results: tuple[str, ...]
    findings: tuple[RowFinding, ...]
    is_ready: bool


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
    """The KBs that were asked, and a row for every server that was checked."""

    domain: str
    kbs: tuple[str, ...]
    rows: tuple[Row, ...]


def table_of(run: Run) -> Table:
    """The table of a run: servers that are not ready first, then those that are unknown, each in the inventory's order.

    A domain that all of them share is told once.
    """
    kbs = tuple(sorted({kb_of(outcome.control) for outcome in run.outcomes}))
    domain = _shared_domain([server.name for server in run.servers])
    outcomes = run.by_server()
    checked = [server for server in run.servers if server.name in outcomes]
    worst_first = sorted(checked, key=lambda server: WORST_FIRST.index(_worst_on(server).standing))
    return Table(domain, kbs, tuple(_row_of(server, outcomes[server.name], kbs, domain) for server in worst_first))


def costs_of(run: Run) -> tuple[CostRow, ...]:
    """What the run cost: the organization's directory and each server by name, then all together; empty for nothing."""
    rows = [_cost_row(name, cost) for name, cost in run.costs.items()]
    return (*rows, _cost_row("in all", sum(run.costs.values(), Cost()))) if rows else ()


def _row_of(server: CheckedServer, outcomes: list[Outcome], kbs: tuple[str, ...], domain: str) -> Row:
    words: dict[str, list[str]] = {}
    for outcome in outcomes:
        words.setdefault(kb_of(outcome.control), []).append(outcome.word)
    return Row(
        server=server.name.removesuffix(f".{domain}") if domain else server.name,
        group=server.group or "",
        results=tuple(min(words[kb], key=_WORST_WORD_FIRST.index) if kb in words else NOT_ASKED for kb in kbs),
        findings=_findings_on(server),
        is_ready=_worst_on(server).standing is Standing.READY,
    )


def _findings_on(server: CheckedServer) -> tuple[RowFinding, ...]:
    """Of each KB that is not content; two that say the same say it once. A note may quote the server."""
    known = [*server.verdicts] or [_worst_on(server)]
    bad = [verdict for verdict in known if verdict.standing is not Standing.READY] or [_worst_on(server)]
    in_order = sorted(bad, key=lambda verdict: WORST_FIRST.index(verdict.standing))
    found = (RowFinding(cleaned(verdict.description), verdict.next_step) for verdict in in_order)
    return tuple(dict.fromkeys(found))


def _worst_on(server: CheckedServer) -> Verdict:
    return server.diagnosis or not_diagnosed("", server.name)


def _cost_row(name: str, cost: Cost) -> CostRow:
    kilobytes = (cost.bytes_sent + cost.bytes_received) / 1000
    return CostRow(name, f"{cost.sessions:,}", f"{cost.requests:,}", f"{kilobytes:,.0f}", f"{cost.seconds:,.1f}")


def _shared_domain(names: list[str]) -> str:
    domains = {name.partition(".")[2] for name in names}
    return domains.pop() if len(domains) == 1 else ""
