"""How one control ended on one server over time: since when it fails, and in which periods it was what. Pure.

A finding that is waived still fails. An `error` says nothing about the server, so it neither begins nor ends a failure:
only a pass ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from moveready.findings.outcomes import Result

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

FINDINGS = frozenset({Result.FAILED, Result.WAIVED})


@dataclass(frozen=True, slots=True)
class Ending:
    """How the control ended on the server in one run; `sentence` is "" where it passed."""

    at: datetime
    result: Result
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Runs in a row with the same result.

    Attributes:
        result: How the control ended in all of them.
        since: The start of the first of them.
        until: The start of the next run, in which it ended otherwise; None where there is none.
        runs: How many they are.
        sentence: What the last of them said.
    """

    result: Result
    since: datetime
    until: datetime | None
    runs: int
    sentence: str


def start_of_failure(endings: Iterable[Ending]) -> datetime | None:
    """Since when it fails, at the end of these endings, the oldest first; None where it does not."""
    since = None
    for ending in endings:
        if ending.result is Result.PASSED:
            since = None
        elif ending.result in FINDINGS and since is None:
            since = ending.at
    return since


def periods_of(endings: Iterable[Ending]) -> tuple[Period, ...]:
    """The periods of these endings, oldest first."""
    periods: list[Period] = []
    for ending in endings:
        if periods and periods[-1].result is ending.result:
            periods[-1] = replace(periods[-1], runs=periods[-1].runs + 1, sentence=ending.sentence)
            continue
        if periods:
            periods[-1] = replace(periods[-1], until=ending.at)
        periods.append(Period(result=ending.result, since=ending.at, until=None, runs=1, sentence=ending.sentence))
    return tuple(periods)
