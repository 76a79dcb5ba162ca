"""A run is plain data, to JSON and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from moveready.findings.outcomes import Outcome, Result, Run, plain_from, value_from


def test_outcome_crosses_a_worker(run: Run) -> None:
    """What pytest-xdist carries is dicts, lists, strings and numbers."""
    plain: Any = plain_from(run.outcomes[0])

    assert plain["evidence"]["ews_directory"]["asked_at"] == "2026-03-02T12:00:00Z"
    assert value_from(plain, Outcome) == replace(run.outcomes[0], evidence=plain["evidence"])


def test_outcome_is_known_by_server_and_control(run: Run) -> None:
    """Never by the id of a test."""
    assert run.outcomes[0].key == ("ex01.contoso.com", "KB1-1")


def test_outcomes_are_counted_and_grouped(run: Run) -> None:
    """As every report needs them."""
    assert (run.count(Result.FAILED), run.count(Result.PASSED)) == (1, 0)
    assert run.by_server() == {"ex01.contoso.com": [run.outcomes[0]]}
