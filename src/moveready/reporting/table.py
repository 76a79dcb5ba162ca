"""The tables: a row a server with a column a KB, worst servers first, and what each server was asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.evidence.cost import Cost
from moveready.findings.controls import kb_of
from moveready.findings.kb import kb_named
from moveready.findings.outcomes import Result
from moveready.findings.standing import standings_of, worst_first
from moveready.findings.verdicts import Standing, not_diagnosed

if TYPE_CHECKING:
    from moveready.findings.outcomes import CheckedServer, Outcome, Run
    from moveready.findings.standing import ServerStanding
    from moveready.findings.verdicts import Verdict

NOT_ASKED = "-"
_WORST_WORD_FIRST = ("failed", "error", "waived", "fixed", "passed")
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
    """The KBs that were asked, what each is about where that is known, and a row for every server that was checked."""

    domain: str
    kbs: tuple[str, ...]
    legend: tuple[str, ...]
    rows: tuple[Row, ...]


def table_of(run: Run) -> Table:
    """The table of a run: servers that are not ready first, then those that are unknown, each in the inventory's order.

    A domain that all of them share is told once.
    """
    kbs = tuple(sorted({kb_of(outcome.control) for outcome in run.outcomes}))
    domain = shared_domain(run)
    known = [kb for kb in map(kb_named, kbs) if kb]
    return Table(
        domain,
        kbs,
        tuple(f"{kb.id}: {kb.title}" for kb in known),
        tuple(_row_of(one, kbs, domain) for one in worst_first(standings_of(run))),
    )


def shared_domain(run: Run) -> str:
    """The domain of all servers of the run, or "" where they have several."""
    domains = {server.name.partition(".")[2] for server in run.servers}
    return domains.pop() if len(domains) == 1 else ""


def short_name(server: str, domain: str) -> str:
    """The name of a server without the domain that all servers share; "" leaves it whole."""
    return server.removesuffix(f".{domain}") if domain else server


def costs_of(run: Run) -> tuple[CostRow, ...]:
    """What the run cost: the organization's directory and each server by name, then all together; empty for nothing."""
    rows = [_cost_row(name, cost) for name, cost in run.costs.items()]
    return (*rows, _cost_row("in all", sum(run.costs.values(), Cost()))) if rows else ()


def counts_line(run: Run, domain: str) -> str:
    """How many controls ended how, on how many servers."""
    of_domain = f" of {domain}" if domain else ""
    counted = [(result, run.count(result)) for result in Result]
    named = ", ".join(f"{number} {result.value}" for result, number in counted if number or result is not Result.WAIVED)
    return f"{len(run.outcomes)} controls on {len(run.by_server())} server(s){of_domain}: {named}"


def _row_of(one: ServerStanding, kbs: tuple[str, ...], domain: str) -> Row:
    server = one.server
    words: dict[str, list[str]] = {}
    for outcome in one.outcomes:
        words.setdefault(kb_of(outcome.control), []).append(outcome.word)
    return Row(
        server=short_name(server.name, domain),
        group=server.group or "",
        results=tuple(min(words[kb], key=_WORST_WORD_FIRST.index) if kb in words else NOT_ASKED for kb in kbs),
        findings=_findings_on(one),
        is_ready=one.standing is Standing.READY,
    )


def _findings_on(one: ServerStanding) -> tuple[RowFinding, ...]:
    """Of each KB that is not content; two that say the same say it once. A note may quote the server."""
    server = one.server
    known = [*server.verdicts] or [_worst_on(server)]
    bad = [verdict for verdict in known if verdict.standing is not Standing.READY]
    in_order = sorted(bad, key=lambda verdict: verdict.standing.rank)
    found = [RowFinding(cleaned(verdict.description), _next_step_of(verdict, one)) for verdict in in_order]
    found += _without_verdict(one) if server.verdicts else ()
    worst = _worst_on(server)
    return tuple(dict.fromkeys(found)) or (RowFinding(cleaned(worst.description), worst.next_step),)


def _next_step_of(verdict: Verdict, one: ServerStanding) -> str:
    """The verdict's own; where every finding of its KB is waived, until when."""
    of_kb = [outcome for outcome in one.outcomes if kb_of(outcome.control) == verdict.kb]
    waived = [outcome.waiver for outcome in of_kb if outcome.result is Result.WAIVED and outcome.waiver]
    if not waived or any(outcome.result is Result.FAILED for outcome in of_kb):
        return verdict.next_step
    return f"waived until {min(waiver.until for waiver in waived)}"


def _without_verdict(one: ServerStanding) -> list[RowFinding]:
    """Findings of controls whose KB has come to no verdict, by the title of the control."""
    concluded = {verdict.kb for verdict in one.server.verdicts}
    return [
        RowFinding(cleaned(outcome.title), _step_of_outcome(outcome))
        for outcome in (*one.having(Result.FAILED), *one.having(Result.WAIVED))
        if kb_of(outcome.control) not in concluded
    ]


def _step_of_outcome(outcome: Outcome) -> str:
    return (
        f"waived until {outcome.waiver.until}" if outcome.waiver and outcome.result is Result.WAIVED else "see its text"
    )


def _worst_on(server: CheckedServer) -> Verdict:
    return server.diagnosis or not_diagnosed("", server.name)


def _cost_row(name: str, cost: Cost) -> CostRow:
    kilobytes = (cost.bytes_sent + cost.bytes_received) / 1000
    return CostRow(name, f"{cost.sessions:,}", f"{cost.requests:,}", f"{kilobytes:,.0f}", f"{cost.seconds:,.1f}")
