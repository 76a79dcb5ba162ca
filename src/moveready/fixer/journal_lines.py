"""Reads the lines of a journal back, strictly.

Resuming from a damaged journal could change the wrong server, so an unreadable line is an error with file and line. A
line says some things twice, for people and for programs: the words of an action must be those of its number in the
plan, and nothing may follow for a server that is finished.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, TypeAdapter

from moveready.errors import Mistake, Place, PlanFileError
from moveready.findings.json_text import must_be_unambiguous
from moveready.fixer.plan import Plan, plan_from

if TYPE_CHECKING:
    from pathlib import Path

_NEXT_STEP = "Nothing was resumed. Look at each server that the journal names, then move it away."


class Mark(Enum):
    """What a line records."""

    PLAN = "plan"
    BEGIN = "begin"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """The condition of an action was false when its turn came."""
    LEFT = "left"
    """The server is finished, with success or not: there is nothing to resume."""
    CUT = "cut"
    """The rest of a line that a crash interrupted."""
    END = "end"


_OF_ACTIONS = frozenset({Mark.BEGIN, Mark.DONE, Mark.FAILED, Mark.SKIPPED})
_OF_EACH_LINE = frozenset({"at", "mark", "plan", "who"})
_OF_AN_ACTION = frozenset({"server", "action", "what"})
_KEYS = {
    Mark.PLAN: frozenset({"whole_plan"}),
    Mark.BEGIN: _OF_AN_ACTION | {"before"},
    Mark.DONE: _OF_AN_ACTION,
    Mark.FAILED: _OF_AN_ACTION | {"reason"},
    Mark.SKIPPED: _OF_AN_ACTION,
    Mark.LEFT: frozenset({"server", "ending"}),
    Mark.CUT: frozenset({"text"}),
    Mark.END: frozenset[str](),
}
"""What a line of each kind has, apart from `_OF_EACH_LINE`; the beginning of a restart may have `worker_before` too."""


@dataclass(frozen=True, slots=True)
class Line:
    """The parts of a line that resuming needs; `plan` is the fingerprint of the line's plan."""

    mark: Mark
    plan: str
    server: str | None = None
    action: int | None = None
    what: str | None = None
    worker_before: AwareDatetime | None = None
    whole_plan: dict[str, Any] | None = None


_LINE: TypeAdapter[Line] = TypeAdapter(Line)


def is_line(text: bytes) -> bool:
    """Whether it is a complete line, not the rest that a crash left."""
    try:
        must_be_unambiguous(text)
    except ValueError:
        return False
    return text.lstrip().startswith(b"{")


def last_run(file: Path) -> tuple[Plan | None, tuple[Line, ...]]:
    """The plan and the lines of the last run; (None, ()) if there is no run.

    Raises:
        PlanFileError: A line cannot be read, or does not belong to the plan before it.
    """
    plan, lines, finished = None, list[Line](), set[str | None]()
    for number, text in enumerate(_texts(file), 1):
        place = Place(file, number)
        line = _line_from(text, place)
        if line.mark is Mark.PLAN:
            plan, lines, finished = _plan_of(line, place), [], set()
        if line.mark is Mark.CUT:
            continue
        _must_be_of(plan, line, place)
        if line.server in finished:
            raise _unreadable(place, "this line is about a server that was finished before it")
        if line.mark is Mark.LEFT:
            finished.add(line.server)
        lines.append(line)
    return plan, tuple(lines)


def _texts(file: Path) -> list[bytes]:
    """The lines, without the last one if a crash cut it: then it is the beginning of a line, and nothing more."""
    try:
        *whole, rest = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(Place(file, 0), f"cannot be read: {error.strerror or error}") from None
    return [*whole, rest] if _begins_with_an_object(rest) else whole


def _begins_with_an_object(text: bytes) -> bool:
    try:
        json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False
    return True


def _line_from(text: bytes, place: Place) -> Line:
    try:
        must_be_unambiguous(text)
        line = _LINE.validate_json(text, strict=True)
    except ValueError:  # a ValidationError is one
        raise _unreadable(place, "this is no line of a journal") from None
    keys = json.loads(text).keys() - ({"worker_before"} if line.mark is Mark.BEGIN else set())
    if keys != _OF_EACH_LINE | _KEYS[line.mark]:
        raise _unreadable(place, "this line has other parts than a journal writes")
    return line


def _plan_of(line: Line, place: Place) -> Plan:
    try:
        return plan_from(json.dumps(line.whole_plan), place.file)
    except PlanFileError as error:
        raise _unreadable(place, f"the plan in this line {error.mistakes[0].problem}") from None


def _must_be_of(plan: Plan | None, line: Line, place: Place) -> None:
    if plan is None:
        raise _unreadable(place, "there is no plan before this line")
    if line.plan != plan.fingerprint:
        raise _unreadable(place, "this line is not of the plan before it")
    actions = {step.server: step.actions for step in plan.steps}.get(line.server or "")
    if line.mark is Mark.LEFT and actions is None:
        raise _unreadable(place, "this line is about a server that its plan does not have")
    if line.mark not in _OF_ACTIONS:
        return
    if not (actions and line.action is not None and 0 <= line.action < len(actions)):
        raise _unreadable(place, "this line is about an action that its plan does not have")
    if actions[line.action].text != line.what:
        raise _unreadable(place, "this line names another action than its number")


def _unreadable(place: Place, problem: str) -> PlanFileError:
    return PlanFileError([Mistake(place, problem, _NEXT_STEP)])
