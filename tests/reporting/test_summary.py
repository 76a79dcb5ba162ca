"""Guards `moveready.reporting.summary`: the sentence and the counts that every report tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import Result, RunScope
from moveready.findings.verdicts import Standing
from moveready.reporting.summary import Summary, summary_of

if TYPE_CHECKING:
    from tests.reporting.conftest import MakeOutcome, MakeRun

NONE = Summary(
    standing=Standing.READY,
    ready=0,
    not_ready=0,
    unknown=0,
    findings=0,
    servers_with_findings=0,
    errors=0,
    waived=0,
)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"ready": 13}, "13 of 13 servers are ready for moves."),
        ({"ready": 1}, "1 of 1 server is ready for moves."),
        ({"unknown": 1}, "0 of 1 server is ready for moves; 1 is unknown."),
        ({"ready": 11, "not_ready": 2}, "11 of 13 servers are ready for moves; 2 are not ready."),
        ({"not_ready": 1, "unknown": 1}, "0 of 2 servers are ready for moves; 1 is not ready and 1 is unknown."),
        ({}, "No server was checked."),
    ],
)
def test_sentence_counts_servers(counts: dict[str, Any], sentence: str) -> None:
    """As a person would say it."""
    assert replace(NONE, **counts).sentence == sentence


def test_counts_name_findings_and_servers() -> None:
    """What is zero is left out."""
    seen = replace(NONE, standing=Standing.NOT_READY, findings=9, servers_with_findings=5, not_ready=5, unknown=3)

    assert seen.counts == "NOT READY - 9 findings on 5 servers, 3 servers unknown"
    assert replace(NONE, ready=1).counts == "READY - 1 server"
    assert replace(NONE, standing=Standing.NOT_READY, not_ready=1, waived=1).counts == "NOT READY - 1 waived"


def test_run_is_counted(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Findings by control, servers once."""
    second = {"server": "ex02.contoso.com"}
    run = run_of(
        outcome(result=Result.FAILED),
        outcome("KB1-2", Result.FAILED),
        outcome("KB1-1", Result.ERROR, **second),
        outcome("KB1-2", Result.WAIVED, **second),
    )
    seen = summary_of(run)

    assert (seen.findings, seen.servers_with_findings, seen.errors, seen.waived, seen.not_ready) == (2, 1, 1, 1, 2)


def test_incomplete_run_is_never_ready(outcome: MakeOutcome, run_of: MakeRun) -> None:
    """Nor is one that judged nothing."""
    run = run_of(outcome())
    content = replace(run.servers[0].verdicts[0], standing=Standing.READY)
    ready = tuple(replace(server, verdicts=(), diagnosis=content) for server in run.servers)

    assert summary_of(replace(run, servers=ready)).standing is Standing.READY
    assert summary_of(replace(run, servers=ready, complete=False)).standing is Standing.UNKNOWN
    assert summary_of(run_of()).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("unlisted", "counts"),
    [
        ((), "READY - 1 server"),
        (("ex09.contoso.com",), "NOT READY - 1 server not in the inventory"),
        (None, "UNKNOWN - 1 server"),
    ],
)
def test_server_that_the_inventory_lacks_counts_where_it_should(
    outcome: MakeOutcome, run_of: MakeRun, unlisted: tuple[str, ...] | None, counts: str
) -> None:
    """Then nobody calls the run ready beside an exit code that is not 0."""
    run = run_of(outcome())
    content = replace(run.servers[0].verdicts[0], standing=Standing.READY)
    ready = tuple(replace(server, verdicts=(), diagnosis=content) for server in run.servers)
    run = replace(run, servers=ready, unlisted=unlisted)

    assert summary_of(replace(run, scope=RunScope(fail_on_unlisted=True))).counts == counts
    assert summary_of(run).standing is Standing.READY
