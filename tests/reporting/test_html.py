"""What we add to pytest-html's page is escaped, and needs no script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.outcomes import Result
from moveready.recording import ATTRIBUTE, CheckPlace, carried_by
from moveready.reporting.html import HEADER_CELLS, row_cells, table_html

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = "<img src=x onerror=alert(1)>"


def report(**given: Any) -> Any:
    """A report of pytest."""
    return pytest.TestReport("test_x.py::test_y", ("test_x.py", 1, "test_y"), {}, "failed", None, "call", **given)


@pytest.fixture
def carrying(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> Callable[..., Any]:
    """A report that carries an outcome."""

    def build(**given: Any) -> Any:
        found = outcome(**given)
        return report(
            **{ATTRIBUTE: carried_by(found, run_of(found).servers[0].diagnosis, CheckPlace("test_kb.py", "test_flag"))}
        )

    return build


def test_row_has_our_columns(carrying: Callable[..., Any]) -> None:
    """Server, control, severity and site, each on one line, as pytest-html sorts by that form."""
    assert row_cells(carrying(), {"ex01.contoso.com": "Frankfurt"}) == [
        '<td class="col-server">ex01.contoso.com</td>',
        '<td class="col-control">KB1-1 The flag is on</td>',
        '<td class="col-severity">high</td>',
        '<td class="col-site">Frankfurt</td>',
    ]


def test_every_column_has_a_header() -> None:
    """In the same order."""
    assert ["Server" in HEADER_CELLS[0], "Site" in HEADER_CELLS[3], len(HEADER_CELLS)] == [True, True, 4]


def test_plain_test_has_empty_cells() -> None:
    """The columns keep their places."""
    assert row_cells(report(), {}) == [
        f'<td class="col-{name}"></td>' for name in ("server", "control", "severity", "site")
    ]


def test_cells_are_escaped(carrying: Callable[..., Any]) -> None:
    """pytest-html inserts them as they are."""
    cells = row_cells(carrying(title=EVIL), {"ex01.contoso.com": EVIL})

    assert not any("<img" in cell for cell in cells)


def test_site_may_be_missing(carrying: Callable[..., Any]) -> None:
    """An empty cell, not the word None."""
    assert row_cells(carrying(), {"ex01.contoso.com": None})[3] == '<td class="col-site"></td>'


def test_table_shows_every_server(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """With the class of each result, for its colour; the words stand there, too."""
    page = table_html(run_of(outcome("KB1-1", Result.FAILED), outcome("KB1-2")))

    assert '<th scope="row">ex01</th>' in page
    assert '<td class="failed">failed</td>' in page
    assert "stale (a note)" in page
    assert "<script" not in page


def test_table_is_escaped(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Whatever an inventory or a server says stays text."""
    assert "<img" not in table_html(run_of(outcome(f"KB{EVIL}-1")))


def test_table_warns_of_unchecked_certificates(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """On top of the page."""
    assert "Certificates were not verified: ex01.contoso.com" in table_html(run_of(outcome(), verified=False))
    assert "not verified" not in table_html(run_of(outcome()))
