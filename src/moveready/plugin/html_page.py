"""What pytest-html's page has of ours: its title, the table of servers, and columns of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.reporting.html import HEADER_CELLS, duration_cell, lists_all, row_cells, table_html, with_anchor

if TYPE_CHECKING:
    from moveready.inventory import Inventory
    from moveready.plugin.recording import Recorder


class HtmlPage:
    """The hooks of pytest-html; a plugin of its own beside `Results`."""

    def __init__(self, inventory: Inventory, recorder: Recorder) -> None:
        """Show what the recorder has."""
        self._organization = inventory.organization.name
        self._sites = {server.name: server.site for server in inventory.servers}
        self._recorder = recorder
        self._page: Any = None
        self._anchored: set[str] = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:  # noqa: ANN401 - pytest-html is not typed
        """Name the organization."""
        self._page = report
        report.title = f"moveready: {self._organization}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Put the table of servers on top."""
        prefix.append(table_html(self._recorder.run()))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Our columns in place of the node id and the links."""
        cells[1:] = [*HEADER_CELLS, *(cell for cell in cells[1:] if not _is_noise(cell))]

    def _is_left_out(self, report: pytest.TestReport) -> bool:
        """Whether the page of a large fleet goes without its row: it passed, as it should, and said nothing."""
        silent = report.passed and not report.sections and not hasattr(report, "wasxfail")
        return silent and not lists_all(len(self._sites))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """Fill our columns."""
        if self._is_left_out(report):
            cells.clear()
            if report.when == "call":
                self._page.outcomes = "passed"  # pytest-html counts rows
            return
        outcome = self._recorder.outcome_at(report.nodeid)
        own = row_cells(outcome, report.nodeid, self._sites)
        if outcome is not None and not report.passed and outcome.server not in self._anchored:
            self._anchored.add(outcome.server)
            own[0] = with_anchor(own[0], outcome.server)
        others = [cell for cell in cells[1:] if not _is_noise(cell)]
        cells[1:] = [*own, *([duration_cell(outcome)] if outcome is not None else others)]


def _is_noise(cell: str) -> bool:
    """The node id says once more what our columns say, and nothing of ours has links."""
    return any(name in cell.partition(">")[0] for name in ("testId", "col-links")) or cell == "<th>Links</th>"
