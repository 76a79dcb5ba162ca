"""`--compare`: the earlier run that a run is compared with: the one before, one of the history, or a `run.json`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from moveready.findings.changes import EarlierRun
from moveready.findings.run_file import read_run
from moveready.history.errors import HistoryError
from moveready.history.runs import earlier_run, previous_run, stored_runs

if TYPE_CHECKING:
    from moveready.findings.outcomes import Run
    from moveready.history.runs import StoredRun
    from moveready.history.store import History

_HOW = "Give the id of a run, or the path of a run.json."
_NAMED_IN_ERRORS = 5
"""How many ids of runs an error lists."""


def earlier_from_run(run: Run) -> EarlierRun:
    """A run that was read from its `run.json`, as it is compared."""
    return EarlierRun(
        id=run.id,
        started_at=run.started_at,
        is_limited=bool(run.scope.limit),
        servers=frozenset(outcome.server for outcome in run.outcomes),
        results={outcome.key: outcome.result for outcome in run.outcomes},
    )


def earlier_named(history: History | None, text: str, run: Run) -> EarlierRun | None:
    """The run that `--compare` names, for this run.

    Args:
        history: The open history; None where there is none.
        text: "" for the run before; a path that ends in `.json`; else the id of a run, or how it begins.
        run: The run that is compared.

    Returns:
        None where there is no run before.

    Raises:
        HistoryError: The history has no such run, or several.
        RunFileError: The file is no `run.json`.
    """
    if text.lower().endswith(".json"):
        return earlier_from_run(read_run(Path(text)))
    if history is None:
        if text:
            raise HistoryError(Path(text), "is no run.json, and there is no history to look it up in", _HOW)
        return None
    return earlier_run(history, run_named(history, text)) if text else previous_run(history, run)


def run_named(history: History, text: str) -> StoredRun:
    """The run of that id, the newest if there are two; raises `HistoryError` where none has it, or several begin so."""
    runs = stored_runs(history)
    exact = [stored for stored in runs if stored.id == text][:1]
    found = exact or [stored for stored in runs if stored.id.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise HistoryError(history.file, f"{len(found)} runs begin with {text}: {_listed(found)}", "Give the whole id.")
    known = f"Its last runs are {_listed(runs)}." if runs else "It has no runs yet."
    raise HistoryError(history.file, f"has no run {text}", f"{known} {_HOW}")


def _listed(runs: list[StoredRun]) -> str:
    """The newest of them."""
    return ", ".join(f"{stored.id} ({stored.started_at:%Y-%m-%d %H:%M} UTC)" for stored in runs[:_NAMED_IN_ERRORS])
