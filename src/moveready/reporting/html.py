"""What we add to pytest-html's page: the table on top, and four columns. Pure.

pytest-html inserts cells as they are, so everything is escaped here.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.findings.outcomes import Result
from moveready.reporting.table import costs_of, counts_line, short_name, table_of
from moveready.reporting.templates import template_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moveready.findings.outcomes import Outcome, Run

_COLUMNS = ("Server", "Control", "Severity", "Site")
HEADER_CELLS = [f'<th class="sortable" data-column-type="{name.lower()}">{name}</th>' for name in _COLUMNS]

PAGE_SERVERS = 500
"""Fleets with more servers get rows only for what did not pass: 15,000 rows are 20 MB that no browser likes."""


def table_html(run: Run) -> str:
    """The table of servers as a fragment of HTML; it needs no script to be read."""
    table = table_of(run)
    return template_named("servers.html.j2").render(
        run=run,
        table=table,
        counts=counts_line(run, table.domain),
        titles=sorted({f"{outcome.control} {outcome.title}" for outcome in run.outcomes}),
        costs=costs_of(run),
        lists_all=lists_all(len(run.servers)),
        unverified=run.unverified,
        anchors=_anchors(run, table.domain),
    )


def lists_all(servers: int) -> bool:
    """Whether the page of such a fleet has a row for every test."""
    return servers <= PAGE_SERVERS


def row_cells(outcome: Outcome | None, nodeid: str, sites: Mapping[str, str | None]) -> list[str]:
    """The four cells of a row; of a plain test its node id alone. `sites` has the site of each server.

    Each is on one line, as pytest-html sorts by that form.
    """
    values = ("", nodeid, "", "")
    if outcome is not None:
        site = sites.get(outcome.server) or ""
        values = (outcome.server, f"{outcome.control} {outcome.title}", outcome.severity.value, site)
    return [_cell(name, value) for name, value in zip(_COLUMNS, values, strict=True)]


def duration_cell(outcome: Outcome) -> str:
    """How long its questions took: the test itself has only looked at their answers."""
    return f'<td class="col-duration">{outcome.seconds:.1f} s</td>'


def with_anchor(cell: str, server: str) -> str:
    """The cell as the place to which the table's row of this server leads."""
    return cell.replace(">", f' id="{escape(anchor_of(server))}">', 1)


def anchor_of(server: str) -> str:
    """The id of the first row of a server that did not pass."""
    return f"server-{server}"


def _anchors(run: Run, domain: str) -> dict[str, str]:
    """Where the table's row of a server leads, by its name in the table; none for a server without a text."""
    return {
        short_name(outcome.server, domain): anchor_of(outcome.server)
        for outcome in run.outcomes
        if outcome.result is not Result.PASSED
    }


def _cell(name: str, value: str) -> str:
    return f'<td class="col-{name.lower()}">{escape(cleaned(value))}</td>'
