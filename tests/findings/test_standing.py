"""Guards `moveready.findings.standing`: one word for a server, out of verdicts and outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from moveready.findings.outcomes import CheckedServer, Outcome, Result
from moveready.findings.standing import ServerStanding, pools_of, standing_of
from moveready.findings.verdicts import Standing, Verdict, not_diagnosed

Judge = Callable[..., Outcome]
EX01 = CheckedServer("ex01.contoso.com", None, None, None, "moving", verified=True, file="prod.yaml", line=3)
READY = Verdict(kb="KB3063913", server=EX01.name, verdict="ready", standing=Standing.READY)
UNKNOWN = replace(READY, kb="MRS-SVC", verdict="unknown", standing=Standing.UNKNOWN)


def with_verdicts(*verdicts: Verdict) -> CheckedServer:
    """Ex01 with these verdicts; the worst of them is its diagnosis."""
    return replace(EX01, verdicts=verdicts, diagnosis=None)


@pytest.fixture
def outcome(judge: Judge) -> Callable[..., Outcome]:
    """An outcome of a control that ended so."""

    def build(result: Result, control: str = "KB3063913-1") -> Outcome:
        return replace(judge(None, control=control), result=result)

    return build


def test_worst_verdict_counts(outcome: Callable[..., Outcome]) -> None:
    """A server is as ready as its worst KB."""
    assert standing_of(with_verdicts(READY), [outcome(Result.PASSED)]) is Standing.READY
    assert standing_of(with_verdicts(READY, UNKNOWN), [outcome(Result.PASSED)]) is Standing.UNKNOWN


@pytest.mark.parametrize("result", [Result.FAILED, Result.WAIVED])
def test_finding_is_never_ready(outcome: Callable[..., Outcome], result: Result) -> None:
    """Waived or not, and whatever the verdicts say."""
    assert standing_of(with_verdicts(READY), [outcome(result, "OWN-1")]) is Standing.NOT_READY


def test_error_that_the_verdict_has_weighed_is_no_matter(outcome: Callable[..., Outcome]) -> None:
    """The log is too short, and the endpoint has proved it all the same."""
    assert standing_of(with_verdicts(READY), [outcome(Result.ERROR)]) is Standing.READY


def test_error_without_a_verdict_is_unknown(outcome: Callable[..., Outcome]) -> None:
    """An own control without a KB."""
    assert standing_of(with_verdicts(READY), [outcome(Result.ERROR, "OWN-1")]) is Standing.UNKNOWN


def test_server_without_any_verdict_is_unknown(outcome: Callable[..., Outcome]) -> None:
    """Nobody has drawn a conclusion about it."""
    undiagnosed = replace(EX01, diagnosis=not_diagnosed("", EX01.name))

    assert standing_of(undiagnosed, [outcome(Result.PASSED)]) is Standing.UNKNOWN


def test_pool_is_as_ready_as_its_worst_server() -> None:
    """A server without a pool is in none."""
    members = [
        ServerStanding(replace(EX01, name=f"ex0{number}.contoso.com", pool=pool), standing, ())
        for number, (pool, standing) in enumerate(
            [("b", Standing.READY), ("a", Standing.READY), ("a", Standing.NOT_READY), (None, Standing.UNKNOWN)]
        )
    ]
    found = pools_of(members)

    assert [(pool.name, pool.standing, pool.ready, len(pool.servers)) for pool in found] == [
        ("a", Standing.NOT_READY, 1, 2),
        ("b", Standing.READY, 1, 1),
    ]
