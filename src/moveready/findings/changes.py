"""What changed since an earlier run, and what earlier runs tell about a fleet and its servers. Pure.

Only what both runs have asked is compared: a run with `--limit` says nothing about the servers that it left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moveready.findings.outcomes import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from moveready.findings.outcomes import Outcome, Run
    from moveready.findings.verdicts import Standing

Key = tuple[str, str]
"""Server and control."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """An earlier run, as far as it is compared.

    Attributes:
        id: As `Run.id`.
        started_at: When it started.
        is_limited: Whether `--limit` left servers out.
        servers: FQDNs of the servers that it checked.
        results: How each control ended on each server.
    """

    id: str
    started_at: datetime
    is_limited: bool
    servers: frozenset[str]
    results: Mapping[Key, Result]


@dataclass(frozen=True, slots=True)
class Change:
    """A control on a server, and since when it is as it is; `since` is None where no earlier run tells."""

    server: str
    control: str
    title: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed since the earlier run.

    Attributes:
        earlier_id: Which run this is compared with.
        earlier_started_at: When that one started.
        new: Findings that were none.
        fixed: Findings that have passed now.
        still: Findings that were findings already, each with the time since when.
        unknown: What could be evaluated, and now it cannot.
        waived: Findings that are newly waived.
        added: Servers that were not checked before.
        gone: Servers that are not checked any more.
    """

    earlier_id: str
    earlier_started_at: datetime
    new: tuple[Change, ...] = ()
    fixed: tuple[Change, ...] = ()
    still: tuple[Change, ...] = ()
    unknown: tuple[Change, ...] = ()
    waived: tuple[Change, ...] = ()
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def are_any(self) -> bool:
        """Whether anything is different; what is still failing is not."""
        return bool(self.new or self.fixed or self.unknown or self.waived or self.added or self.gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """How many servers were what, in one run."""

    id: str
    started_at: datetime
    ready: int
    not_ready: int
    unknown: int


@dataclass(frozen=True, slots=True)
class PastStanding:
    """What a server was in one earlier run."""

    started_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What earlier runs tell; all of it is empty where there is no history.

    Attributes:
        changes: Since the run that this one is compared with; None where there is none.
        trend: The last runs of the same inventory, oldest first, without this one.
        servers: By FQDN, what each server was in its last runs, oldest first, without this one.
    """

    changes: Changes | None = None
    trend: tuple[TrendPoint, ...] = ()
    servers: Mapping[str, tuple[PastStanding, ...]] = field(default_factory=dict)


def changes_since(earlier: EarlierRun, run: Run, failing_since: Mapping[Key, datetime]) -> Changes:
    """Compare; `failing_since` tells since when a finding of the earlier run had been one by then."""
    compared = [outcome for outcome in run.outcomes if outcome.key in earlier.results]

    def those(is_one: Callable[[Result, Result], bool]) -> tuple[Change, ...]:
        return tuple(
            Change(outcome.server, outcome.control, outcome.title, failing_since.get(outcome.key))
            for outcome in compared
            if is_one(earlier.results[outcome.key], outcome.result)
        )

    checked = {outcome.server for outcome in run.outcomes}
    is_whole = not earlier.is_limited and not run.scope.limit
    findings = {Result.FAILED, Result.WAIVED}
    return Changes(
        earlier_id=earlier.id,
        earlier_started_at=earlier.started_at,
        new=those(lambda then, now: now is Result.FAILED and then is not Result.FAILED)
        + _of_new_servers(run.outcomes, earlier),
        fixed=those(lambda then, now: now is Result.PASSED and then in findings),
        still=those(lambda then, now: now is Result.FAILED and then is Result.FAILED),
        unknown=those(lambda then, now: now is Result.ERROR and then is not Result.ERROR),
        waived=those(lambda then, now: now is Result.WAIVED and then is not Result.WAIVED),
        added=tuple(sorted(checked - earlier.servers)) if is_whole else (),
        gone=tuple(sorted(earlier.servers - checked)) if is_whole else (),
    )


def _of_new_servers(outcomes: tuple[Outcome, ...], earlier: EarlierRun) -> tuple[Change, ...]:
    """Findings that nobody has looked for before: on a new server, or of a new control."""
    return tuple(
        Change(outcome.server, outcome.control, outcome.title)
        for outcome in outcomes
        if outcome.result is Result.FAILED and outcome.key not in earlier.results
    )
