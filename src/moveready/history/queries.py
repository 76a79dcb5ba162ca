"""The past of a run: since when something fails, how many servers were ready, what each server was."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.findings.changes import Past, PastStanding, TrendPoint, changes_since
from moveready.findings.outcomes import Result
from moveready.findings.verdicts import Standing
from moveready.history.periods import FINDINGS, Ending, start_of_failure
from moveready.history.runs import runs_before, series_of
from moveready.history.schema import RESULTS, STANDINGS, text_of_time, time_from

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moveready.findings.changes import EarlierRun, Key
    from moveready.findings.outcomes import Run
    from moveready.history.runs import Series, StoredRun
    from moveready.history.store import History

_EVER = datetime.max.replace(tzinfo=UTC)
_ENDINGS = """
    SELECT run.started_at, outcome.result, sentence.name
    FROM outcome JOIN run ON run.number = outcome.run LEFT JOIN sentence ON sentence.number = outcome.sentence
    WHERE outcome.server = (SELECT number FROM server WHERE name = ?)
    AND outcome.control = (SELECT number FROM control WHERE name = ?)
    AND run.organization = ? AND run.phase = ? AND run.started_at <= ?
    ORDER BY run.started_at, run.number
"""


def endings_of(history: History, series: Series, key: Key, until: datetime = _EVER) -> list[Ending]:
    """How a control ended on a server in every run that started by then, the oldest first."""
    server, control = map(cleaned, key)
    values = (server, control, series.organization, series.phase, text_of_time(until))
    return [
        Ending(time_from(started_at), RESULTS[result], sentence or "")
        for started_at, result, sentence in history.database.rows(_ENDINGS, *values)
    ]


def failing_since(history: History, series: Series, keys: Iterable[Key], until: datetime) -> dict[Key, datetime]:
    """Since when each of these fails, as it was known then; without those that did not fail.

    What was removed as too old is not known: of a longer failure it is the oldest run that was kept.
    """
    starts = {key: start_of_failure(endings_of(history, series, key, until)) for key in keys}
    return {key: start for key, start in starts.items() if start}


def trend(history: History, run: Run, last: int = 12) -> tuple[TrendPoint, ...]:
    """The last runs of the whole inventory before this one, the oldest first."""
    whole = [stored for stored in runs_before(history, run) if stored.is_whole]
    return tuple(trend_point(history, stored) for stored in reversed(whole[:last]))


def trend_point(history: History, stored: StoredRun) -> TrendPoint:
    """How many servers were what in that run."""
    counted = history.database.rows("SELECT standing, count(*) FROM checked WHERE run = ? GROUP BY 1", stored.number)
    numbers = Counter({STANDINGS[standing]: number for standing, number in counted})
    return TrendPoint(
        id=stored.id,
        started_at=stored.started_at,
        ready=numbers[Standing.READY],
        not_ready=numbers[Standing.NOT_READY],
        unknown=numbers[Standing.UNKNOWN],
    )


def past_standings(history: History, run: Run, last: int = 8) -> dict[str, tuple[PastStanding, ...]]:
    """What each server of this run was in its last runs, the oldest first.

    Runs with `--control` are left out: some controls alone do not say what a server was. So are runs from before the
    last runs of the whole inventory, unless there are few of those.
    """
    pasts: dict[str, list[PastStanding]] = {cleaned(server.name): [] for server in run.servers}
    for stored in _last_with_all_controls(history, run, last):
        for server, standing in history.database.rows(
            "SELECT server.name, standing FROM checked JOIN server ON server.number = checked.server WHERE run = ?",
            stored.number,
        ):
            if server in pasts and len(pasts[server]) < last:
                pasts[server].append(PastStanding(stored.started_at, STANDINGS[standing]))
    return {server: tuple(reversed(past)) for server, past in pasts.items() if past}


def past_of(history: History | None, run: Run, compare: EarlierRun | None) -> Past:
    """The past of a run as reports show it; `compare` is the run that it is compared with."""
    changes = None
    if compare is not None:
        starts = {key: compare.started_at for key, result in compare.results.items() if result in FINDINGS}
        if history is not None:
            open_keys = [key for key, result in compare.results.items() if result is not Result.PASSED]
            starts |= failing_since(history, series_of(run), open_keys, compare.started_at)
        changes = changes_since(compare, run, starts)
    if history is None:
        return Past(changes=changes)
    return Past(changes=changes, trend=trend(history, run), servers=past_standings(history, run))


def _last_with_all_controls(history: History, run: Run, last: int) -> list[StoredRun]:
    """The newest first."""
    runs = [stored for stored in runs_before(history, run) if not stored.controls]
    whole = [stored for stored in runs if stored.is_whole][:last]
    return [stored for stored in runs if len(whole) < last or stored.started_at >= whole[-1].started_at]
