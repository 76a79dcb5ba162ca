"""What `moveready history` answers about a fleet: its last runs, and what changed in a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from moveready.findings.changes import changes_since
from moveready.findings.controls import Severity
from moveready.findings.outcomes import Outcome, Result, Run, RunScope
from moveready.history.queries import failing_since, trend_point
from moveready.history.question import refuse_unknown_control
from moveready.history.runs import earlier_run, stored_runs
from moveready.history.schema import RESULTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from moveready.findings.changes import Changes, EarlierRun, Key
    from moveready.history.question import Question
    from moveready.history.runs import StoredRun
    from moveready.history.store import History

USUAL_SINCE = timedelta(days=7)
"""How far back changes are looked for where the question does not say it."""
RUNS_LISTED = 20
"""The newest runs of each inventory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in one line.

    Attributes:
        note: What it left out, or "".
    """

    id: str
    started_at: datetime
    ready: int
    not_ready: int
    unknown: int
    findings: int
    waived: int
    errors: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetAnswer:
    """The runs of one inventory, the oldest first, and what changed.

    Attributes:
        changes: From one run to another; None where there are no two of them to compare.
        later_id: The later of these two, or "".
        later_started_at: When that one started, or None.
    """

    organization: str
    phase: str
    inventory: str
    runs: tuple[RunLine, ...]
    changes: Changes | None = None
    later_id: str = ""
    later_started_at: datetime | None = None


def fleet_answers(history: History, question: Question) -> tuple[FleetAnswer, ...]:
    """One for each inventory that the history has runs of, by organization, phase and path.

    Raises:
        HistoryError: No run has asked the control that the question names.
    """
    refuse_unknown_control(history, question)
    grouped: dict[tuple[str, str, str], list[StoredRun]] = {}
    for stored in stored_runs(history):
        key = (stored.series.organization, stored.series.phase, stored.inventory)
        grouped.setdefault(key, []).append(stored)
    return tuple(_fleet_answer(history, question, runs) for _, runs in sorted(grouped.items()))


def compared_runs(runs: Sequence[StoredRun], begin: datetime) -> tuple[StoredRun, StoredRun] | None:
    """Of runs, the newest first: the two that show what changed since then; None where there are no two.

    The later one is the newest. The earlier one is the last from before that time, for it says how things were then;
    where there is none, the first since. Runs that left something out are taken only where there are no two others.
    """
    whole = [stored for stored in runs if stored.is_whole]
    usable = whole if whole[1:] else [stored for stored in runs if stored.complete]
    since = [stored for stored in usable if stored.started_at >= begin]
    before = [stored for stored in usable if stored.started_at < begin]
    others = [*since[1:], *before[:1]]
    return (others[-1], since[0]) if since and others else None


def _fleet_answer(history: History, question: Question, runs: Sequence[StoredRun]) -> FleetAnswer:
    answer = FleetAnswer(
        organization=runs[0].series.organization,
        phase=runs[0].series.phase,
        inventory=runs[0].inventory,
        runs=tuple(_line(history, stored) for stored in reversed(runs[:RUNS_LISTED])),
    )
    compared = compared_runs(runs, question.begin(USUAL_SINCE))
    if compared is None:
        return answer
    earlier, later = compared
    return replace(
        answer,
        changes=_changes(history, question, earlier, later),
        later_id=later.id,
        later_started_at=later.started_at,
    )


def _line(history: History, stored: StoredRun) -> RunLine:
    counted = history.database.rows("SELECT result, count(*) FROM problem WHERE run = ? GROUP BY 1", stored.number)
    numbers = {RESULTS[result]: number for result, number in counted}
    standings = trend_point(history, stored)
    notes = {"incomplete": not stored.complete, "limited": bool(stored.limit or stored.controls)}
    return RunLine(
        id=stored.id,
        started_at=stored.started_at,
        ready=standings.ready,
        not_ready=standings.not_ready,
        unknown=standings.unknown,
        findings=numbers.get(Result.FAILED, 0),
        waived=numbers.get(Result.WAIVED, 0),
        errors=numbers.get(Result.ERROR, 0),
        note=", ".join(note for note, is_so in notes.items() if is_so),
    )


def _changes(history: History, question: Question, earlier: StoredRun, later: StoredRun) -> Changes:
    """With the time since when each fails now; of what is repaired, since when it had failed."""
    then, now = (_asked_for(question, earlier_run(history, stored)) for stored in (earlier, later))
    starts = failing_since(history, later.series, _not_passed(then), earlier.started_at)
    starts |= failing_since(history, later.series, _not_passed(now), later.started_at)
    return changes_since(then, _run_from(history, later, now), starts)


def _asked_for(question: Question, run: EarlierRun) -> EarlierRun:
    results = {key: result for key, result in run.results.items() if question.is_about(key[1])}
    return replace(run, results=results, servers=frozenset(server for server, _ in results))


def _not_passed(run: EarlierRun) -> list[Key]:
    return [key for key, result in run.results.items() if result is not Result.PASSED]


def _run_from(history: History, stored: StoredRun, known: EarlierRun) -> Run:
    """The run as far as it is kept: enough to compare it, not enough for a report."""
    described = history.database.rows(
        "SELECT control.name, label.name, severity FROM run_control"
        " JOIN control ON control.number = run_control.control JOIN label ON label.number = run_control.title"
        " WHERE run = ?",
        stored.number,
    )
    titles = {control: (title, Severity(severity)) for control, title, severity in described}
    outcomes = (
        Outcome(control, *titles[control], "", server, result, "", "", {}, 0.0)
        for (server, control), result in sorted(known.results.items())
    )
    return Run(
        organization=stored.series.organization,
        inventory=stored.inventory,
        started_at=stored.started_at,
        finished_at=stored.started_at,
        servers=(),
        outcomes=tuple(outcomes),
        scope=RunScope(limit=stored.limit, controls=stored.controls, phase=stored.series.phase),
        id=stored.id,
    )
