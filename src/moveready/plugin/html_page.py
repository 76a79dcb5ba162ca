"""What pytest-html's page has of ours: its title, the table of servers, and columns of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.reporting.html import HEADER_CELLS, lists_all, row_cells, table_html

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
        """Add our columns."""
        cells[1:1] = HEADER_CELLS

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
        cells[1:1] = row_cells(self._recorder.outcome_at(report.nodeid), self._sites)
