"""Reads the lines of a journal back, strictly.

Resuming from a damaged journal could change the wrong server, so an unreadable line is an error with file and line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from moveready.errors import Mistake, Place, PlanFileError
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


@dataclass(frozen=True, slots=True)
class Line:
    """The parts of a line that resuming needs; `plan` is the fingerprint of the line's plan."""

    mark: Mark
    plan: str
    server: str | None = None
    action: int | None = None
    worker_before: AwareDatetime | None = None
    whole_plan: dict[str, Any] | None = None


_LINE: TypeAdapter[Line] = TypeAdapter(Line)


def is_line(text: bytes) -> bool:
    """Whether it is a complete line, not the rest that a crash left."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def last_run(file: Path) -> tuple[Plan | None, tuple[Line, ...]]:
    """The plan and the lines of the last run; (None, ()) if there is no run.

    Raises:
        PlanFileError: A line cannot be read, or does not belong to the plan before it.
    """
    plan, lines = None, list[Line]()
    for number, text in enumerate(_texts(file), 1):
        place = Place(file, number)
        line = _line_from(text, place)
        if line.mark is Mark.PLAN:
            plan, lines = _plan_of(line, place), []
        if line.mark is not Mark.CUT:
            _must_be_of(plan, line, place)
            lines.append(line)
    return plan, tuple(lines)


def _texts(file: Path) -> list[bytes]:
    """The lines, without the last one if a crash cut it."""
    try:
        *whole, rest = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(Place(file, 0), f"cannot be read: {error.strerror or error}") from None
    return [*whole, rest] if is_line(rest) else whole


def _line_from(text: bytes, place: Place) -> Line:
    try:
        return _LINE.validate_json(text, strict=True)
    except ValidationError:
        raise _unreadable(place, "this is no line of a journal") from None


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
    actions = {step.server: len(step.actions) for step in plan.steps}.get(line.server or "", 0)
    if line.mark in _OF_ACTIONS and not (line.action is not None and 0 <= line.action < actions):
        raise _unreadable(place, "this line is about an action that its plan does not have")


def _unreadable(place: Place, problem: str) -> PlanFileError:
    return PlanFileError([Mistake(place, problem, _NEXT_STEP)])
