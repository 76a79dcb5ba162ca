"""What we add to pytest-html's page: the table on top, and four columns. Pure.

pytest-html inserts cells as they are, so everything is escaped here.
"""

from __future__ import annotations

import functools
from html import escape
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from moveready.cleaning import cleaned
from moveready.reporting.table import costs_of, table_of

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
    return (
        _templates()
        .get_template("servers.html.j2")
        .render(
            run=run,
            table=table,
            titles=sorted({f"{outcome.control} {outcome.title}" for outcome in run.outcomes}),
            costs=costs_of(run),
            lists_all=lists_all(len(run.servers)),
            unverified=[server.name for server in run.servers if not server.verified],
        )
    )


def lists_all(servers: int) -> bool:
    """Whether the page of such a fleet has a row for every test."""
    return servers <= PAGE_SERVERS


def row_cells(outcome: Outcome | None, sites: Mapping[str, str | None]) -> list[str]:
    """The four cells of a row, empty for a plain test; `sites` has the site of each server.

    Each is on one line, as pytest-html sorts by that form.
    """
    if outcome is None:
        return [_cell(name, "") for name in _COLUMNS]
    site = sites.get(outcome.server) or ""
    values = (outcome.server, f"{outcome.control} {outcome.title}", outcome.severity.value, site)
    return [_cell(name, value) for name, value in zip(_COLUMNS, values, strict=True)]


def _cell(name: str, value: str) -> str:
    return f'<td class="col-{name.lower()}">{escape(cleaned(value))}</td>'


@functools.cache
def _templates() -> Environment:
    loader = PackageLoader("moveready.reporting")
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: cleaned(value) if isinstance(value, str) else value,
    )
