"""The table: a row a server, a column a KB."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.evidence.cost import Cost
from moveready.findings.outcomes import Result
from moveready.kb.kb3063913.verdicts import Conclusion
from moveready.reporting.table import CostRow, Row, RowFinding, costs_of, table_of
from tests.builders import verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run
    from moveready.findings.verdicts import Verdict


def test_row_tells_the_worst_of_each_kb(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """In the order of the KBs, with diagnosis and next step."""
    run = run_of(outcome("KB1-2", Result.ERROR), outcome("KB1-1", Result.FAILED), outcome("KB2-1"))
    table = table_of(run)

    assert table.kbs == ("KB1", "KB2")
    assert table.rows == (
        Row("ex01", "main", ("failed", "passed"), (RowFinding("stale (a note)", "restart it"),), is_ready=False),
    )


def test_kb_that_was_not_asked_is_a_dash(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """It is neither passed nor skipped."""
    table = table_of(run_of(outcome("KB1-1"), outcome("KB2-1", server="ex02.contoso.com")))

    assert [row.results for row in table.rows] == [("passed", "-"), ("-", "passed")]


def of_verdicts(run: Run, **verdicts: tuple[Verdict, ...]) -> Run:
    """The run, with other verdicts on its servers."""
    servers = [
        replace(server, verdicts=verdicts[server.name.partition(".")[0]], diagnosis=None) for server in run.servers
    ]
    return replace(run, servers=tuple(servers))


READY = verdict_of(Conclusion.READY)
STALE = verdict_of(Conclusion.STALE, next_step="restart it")
UNKNOWN = replace(verdict_of(Conclusion.UNREACHABLE, next_step="look"), kb="KB2")


def test_worst_servers_come_first(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Of equals, in the order of the inventory."""
    outcomes = [outcome(server=f"ex0{number}.contoso.com") for number in range(1, 6)]
    run = of_verdicts(run_of(*outcomes), ex01=(READY,), ex02=(UNKNOWN,), ex03=(STALE,), ex04=(READY,), ex05=(STALE,))

    assert [row.server for row in table_of(run).rows] == ["ex03", "ex05", "ex02", "ex01", "ex04"]


@pytest.mark.parametrize(
    ("verdicts", "diagnoses"),
    [
        ((UNKNOWN, READY, STALE), ["stale", "unreachable"]),
        ((UNKNOWN, replace(UNKNOWN, kb="KB3")), ["unreachable"]),
        ((READY, READY), ["ready"]),
        ((), ["not diagnosed"]),
    ],
    ids=["several", "the same", "ready", "none"],
)
def test_all_that_is_the_matter_is_told_once(
    outcome: Callable[..., Any], run_of: Callable[..., Any], verdicts: tuple[Verdict, ...], diagnoses: list[str]
) -> None:
    """The worst first."""
    (row,) = table_of(of_verdicts(run_of(outcome()), ex01=verdicts)).rows

    assert [finding.diagnosis for finding in row.findings] == diagnoses
    assert row.is_ready is (diagnoses == ["ready"])


def test_shared_domain_is_told_once(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Rows stay short in a terminal."""
    table = table_of(run_of(outcome(), outcome(server="ex02.contoso.com")))

    assert (table.domain, [row.server for row in table.rows]) == ("contoso.com", ["ex01", "ex02"])


def test_servers_of_two_domains_keep_their_names(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """A short name alone would be ambiguous."""
    table = table_of(run_of(outcome(), outcome(server="ex01.fabrikam.com")))

    assert [row.server for row in table.rows] == ["ex01.contoso.com", "ex01.fabrikam.com"]


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
