"""The table: a row a server, a column a control."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moveready.cost import Cost
from moveready.findings.outcomes import Result
from moveready.reporting.table import CostRow, Row, costs_of, short_ids, table_of

if TYPE_CHECKING:
    from collections.abc import Callable


def test_row_tells_how_each_control_ended(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """In the order of the controls' ids, with diagnosis and next step."""
    table = table_of(run_of(outcome("KB1-2", Result.ERROR), outcome("KB1-1", Result.FAILED)))

    assert table.controls == ("KB1-1", "KB1-2")
    assert table.rows == (Row("ex01", ("failed", "error"), "stale (a note)", "restart it"),)


def test_control_that_was_not_asked_is_a_dash(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """It is neither passed nor skipped."""
    table = table_of(run_of(outcome("KB1-1"), outcome("KB1-2", server="ex02.contoso.com")))

    assert [row.results for row in table.rows] == [("passed", "-"), ("-", "passed")]


def test_shared_domain_is_told_once(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Rows stay short in a terminal."""
    table = table_of(run_of(outcome(), outcome(server="ex02.contoso.com")))

    assert (table.domain, [row.server for row in table.rows]) == ("contoso.com", ["ex01", "ex02"])


def test_servers_of_two_domains_keep_their_names(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """A short name alone would be ambiguous."""
    table = table_of(run_of(outcome(), outcome(server="ex01.fabrikam.com")))

    assert [row.server for row in table.rows] == ["ex01.contoso.com", "ex01.fabrikam.com"]


def test_ids_are_short_within_one_article() -> None:
    """Two articles keep them apart."""
    assert short_ids(("KB1-1", "KB1-2")) == ("-1", "-2")
    assert short_ids(("KB1-1", "KB2-1")) == ("KB1-1", "KB2-1")


def test_costs_end_with_the_sum(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """In the run's order; sizes in kB, both directions together."""
    costs = {"contoso.com": Cost(1, 9, 1500, 500, 0.24), "ex01.contoso.com": Cost(2, 1991, 600, 398400, 1.5)}
    rows = costs_of(replace(run_of(outcome()), costs=costs))

    assert rows == (
        CostRow("contoso.com", "1", "9", "2", "0.2"),
        CostRow("ex01.contoso.com", "2", "1,991", "399", "1.5"),
        CostRow("in all", "3", "2,000", "401", "1.7"),
    )


def test_nothing_asked_costs_nothing(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """No line at all, rather than one of zeros."""
    assert costs_of(run_of(outcome())) == ()
