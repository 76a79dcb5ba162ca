"""What was done, written down before and after it is done, so that a killed run can be resumed.

JSON lines, each on disk (fsync) before the next thing happens. The first line of a run holds the whole plan; then one
line before and one after every action; a line `end` closes the run. What has a `begin` and no `done` was interrupted.
A server without its `left` is half done, even where the run ended in order: it could not be given back what it lost.

A crash cuts the last line only, and whoever writes next puts what is left of it into a line `cut` of its own. So any
other line that cannot be read is a damaged journal, and nobody resumes by that.
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
        done: Numbers of the actions that are done, or left out because their condition did not hold.
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
        self._who = _who()
        self._lock = threading.Lock()

    def open_run(self) -> None:
        """Write the plan down."""
        self._write(Mark.PLAN, {"whole_plan": json.loads(plan_json(self._plan))})

    def begin(self, step: Step, number: int, worker_before: datetime | None = None) -> None:
        """Before an action; before a restart with the start of the worker process that is to go."""
        worker = {"worker_before": worker_before.isoformat()} if worker_before else {}
        self._write(Mark.BEGIN, _what(step, number) | {"before": _before(step)} | worker)

    def done(self, step: Step, number: int) -> None:
        """After an action that succeeded."""
        self._write(Mark.DONE, _what(step, number))

    def skipped(self, step: Step, number: int) -> None:
        """Instead of an action whose condition does not hold."""
        self._write(Mark.SKIPPED, _what(step, number))

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
    """The plan and the half done steps of the last run in the journal; (None, ()) where all is done, or there is none.

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
    """What each setting read before the step."""
    return {known.setting: known.value for known in step.preconditions}


def _taken_off(file: BinaryIO) -> bytes:
    """What a crash left of its last line, which is taken off the file; a line that lost only its end is made whole."""
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
    """Found once, before anything is changed; an account of a container may have no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        name = f"account {os.getuid()}" if hasattr(os, "getuid") else "somebody"
    return f"{name}@{socket.gethostname()}"
