"""Guards `moveready.findings.changes`: what is new, fixed and still failing since an earlier run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.findings.changes import Changes, EarlierRun, changes_since
from moveready.findings.outcomes import Outcome, Result, Run, RunScope
from tests.builders import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

EX01, EX02, EX03 = (f"ex0{number}.contoso.com" for number in (1, 2, 3))
KEY = (EX01, "KB3063913-1")


@pytest.fixture
def compare(judge: Callable[..., Outcome]) -> Callable[..., Changes]:
    """Compare a run of these results with an earlier one of those, both by server."""

    def build(
        now: dict[str, Result], then: dict[str, Result], limit: str = "", *, was_limited: bool = False
    ) -> Changes:
        outcomes = tuple(replace(judge(None, name=server), result=result) for server, result in now.items())
        run = Run("contoso", "prod.yaml", NOON, NOON, (), outcomes, scope=RunScope(limit=limit))
        earlier = EarlierRun(
            id="r1",
            started_at=NOON - timedelta(days=7),
            is_limited=was_limited,
            servers=frozenset(then),
            results={(server, "KB3063913-1"): result for server, result in then.items()},
        )
        return changes_since(earlier, run, {KEY: NOON - timedelta(days=9)})

    return build


@pytest.mark.parametrize(
    ("then", "now", "kind"),
    [
        (Result.PASSED, Result.FAILED, "new"),
        (Result.ERROR, Result.FAILED, "new"),
        (Result.WAIVED, Result.FAILED, "new"),
        (Result.FAILED, Result.PASSED, "fixed"),
        (Result.WAIVED, Result.PASSED, "fixed"),
        (Result.FAILED, Result.FAILED, "still"),
        (Result.PASSED, Result.ERROR, "unknown"),
        (Result.FAILED, Result.ERROR, "unknown"),
        (Result.FAILED, Result.WAIVED, "waived"),
        (Result.PASSED, Result.PASSED, ""),
        (Result.ERROR, Result.PASSED, ""),
        (Result.ERROR, Result.ERROR, ""),
        (Result.WAIVED, Result.WAIVED, ""),
    ],
)
def test_each_change_has_one_name(compare: Callable[..., Changes], then: Result, now: Result, kind: str) -> None:
    """And what is as it was has none, unless it is still failing."""
    changes = compare({EX01: now}, {EX01: then})
    kinds = ("new", "fixed", "still", "unknown", "waived")

    assert [name for name in kinds if getattr(changes, name)] == ([kind] if kind else [])
    assert changes.are_any is (kind not in {"", "still"})


def test_still_failing_says_since_when(compare: Callable[..., Changes]) -> None:
    """As far as earlier runs know."""
    (still,) = compare({EX01: Result.FAILED}, {EX01: Result.FAILED}).still

    assert still.since == NOON - timedelta(days=9)


def test_servers_come_and_go(compare: Callable[..., Changes]) -> None:
    """A finding on a new server is a new finding."""
    changes = compare({EX01: Result.PASSED, EX03: Result.FAILED}, {EX01: Result.PASSED, EX02: Result.FAILED})

    assert (changes.added, changes.gone) == ((EX03,), (EX02,))
    assert [change.server for change in changes.new] == [EX03]
    assert not changes.fixed


@pytest.mark.parametrize(("limit", "was_limited"), [("ex01", False), ("", True)])
def test_limited_run_says_nothing_about_the_others(
    compare: Callable[..., Changes], limit: str, was_limited: bool
) -> None:
    """They were left out, and have neither come nor gone."""
    changes = compare({EX01: Result.PASSED}, {EX01: Result.PASSED, EX02: Result.FAILED}, limit, was_limited=was_limited)

    assert not changes.are_any
