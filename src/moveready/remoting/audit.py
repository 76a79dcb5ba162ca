"""The audit of a run (`--audit FILE`): what was sent to which server, as JSON lines.

Each question has two lines: one before it is sent, so that not even a killed run hides one, and one with its end.
All processes of a run append to the same file. A line is one write to a file that was opened for appending, which POSIX
puts at the end whole, whoever else writes. Windows' C library seeks and writes in two steps, so the processes take
turns there. Files for each worker, joined at the end, would stay apart where the controller is killed.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from filelock import FileLock

from moveready.errors import EvidenceError, RemoteCommandError
from moveready.evidence.questions import CmdletAnswer, HttpAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from moveready.evidence.cost import Meter
    from moveready.evidence.questions import Pipeline

T = TypeVar("T")

_TURN_SECONDS = 5.0
"""Longest wait for another process that writes; it holds the file for a millisecond."""

_WRITING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as the audit writes it.

    Attributes:
        server: FQDN of the server that it is sent to.
        channel: How it is sent, in the words of `Channel`.
        account: The name of the account that logs in; None where nobody does.
        what: `session`, the configuration that is logged in to; `cmdlets`, each with name and parameters; or `method`
        and `path`.
    """

    server: str
    channel: str
    account: str | None
    what: Mapping[str, object]


Meaning = Callable[[Exception], EvidenceError]


@dataclass(frozen=True, slots=True)
class Audit:
    """The file of one run; without a file nothing is written.

    Attributes:
        run: The id of the run, on each line: a file may have several runs.
        missing: Why lines are missing, a sentence; nothing where none is.
        takes_turns: Whether processes wait for each other, as they must on Windows.
    """

    file: Path | None = None
    run: str = ""
    missing: list[str] = field(default_factory=list, compare=False)
    takes_turns: bool = os.name == "nt"

    def begin(self, **about: str) -> None:
        """Write the first line of the run, with what is to be known about it; raises `OSError` if that fails."""
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            if _was_cut(self.file):
                with self.file.open("ab") as stream:
                    stream.write(b"\n")
            self._append({"event": "run", "time": _now(), "run": self.run, **about})

    def asked(self, question: Asked, meter: Meter, ask: Callable[[], T], meaning_of: Meaning | None = None) -> T:
        """The answer to the question, which `ask` sends; what `ask` raises is written down and raised as it is.

        Args:
            question: What is sent, and to whom.
            meter: Counts what the question costs.
            ask: Sends it.
            meaning_of: Gives the words for an error of a library; without it such an error has none.
        """
        if self.file is None:
            return ask()
        line: dict[str, object] = {
            "run": self.run,
            "id": secrets.token_hex(8),
            "server": question.server,
            "channel": question.channel,
            "account": question.account,
            **question.what,
        }
        self._write({"event": "asks", "time": _now(), **line})
        before, began = meter.cost, monotonic()
        end: dict[str, object] = {"ended": "no answer"}
        try:
            answer = ask()
            end = _end_of(answer)
        except EvidenceError as error:
            end = _failure_of(error)
            raise
        except Exception as error:
            end = _failure_of(meaning_of(error)) if meaning_of else end
            raise
        else:
            return answer
        finally:
            cost = meter.cost - before
            sizes = {"seconds": round(monotonic() - began, 3), "requests": cost.requests, "bytes": cost.bytes_received}
            self._write({"event": "ended", "time": _now(), **line, **sizes, **end})

    def _write(self, line: Mapping[str, object]) -> None:
        """Append it. If the disk refuses, it is told at the end: a server must get back what was taken away."""
        try:
            self._append(line)
        except OSError as error:
            if not self.missing:
                self.missing.append(f"--audit: {self.file} lacks lines: {error.strerror or error}")

    def _append(self, line: Mapping[str, object]) -> None:
        assert self.file is not None  # noqa: S101 - without a file nobody calls
        data = json.dumps(line).encode() + b"\n"
        if self.missing:
            # The disk was full, perhaps in the middle of a line; an empty line between two others harms nobody.
            data = b"\n" + data
        with _WRITING, self._turn(), self.file.open("ab", buffering=0) as stream:
            while data:
                data = data[stream.write(data) or 0 :]

    def _turn(self) -> AbstractContextManager[object]:
        return FileLock(f"{self.file}.lock", timeout=_TURN_SECONDS) if self.takes_turns else nullcontext()


def _was_cut(file: Path) -> bool:
    """Whether an earlier run was cut in a line; asked before this one writes, whose lines can be seen half written."""
    if not file.exists() or not file.stat().st_size:
        return False
    with file.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) != b"\n"


def of_pipeline(pipeline: Pipeline) -> dict[str, object]:
    """What a pipeline sends: its cmdlets, each with its parameters; a switch is true."""
    return {
        "cmdlets": [
            {
                "name": cmdlet.name,
                **({"arguments": list(cmdlet.arguments)} if cmdlet.arguments else {}),
                "parameters": {name: True if value is None else value for name, value in cmdlet.parameters.items()},
            }
            for cmdlet in pipeline.cmdlets
        ]
    }


def of_get(path: str) -> dict[str, object]:
    """What an HTTPS request asks for."""
    return {"method": "GET", "path": path}


def _end_of(answer: object) -> dict[str, object]:
    if isinstance(answer, HttpAnswer):
        return {"ended": "answered", "status": answer.status}
    if isinstance(answer, CmdletAnswer) and answer.errors:
        return {"ended": "completed with errors", "why": ", ".join(error.error_id for error in answer.errors)}
    return {"ended": "completed"}


def _failure_of(error: EvidenceError) -> dict[str, object]:
    """The server's own refusal of a cmdlet, or a conversation that broke."""
    return {"ended": "failed" if isinstance(error, RemoteCommandError) else "no answer", "why": error.happened}


def _now() -> str:
    return datetime.now(UTC).isoformat()
