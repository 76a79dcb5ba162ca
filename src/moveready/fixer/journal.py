"""A record of every action, written before and after it is done, so that a killed run can be resumed.

JSON lines, each on disk (fsync) before the next thing happens. The first line of a run has the whole plan; then comes
one line before and one after every action; a line `end` closes the run. An action with `begin` and without `done` was
interrupted. A server without its `left` is half done, even if the run ended normally: something that was taken away
could not be given back.

A crash cuts only the last line, and the next writer puts the rest of it into a line `cut`. So if any other line cannot
be read, the journal is damaged, and no run is resumed from it.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moveready.fixer.journal_lines import Mark, is_line, last_run
from moveready.fixer.plan import plan_json

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from moveready.fixer.journal_lines import Line
    from moveready.fixer.plan import Plan, Step
    from moveready.fixer.readings import Value


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A step that a killed run left behind.

    Attributes:
        done: Numbers of the actions that are done, or were skipped because their condition was false.
        touched: Numbers of the actions that were ever begun, done or not: what they took away must be given back.
        begun: Number of the action that was interrupted, or None; nobody knows whether it happened.
        worker_before: If a restart was interrupted, the start of the worker process that it should replace.
        has_failed: An action failed before the run was killed: only giving back is left to do.
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
        """Append to the file, for this plan."""
        self._file = file
        self._plan = plan
        self._who = _who()
        self._lock = threading.Lock()

    def open_run(self) -> None:
        """Write the plan."""
        self._write(Mark.PLAN, {"whole_plan": json.loads(plan_json(self._plan))})

    def begin(self, step: Step, number: int, worker_before: datetime | None = None) -> None:
        """Write before an action; for a restart, with the start of the worker process that it replaces."""
        worker = {"worker_before": worker_before.isoformat()} if worker_before else {}
        self._write(Mark.BEGIN, _what(step, number) | {"before": _before(step)} | worker)

    def done(self, step: Step, number: int) -> None:
        """Write after an action that succeeded."""
        self._write(Mark.DONE, _what(step, number))

    def skipped(self, step: Step, number: int) -> None:
        """Write instead of an action whose condition is false."""
        self._write(Mark.SKIPPED, _what(step, number))

    def failed(self, step: Step, number: int, reason: str) -> None:
        """Write after an action that failed."""
        self._write(Mark.FAILED, _what(step, number) | {"reason": reason})

    def left(self, step: Step, ending: str) -> None:
        """Write when nothing more will be done on the server."""
        self._write(Mark.LEFT, {"server": step.server, "ending": ending})

    def close_run(self) -> None:
        """Write when the run is over."""
        self._write(Mark.END, {})

    def _write(self, mark: Mark, fields: dict[str, object]) -> None:
        with self._lock, self._file.open("a+b") as file:
            cut = _taken_off(file)
            if cut:
                file.write(self._line(Mark.CUT, {"text": cut.decode("utf-8", "backslashreplace")}))
            file.write(self._line(mark, fields))
            file.flush()
            os.fsync(file.fileno())

    def _line(self, mark: Mark, fields: dict[str, object]) -> bytes:
        who = {
            "at": datetime.now(UTC).isoformat(),
            "mark": mark.value,
            "plan": self._plan.fingerprint,
            "who": self._who,
        }
        return json.dumps(who | fields).encode() + b"\n"


def interrupted_steps(file: Path) -> tuple[Plan | None, tuple[Interrupted, ...]]:
    """The plan and the half done steps of the last run in the journal; (None, ()) if all is done or there is no run.

    Raises:
        PlanFileError: The journal cannot be read; it names the line.
    """
    plan, lines = last_run(file)
    if plan is None:
        return None, ()
    left = {line.server for line in lines if line.mark is Mark.LEFT}
    steps = tuple(_interrupted(step, lines) for step in plan.steps if step.server not in left)
    half_done = tuple(found for found in steps if found.touched)
    has_ended = lines[-1].mark is Mark.END
    return (None, ()) if has_ended and not half_done else (plan, half_done)


def _interrupted(step: Step, lines: tuple[Line, ...]) -> Interrupted:
    mine = [line for line in lines if line.server == step.server]
    done = _numbers(mine, Mark.DONE)
    touched = done | _numbers(mine, Mark.BEGIN)
    done |= _numbers(mine, Mark.SKIPPED)
    open_ones = [line for line in mine if line.mark is Mark.BEGIN and line.action not in done]
    has_failed = any(line.mark is Mark.FAILED for line in mine)
    if not open_ones:
        return Interrupted(step, done, touched, has_failed=has_failed)
    last = open_ones[-1]
    return Interrupted(step, done, touched, last.action, last.worker_before, has_failed)


def _numbers(lines: list[Line], mark: Mark) -> frozenset[int]:
    return frozenset(line.action for line in lines if line.mark is mark and line.action is not None)


def _what(step: Step, number: int) -> dict[str, object]:
    return {"server": step.server, "action": number, "what": step.actions[number].text}


def _before(step: Step) -> dict[str, Value]:
    """The value of each setting before the step."""
    return {known.setting: known.value for known in step.preconditions}


def _taken_off(file: BinaryIO) -> bytes:
    """Remove the last line if a crash cut it, and return it; a line that lost only its line end is completed."""
    if _ends_with_a_line(file):
        return b""
    file.seek(0)
    whole, _, rest = file.read().rpartition(b"\n")
    if is_line(rest):
        file.write(b"\n")
        return b""
    file.truncate(len(whole) + 1 if whole else 0)
    return rest


def _ends_with_a_line(file: BinaryIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _who() -> str:
    """The account, found once before any change; an account of a container may have no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        name = f"account {os.getuid()}" if hasattr(os, "getuid") else "somebody"
    return f"{name}@{socket.gethostname()}"
