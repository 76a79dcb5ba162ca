"""The table: a row a server, a column a control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moveready.outcomes import Result
from moveready.reporting.table import Row, short_ids, table_of

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
