"""The runs that a history has, by their head alone: when, of what, how much of it. Which of them compare with which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.findings.changes import EarlierRun
from moveready.history.schema import RESULTS, time_from

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.findings.outcomes import Run
    from moveready.history.store import History


@dataclass(frozen=True, slots=True)
class Series:
    """Runs whose results continue each other: of one organization, and of one value of `--phase`.

    That option turns what a control wants into its opposite. Which inventory file was read does not matter here: a
    server is the same in each of them.
    """

    organization: str
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run of the history, without what it found.

    Attributes:
        number: Its number in the file.
        id: As `Run.id`.
        series: What its results continue.
        inventory: As `Run.inventory`.
        started_at: When it started.
        limit: The value of its `--limit`, or "".
        controls: The value of its `--control`, or "".
        complete: As `Run.complete`.
    """

    number: int
    id: str
    series: Series
    inventory: str
    started_at: datetime
    limit: str
    controls: str
    complete: bool

    @property
    def is_whole(self) -> bool:
        """Whether it judged every server and every control of its inventory."""
        return self.complete and not self.limit and not self.controls


def series_of(run: Run) -> Series:
    """What the results of a run continue."""
    return Series(cleaned(run.organization), cleaned(run.scope.phase))


def stored_runs(history: History) -> list[StoredRun]:
    """Every run, the newest first."""
    found = history.database.rows(
        "SELECT number, id, organization, phase, inventory, started_at, limited_to, controls, complete FROM run"
        " ORDER BY started_at DESC, number DESC"
    )
    return [
        StoredRun(
            number=number,
            id=id,
            series=Series(organization, phase),
            inventory=inventory,
            started_at=time_from(started_at),
            limit=limit,
            controls=controls,
            complete=bool(complete),
        )
        for number, id, organization, phase, inventory, started_at, limit, controls, complete in found  # noqa: A001 - the field's own word
    ]


def runs_before(history: History, run: Run) -> list[StoredRun]:
    """The complete runs of the same series and inventory that started before this one, the newest first."""
    series, inventory = series_of(run), cleaned(run.inventory)
    return [
        stored
        for stored in stored_runs(history)
        if stored.started_at < run.started_at
        and stored.complete
        and (stored.series, stored.inventory) == (series, inventory)
    ]


def earlier_run(history: History, stored: StoredRun) -> EarlierRun:
    """The run, as it is compared."""
    results = history.database.rows(
        "SELECT server.name, control.name, outcome.result FROM outcome"
        " JOIN server ON server.number = outcome.server JOIN control ON control.number = outcome.control"
        " WHERE outcome.run = ?",
        stored.number,
    )
    return EarlierRun(
        id=stored.id,
        started_at=stored.started_at,
        is_limited=bool(stored.limit),
        servers=frozenset(server for server, _, _ in results),
        results={(server, control): RESULTS[result] for server, control, result in results},
    )


def previous_run(history: History, run: Run) -> EarlierRun | None:
    """The complete run that this one is compared with: of the same organization, phase and inventory, and earlier.

    For a run of the whole inventory that is the last run of the whole inventory; one with `--limit` or `--control` that
    came later says too little. For a run that is limited itself it is the last one that asked all that it has asked.
    Where there is none of these, it is the last one that there is.
    """
    candidates = runs_before(history, run)
    is_whole = not run.scope.limit and not run.scope.controls
    asked = set() if is_whole else _runs_that_asked(history, run)
    fitting = [stored for stored in candidates if (stored.is_whole if is_whole else stored.number in asked)]
    whole = [stored for stored in candidates if stored.is_whole]
    best = next(iter([*fitting, *whole, *candidates]), None)
    return earlier_run(history, best) if best else None


def _runs_that_asked(history: History, run: Run) -> set[int]:
    """The numbers of the runs that asked of each server all that this run has asked of it."""
    find = "SELECT run, selection FROM checked WHERE server = (SELECT number FROM server WHERE name = ?)"
    selections = _selections(history)
    fitting: set[int] | None = None
    for server, outcomes in run.by_server().items():
        wanted = {cleaned(outcome.control) for outcome in outcomes}
        found = history.database.rows(find, cleaned(server))
        asked = {number for number, selection in found if wanted <= selections[selection]}
        fitting = asked if fitting is None else fitting & asked
        if not fitting:
            break
    return fitting or set()


def _selections(history: History) -> dict[int, set[str]]:
    """The controls of each selection."""
    selections: dict[int, set[str]] = {}
    for selection, control in history.database.rows(
        "SELECT selection, control.name FROM selected JOIN control ON control.number = selected.control"
    ):
        selections.setdefault(selection, set()).add(control)
    return selections
