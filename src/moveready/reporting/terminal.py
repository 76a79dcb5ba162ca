"""What the terminal shows: the header lines and the table. Pure. May import outcomes and the table."""

from __future__ import annotations

from collections import Counter
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from moveready.cleaning import cleaned
from moveready.cost import Cost
from moveready.findings.outcomes import Result
from moveready.reporting.table import short_ids, table_of

if TYPE_CHECKING:
    from moveready.findings.outcomes import Run


def header_lines(run: Run) -> list[str]:
    """The organization, how many servers, from where; then the servers whose certificates are not checked."""
    servers = f"{len(run.servers)} server(s) of {run.organization}"
    lines = [f"moveready: {servers}, from {run.inventory}; all times are in UTC"]
    unverified = [server.name for server in run.servers if not server.verified]
    if unverified:
        lines.append(f"moveready: certificates are NOT verified: {', '.join(unverified)}")
    return [cleaned(line) for line in lines]


def table_text(run: Run, width: int) -> str:
    """The table as text of at most that many columns, then lines that count; an incomplete run is marked."""
    table = table_of(run)
    drawn = RichTable(box=None, pad_edge=False)
    drawn.add_column("server", no_wrap=True)
    for control in short_ids(table.controls):
        drawn.add_column(control, no_wrap=True)
    drawn.add_column("diagnosis")
    drawn.add_column("next step", min_width=10)
    for row in table.rows:
        drawn.add_row(*map(Text, (row.server, *row.results, row.diagnosis, row.next_step)))
    incomplete = "" if run.complete else f"INCOMPLETE: {run.incomplete}\n"
    return f"{_printed(drawn, width)}\n\n{incomplete}{_counts(run, table.domain)}\n{_costs(run)}"


def _counts(run: Run, domain: str) -> str:
    of_domain = f" of {domain}" if domain else ""
    named = ", ".join(f"{run.count(result)} {result.value}" for result in Result)
    return f"{len(run.outcomes)} controls on {len(run.by_server())} server(s){of_domain}: {named}{_others(run)}"


def _others(run: Run) -> str:
    """What pytest counts besides, so that its own line agrees."""
    counted = Counter(test.result for test in run.plain_tests)
    named = ", ".join(f"{number} {result}" for result, number in sorted(counted.items()))
    return f"\n{counted.total()} other test(s): {named}" if counted else ""


def _costs(run: Run) -> str:
    """What the checks cost production."""
    cost = sum(run.costs.values(), Cost())
    size = (cost.bytes_sent + cost.bytes_received) / 1_000_000
    asked = f"{cost.sessions} sessions, {cost.requests} requests, {size:.1f} MB"
    return f"Cost: {asked}, {cost.seconds:.1f} s of servers' time"


def _printed(table: RichTable, width: int) -> str:
    paper = StringIO()
    Console(file=paper, width=width, color_system=None, legacy_windows=False).print(table)
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines())
