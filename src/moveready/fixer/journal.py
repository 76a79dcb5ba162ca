"""What was done, written down before and after it is done, so that a killed run can be resumed.

May import errors, plan.

JSON lines, each on disk (fsync) before the next thing happens. The first line of a run holds the whole plan; then one
line before and one after every action; a line `end` closes the run. What has a `begin` and no `done` was interrupted.
A server without its `left` is half done, even where the run ended in order: it could not be given back what it lost.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from moveready.errors import Mistake, Place, PlanFileError
from moveready.fixer.plan import plan_from, plan_json

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from moveready.fixer.plan import Plan, Step


class Mark(Enum):
    """What a line says."""

    PLAN = "plan"
    BEGIN = "begin"
    DONE = "done"
    FAILED = "failed"
    LEFT = "left"
    """The server is finished, well or not: nothing of it is to be resumed."""
    END = "end"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A step that a killed run left behind.

    Attributes:
        done: Numbers of the actions that are done.
        touched: Numbers of the actions that were ever begun, done or not: what they took away is to be given back.
        begun: Number of the action that was under way, or None; nobody knows whether it happened.
        worker_before: Of a restart that was under way, the start of the worker process that was to go.
        has_failed: An action failed before the run was killed: nothing is to be done but to give back.
    """

    step: Step
    done: frozenset[int]
    touched: frozenset[int]
    begun: int | None = None
    worker_before: datetime | None = None
    has_failed: bool = False


class Journal:
    """The journal of one run; threads of several pools write to it."""

    def __init__(self, file: Path, plan: Plan) -> None:
        """Write to the end of the file, about this plan."""
        self._file = file
        self._plan = plan
        self._lock = threading.Lock()

    def open_run(self) -> None:
        """Write the plan down."""
        self._write(Mark.PLAN, {"whole_plan": json.loads(plan_json(self._plan))})

    def begin(self, step: Step, number: int, worker_before: datetime | None = None) -> None:
        """Before an action; before a restart with the start of the worker process that is to go."""
        worker = {"worker_before": worker_before.isoformat()} if worker_before else {}
        self._write(Mark.BEGIN, _what(step, number) | {"before": step.before} | worker)

    def done(self, step: Step, number: int) -> None:
        """After an action that succeeded."""
        self._write(Mark.DONE, _what(step, number))

    def failed(self, step: Step, number: int, reason: str) -> None:
        """After an action that did not."""
        self._write(Mark.FAILED, _what(step, number) | {"reason": reason})

    def left(self, step: Step, ending: str) -> None:
        """When nothing more will be done on the server."""
        self._write(Mark.LEFT, {"server": step.server, "ending": ending})

    def close_run(self) -> None:
        """When the run is over."""
        self._write(Mark.END, {})

    def _write(self, mark: Mark, fields: dict[str, object]) -> None:
        line = {
            "at": datetime.now(UTC).isoformat(),
            "mark": mark.value,
            "plan": self._plan.fingerprint,
            "who": _who(),
            **fields,
        }
        with self._lock, self._file.open("a+b") as file:
            # A line that a power failure has cut must not swallow this one.
            file.write((b"" if _ends_with_a_line(file) else b"\n") + json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def interrupted_steps(file: Path) -> tuple[Plan | None, tuple[Interrupted, ...]]:
    """The plan and the half done steps of the last run in the journal; (None, ()) where all is done, or there is none.

    Raises:
        PlanFileError: The journal cannot be read, or its lines belong to another plan than the one in it.
    """
    lines = _last_run(file)
    if not lines:
        return None, ()
    plan = plan_from(json.dumps(lines[0].get("whole_plan")), file)
    if {line["plan"] for line in lines} != {plan.fingerprint}:
        problem = "its lines are not of the plan in it"
        raise PlanFileError([Mistake(Place(file, 0), problem, "Look at each server that it names, then move it away.")])
    left = {line["server"] for line in lines if line["mark"] == Mark.LEFT.value}
    steps = tuple(_interrupted(step, lines) for step in plan.steps if step.server not in left)
    half_done = tuple(found for found in steps if found.touched)
    has_ended = lines[-1]["mark"] == Mark.END.value
    return (None, ()) if has_ended and not half_done else (plan, half_done)


def _last_run(file: Path) -> list[dict[str, object]]:
    """The lines of the last run. A line that was cut by a power failure is the last, and says nothing."""
    lines: list[dict[str, object]] = []
    for text in file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else ():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        lines = [line] if line["mark"] == Mark.PLAN.value else [*lines, line]
    return lines


def _interrupted(step: Step, lines: list[dict[str, object]]) -> Interrupted:
    mine = [line for line in lines if line.get("server") == step.server and "action" in line]
    done = frozenset(int(str(line["action"])) for line in mine if line["mark"] == Mark.DONE.value)
    touched = done | {int(str(line["action"])) for line in mine if line["mark"] == Mark.BEGIN.value}
    open_ones = [line for line in mine if line["mark"] == Mark.BEGIN.value and int(str(line["action"])) not in done]
    has_failed = any(line["mark"] == Mark.FAILED.value for line in mine)
    if not open_ones:
        return Interrupted(step, done, touched, has_failed=has_failed)
    worker = open_ones[-1].get("worker_before")
    before = datetime.fromisoformat(str(worker)) if worker else None
    return Interrupted(step, done, touched, int(str(open_ones[-1]["action"])), before, has_failed)


def _what(step: Step, number: int) -> dict[str, object]:
    return {"server": step.server, "action": number, "what": step.actions[number].told}


def _ends_with_a_line(file: BinaryIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _who() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"
