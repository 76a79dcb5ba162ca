"""What we add to pytest-html's page is escaped, and needs no script."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moveready.evidence.cost import Cost
from moveready.findings.outcomes import Result
from moveready.reporting.html import HEADER_CELLS, row_cells, table_html, with_anchor

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = "<img src=x onerror=alert(1)>"


def test_row_has_our_columns(outcome: Callable[..., Any]) -> None:
    """Server, control, severity and site, each on one line, as pytest-html sorts by that form."""
    assert row_cells(outcome(), "x::y", {"ex01.contoso.com": "Frankfurt"}) == [
        '<td class="col-server">ex01.contoso.com</td>',
        '<td class="col-control">KB1-1 The flag is on</td>',
        '<td class="col-severity">high</td>',
        '<td class="col-site">Frankfurt</td>',
    ]


def test_every_column_has_a_header() -> None:
    """In the same order."""
    assert ["Server" in HEADER_CELLS[0], "Site" in HEADER_CELLS[3], len(HEADER_CELLS)] == [True, True, 4]


def test_plain_test_has_its_node_id() -> None:
    """The columns keep their places."""
    assert row_cells(None, "x::<y>", {}) == [
        '<td class="col-server"></td>',
        '<td class="col-control">x::&lt;y&gt;</td>',
        '<td class="col-severity"></td>',
        '<td class="col-site"></td>',
    ]


def test_row_of_the_table_leads_to_its_text(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Of a server that has one; the cell has the id that the link names."""
    page = table_html(run_of(outcome("KB1-1", Result.FAILED), outcome("KB1-1", server="ex02.contoso.com")))

    assert '<th scope="row"><a href="#server-ex01.contoso.com">ex01</a></th>' in page
    assert '<th scope="row">ex02</th>' in page
    assert with_anchor("<td>ex01</td>", "ex01.contoso.com") == '<td id="server-ex01.contoso.com">ex01</td>'


def test_cells_are_escaped(outcome: Callable[..., Any]) -> None:
    """pytest-html inserts them as they are."""
    cells = row_cells(outcome(title=EVIL), "x::y", {"ex01.contoso.com": EVIL})

    assert not any("<img" in cell for cell in cells)


def test_site_may_be_missing(outcome: Callable[..., Any]) -> None:
    """An empty cell, not the word None."""
    assert row_cells(outcome(), "x::y", {"ex01.contoso.com": None})[3] == '<td class="col-site"></td>'


def test_table_shows_every_server(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """With the class of each result, for its colour; the words stand there, too."""
    page = table_html(run_of(outcome("KB1-1", Result.FAILED), outcome("KB1-2")))

    assert '<th scope="row"><a href="#server-ex01.contoso.com">ex01</a></th>' in page
    assert '<td class="failed">failed</td>' in page
    assert "stale (a note)" in page
    assert "<script" not in page


def test_table_is_escaped(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Whatever an inventory or a server says stays text."""
    assert "<img" not in table_html(run_of(outcome(f"KB{EVIL}-1")))


def test_table_warns_of_unchecked_certificates(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """On top of the page."""
    assert "Certificates were NOT verified: ex01.contoso.com" in table_html(run_of(outcome(), verified=False))
    assert "not verified" not in table_html(run_of(outcome()))


def test_costs_are_told_by_server(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Folded away below the table; nothing where nothing was asked."""
    run = run_of(outcome())
    page = table_html(replace(run, costs={"ex01.contoso.com": Cost(2, 16, 4000, 6000, 0.5)}))

    assert "<summary>What the run cost the servers: 2 sessions, 16 requests" in page
    assert '<th scope="row">in all</th><td>2</td><td>16</td>' in page
    assert "cost the servers" not in table_html(run)


def test_incomplete_run_is_marked_on_top(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Before the table; what is complete says nothing."""
    run = run_of(outcome())
    marked = table_html(replace(run, complete=False, incomplete="stopped & gone"))

    assert marked.index("Incomplete: stopped &amp; gone") < marked.index("<table")
    assert "Incomplete" not in table_html(run)
