"""What `moveready history` prints, as text of a terminal's width and as JSON. Reads the history and nothing else."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from moveready.cleaning import cleaned
from moveready.findings.outcomes import Result
from moveready.history.fleet_answers import fleet_answers
from moveready.history.server_answers import server_answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moveready.findings.changes import Change, Changes
    from moveready.history.fleet_answers import FleetAnswer
    from moveready.history.question import Question
    from moveready.history.server_answers import ControlAnswer, ServerAnswer
    from moveready.history.store import History

JSON_SCHEMA = 1
"""Grows when a reader of the old form would misread the new one."""
CHANGES_LISTED = 20
"""Of each kind; JSON has all of them."""
_LONGEST_SENTENCE = 300
_INDENT = "  "
_RUN_COLUMNS = ("started (UTC)", "run", "ready", "not ready", "unknown", "findings", "note")
_OF_ANY_LENGTH = {"note", "control"}
_PERIOD_COLUMNS = ("control", "result", "since (UTC)", "until (UTC)", "runs")


def history_json(history: History, question: Question) -> str:
    """The answer as JSON; raises `HistoryError` for a server or control that the history does not have."""
    answers: Sequence[ServerAnswer | FleetAnswer]
    if question.server:
        name, answers = "servers", server_answers(history, question)
    else:
        name, answers = "fleets", fleet_answers(history, question)
    return json.dumps({"schema": JSON_SCHEMA, name: [asdict(each) for each in answers]}, indent=2, default=_plain)


def history_text(history: History, question: Question, width: int) -> str:
    """The answer as text of at most that many columns; raises `HistoryError` as `history_json`."""
    if question.server:
        parts = [_server_text(answer, width) for answer in server_answers(history, question)]
        return cleaned("\n\n".join(parts)) or "The control was never asked of this server."
    parts = [_fleet_text(answer, width) for answer in fleet_answers(history, question)]
    return cleaned("\n\n".join(parts)) or "The history has no runs yet."


def _plain(value: object) -> str:
    """What JSON has no form for: times, and words of a closed set."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value.value) if isinstance(value, Enum) else str(value)


def _fleet_text(answer: FleetAnswer, width: int) -> str:
    phase = f", with --phase {answer.phase}" if answer.phase else ""
    rows = (
        (
            _time(run.started_at),
            run.id,
            str(run.ready),
            str(run.not_ready),
            str(run.unknown),
            str(run.findings),
            run.note,
        )
        for run in answer.runs
    )
    lines = [
        *_wrapped(f"{answer.organization}, {answer.inventory}{phase}", width),
        *_table(_RUN_COLUMNS, rows, width),
        "",
        *_change_lines(answer, width),
    ]
    return "\n".join(lines)


def _change_lines(answer: FleetAnswer, width: int) -> Iterator[str]:
    changes = answer.changes
    if changes is None or answer.later_started_at is None:
        yield from _wrapped("No two runs of that time can be compared.", width)
        return
    earlier = f"{_time(changes.earlier_started_at)} (run {changes.earlier_id})"
    period = f"from {earlier} to {_time(answer.later_started_at)} (run {answer.later_id}), in UTC"
    yield from _wrapped(f"{'Changed' if changes.are_any else 'Nothing changed'} {period}{':' * changes.are_any}", width)
    for word, since, changed in _kinds(changes):
        yield from _listed(word, [_sentence(change, since) for change in changed], width)
    yield from _listed("new server", changes.added, width)
    yield from _listed("no longer checked", changes.gone, width)
    if changes.still:
        oldest = min((change.since for change in changes.still if change.since), default=None)
        since = f", the oldest since {_time(oldest)}" if oldest else ""
        yield from _wrapped(f"Still failing: {len(changes.still)}{since}.", width)


def _kinds(changes: Changes) -> tuple[tuple[str, str, tuple[Change, ...]], ...]:
    """The word for each kind of change, and what a failure of it is called."""
    return (
        ("new", "failing since", changes.new),
        ("fixed", "had failed since", changes.fixed),
        ("unknown", "as far as is known failing since", changes.unknown),
        ("waived", "failing since", changes.waived),
    )


def _listed(word: str, lines: Sequence[str], width: int) -> Iterator[str]:
    for line in lines[:CHANGES_LISTED]:
        yield from _wrapped(f"{_INDENT}{word}: {line}", width)
    if len(lines) > CHANGES_LISTED:
        yield f"{_INDENT}{word}: {len(lines) - CHANGES_LISTED} more; --json has all of them"


def _sentence(change: Change, since: str) -> str:
    begin = f", {since} {_time(change.since)}" if change.since else ""
    return f"{change.server} {change.control} {change.title}{begin}"


def _server_text(answer: ServerAnswer, width: int) -> str:
    phase = f", with --phase {answer.phase}" if answer.phase else ""
    asked = max(control.last_asked_at for control in answer.controls)
    head = f"{answer.server} of {answer.organization}{phase}, last asked {_time(asked)}; all times are in UTC"
    rows = (
        (
            control.control,
            period.result.value,
            _time(period.since),
            _time(period.until) if period.until else "",
            str(period.runs),
        )
        for control in answer.controls
        for period in control.periods
    )
    lines = [
        *_wrapped(head, width),
        *(line for control in answer.controls for line in _control_lines(control, asked, width)),
        "",
        *_table(_PERIOD_COLUMNS, rows, width),
    ]
    return "\n".join(lines)


def _control_lines(answer: ControlAnswer, asked: datetime, width: int) -> Iterator[str]:
    """How it stands, and what the last run said about it; where others were asked later, when it was asked."""
    earlier = f"; last asked {_time(answer.last_asked_at)}" if answer.last_asked_at < asked else ""
    yield from _wrapped(f"{_INDENT}{answer.control} {answer.title}: {_standing(answer)}{earlier}", width)
    sentence = answer.periods[-1].sentence
    if sentence:
        short = sentence if len(sentence) <= _LONGEST_SENTENCE else f"{sentence[:_LONGEST_SENTENCE]}..."
        yield from _wrapped(f"{_INDENT * 2}{short}", width)


def _standing(answer: ControlAnswer) -> str:
    began = _time(answer.periods[-1].since)
    if answer.failing_since is None:
        return f"passed since {began}" if answer.result is Result.PASSED else f"could not be evaluated since {began}"
    failing = f"failing since {_time(answer.failing_since)}"
    words = {
        Result.ERROR: f"could not be evaluated since {began}; as far as is known {failing}",
        Result.WAIVED: f"{failing}, waived since {began}",
    }
    return words.get(answer.result, failing)


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"


def _wrapped(text: str, width: int) -> list[str]:
    """In lines of that width; words stay whole, and what follows stands below what is said."""
    indent = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text, width, subsequent_indent=f"{indent}{_INDENT}", break_long_words=False, break_on_hyphens=False
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> list[str]:
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        drawn.add_column(column, no_wrap=column not in _OF_ANY_LENGTH)
    for row in rows:
        drawn.add_row(*map(Text, map(cleaned, row)))
    paper = StringIO()
    Console(file=paper, width=width, color_system=None, legacy_windows=False).print(drawn)
    return [line.rstrip() for line in paper.getvalue().splitlines()]
