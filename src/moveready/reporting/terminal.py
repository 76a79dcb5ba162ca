"""What the terminal shows: the header lines and the table. Pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from moveready.cleaning import cleaned
from moveready.evidence.cost import Cost
from moveready.reporting.table import NOT_ASKED, counts_line, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moveready.findings.outcomes import Run
    from moveready.reporting.table import Row, Table

SERVERS_IN_FULL = 20
"""A larger fleet has a row for every server that is not ready, and a line for the others of each group."""
_GAP = 2
_LEAST_FINDING = 10
_LONGEST_SEEN = 20
_LONGEST_WORD = len("passed")
_LETTERS = {"passed": ".", "fixed": "+", "failed": "F", "error": "E", "waived": "W", NOT_ASKED: NOT_ASKED}
"""Where the KBs do not fit with their names."""


def header_lines(run: Run) -> list[str]:
    """The organization, how many servers, from where; then the servers whose certificates are not checked."""
    servers = f"{len(run.servers)} server(s) of {run.organization}"
    lines = [f"moveready: {servers}, from {run.inventory}; all times are in UTC"]
    if run.unverified:
        more = len(run.unverified) - SERVERS_IN_FULL
        names = [*run.unverified[:SERVERS_IN_FULL], *([f"and {more} more"] if more > 0 else [])]
        lines.append(f"moveready: certificates are NOT verified: {', '.join(names)}")
    return [cleaned(line) for line in lines]


def table_text(run: Run, width: int) -> str:
    """The table as text of at most that many columns, what its columns are about, then lines that count."""
    table = table_of(run)
    shown, folded = _folded(table.rows)
    is_wide = _width_in_words(table) <= width
    drawn = _drawn(table, shown, is_wide)
    legend = "" if is_wide else f"{_legend(table.kbs, width)}\n"
    lines = "".join(f"{line}\n" for line in folded)
    titles = [textwrap.fill(title, width, subsequent_indent="  ") for title in table.legend]
    about = "".join(f"{line}\n" for line in ["", *titles]) if titles else ""
    counts = f"{counts_line(run, table.domain)}{_others(run)}"
    return f"{_printed(drawn, width)}\n{legend}{lines}{about}\n{counts}\n{_costs(run)}"


def _folded(rows: tuple[Row, ...]) -> tuple[tuple[Row, ...], list[str]]:
    """The rows that are shown, and a line for the ready servers of each group of a larger fleet."""
    if len(rows) <= SERVERS_IN_FULL:
        return rows, []
    ready = Counter(row.group for row in rows if row.is_ready)
    lines = [f"{group or 'in no group'}: {number} server(s) ready" for group, number in ready.items()]
    return tuple(row for row in rows if not row.is_ready), lines


def _width_in_words(table: Table) -> int:
    """How many columns the table takes where each KB has its name and its words, and the findings have their least."""
    server = max([len("server"), *(len(row.server) for row in table.rows)])
    kbs = sum(max(len(kb), _LONGEST_WORD) + _GAP for kb in table.kbs)
    return server + kbs + sum(_finding_widths(table.rows)) + 2 * _GAP


def _finding_widths(rows: Iterable[Row]) -> tuple[int, int]:
    """How wide the diagnosis and the next step must be, so that no word is broken; one that is no word may be."""
    findings = [finding for row in rows for finding in row.findings]
    texts = [finding.diagnosis for finding in findings], [finding.next_step for finding in findings]
    diagnosis, next_step = (
        max([_LEAST_FINDING, *(len(word) for text in own for word in text.split())]) for own in texts
    )
    return min(diagnosis, _LONGEST_SEEN), min(next_step, _LONGEST_SEEN)


def _drawn(table: Table, rows: tuple[Row, ...], is_wide: bool) -> RichTable:
    """A second finding of a server has a line of its own, without the server's name."""
    drawn = RichTable(box=None, pad_edge=False, padding=(0, _GAP if is_wide else 1, 0, 0))
    drawn.add_column("server", no_wrap=True, min_width=max([len("server"), *(len(row.server) for row in rows)]))
    for number, kb in enumerate(table.kbs, 1):
        name = kb if is_wide else str(number)
        drawn.add_column(Text(name), no_wrap=True, min_width=len(name))
    diagnosis, next_step = _finding_widths(rows)
    drawn.add_column("diagnosis", min_width=diagnosis)
    drawn.add_column("next step", min_width=next_step)
    for row in rows:
        results = row.results if is_wide else [_LETTERS[result] for result in row.results]
        first, *others = row.findings
        drawn.add_row(*map(Text, (row.server, *results, first.diagnosis, first.next_step)))
        for other in others:
            drawn.add_row(*map(Text, ("", *[""] * len(results), other.diagnosis, other.next_step)))
    return drawn


def _legend(kbs: tuple[str, ...], width: int) -> str:
    names = ", ".join(f"{number} {kb}" for number, kb in enumerate(kbs, 1))
    letters = ", ".join(f"{letter} {word}" for word, letter in _LETTERS.items() if word != NOT_ASKED)
    return textwrap.fill(f"{names}; {letters}, {NOT_ASKED} not asked", width, break_long_words=False)


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
