"""What `moveready history --server` answers: since when a server fails, and in which periods each control was what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.history.periods import periods_of, start_of_failure
from moveready.history.queries import endings_of
from moveready.history.question import refuse_unknown_control, servers_asked_for
from moveready.history.runs import Series

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.findings.outcomes import Result
    from moveready.history.periods import Period
    from moveready.history.question import Question
    from moveready.history.store import History


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlAnswer:
    """How one control ended on one server over time.

    Attributes:
        title: What the last run called it.
        result: How it ended in the last run that asked it.
        failing_since: Since when it fails, known or waived; None where it does not.
        last_asked_at: When that run started.
        periods: The oldest first; those that ended before the time that was asked for are left out.
    """

    control: str
    title: str
    result: Result
    failing_since: datetime | None
    last_asked_at: datetime
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswer:
    """A server, and each control that was asked of it."""

    server: str
    organization: str
    phase: str
    controls: tuple[ControlAnswer, ...]


def server_answers(history: History, question: Question) -> tuple[ServerAnswer, ...]:
    """One for each server of that name, with the controls that were asked of it; without any, none.

    Raises:
        HistoryError: No run has asked that server, or that control.
    """
    refuse_unknown_control(history, question)
    answers = (
        ServerAnswer(
            server=server,
            organization=series.organization,
            phase=series.phase,
            controls=_controls(history, question, server, series),
        )
        for server in servers_asked_for(history, question)
        for series in _series_with(history, server)
    )
    return tuple(answer for answer in answers if answer.controls)


def _series_with(history: History, server: str) -> list[Series]:
    found = history.database.rows(
        "SELECT DISTINCT organization, phase FROM checked JOIN run ON run.number = checked.run"
        " WHERE server = (SELECT number FROM server WHERE name = ?) ORDER BY 1, 2",
        server,
    )
    return [Series(*row) for row in found]


def _controls(history: History, question: Question, server: str, series: Series) -> tuple[ControlAnswer, ...]:
    asked = history.database.rows(
        "SELECT DISTINCT control.name FROM outcome JOIN control ON control.number = outcome.control"
        " WHERE server = (SELECT number FROM server WHERE name = ?) ORDER BY 1",
        server,
    )
    answers = (_control(history, question, (server, name), series) for (name,) in asked if question.is_about(name))
    return tuple(answer for answer in answers if answer)


def _control(history: History, question: Question, key: tuple[str, str], series: Series) -> ControlAnswer | None:
    """None where no run of this series has asked it."""
    endings = endings_of(history, series, key)
    if not endings:
        return None
    begin = question.begin()
    return ControlAnswer(
        control=key[1],
        title=_title_of(history, key[1]),
        result=endings[-1].result,
        failing_since=start_of_failure(endings),
        last_asked_at=endings[-1].at,
        periods=tuple(period for period in periods_of(endings) if period.until is None or period.until >= begin),
    )


def _title_of(history: History, control: str) -> str:
    """What the last run called it."""
    ((title,),) = history.database.rows(
        "SELECT label.name FROM run_control JOIN run ON run.number = run_control.run"
        " JOIN label ON label.number = run_control.title"
        " WHERE control = (SELECT number FROM control WHERE name = ?) ORDER BY started_at DESC LIMIT 1",
        control,
    )
    return str(title)
