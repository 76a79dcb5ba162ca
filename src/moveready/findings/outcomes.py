"""`Outcome` and `Run`: what came out, as plain data, JSON both ways.

`run.json` is a `Run`. Its `schema` number grows when a reader of the old form would misread the new one.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from moveready.errors import Mistake, Place, RunFileError
from moveready.evidence.cost import Cost
from moveready.findings.controls import Severity
from moveready.findings.verdicts import Verdict, worst_of

SCHEMA = 2
"""2: the evidence of an outcome is kept by the names of its subjects. 1 is read as well."""
_READABLE = frozenset({1, SCHEMA})


class Result(Enum):
    """How a control ended on a server; the value is what people read."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One control on one server.

    Attributes:
        sentence: What is and what should be, or why it could not be evaluated; "" where it passed.
        resolution: The commands or words that repair it; "" where it passed.
        evidence: What it was judged on, by the name of the subject; in a run that was read, as plain data.
        seconds: How long the test took, waiting for the evidence included.
        remedy: Name of the fixer's remedy, or None.
        story: Where the fixer repaired it, what it did, a line each.
        crash: Where moveready itself failed, what was raised and where; for whoever repairs moveready.
    """

    control: str
    title: str
    severity: Severity
    source: str
    server: str
    result: Result
    sentence: str
    resolution: str
    evidence: dict[str, Any]
    seconds: float
    remedy: str | None = None
    story: tuple[str, ...] = ()
    crash: str = ""

    @property
    def word(self) -> str:
        """How it ended in one word; `fixed` where it passed because the fixer repaired it."""
        return "fixed" if self.story and self.result is Result.PASSED else self.result.value

    @property
    def key(self) -> tuple[str, str]:
        """Its identity: server and control."""
        return self.server, self.control


@dataclass(frozen=True, slots=True)
class PlainTest:
    """A test without a control: the user's own in `checks/`, or one that a crashed worker left behind.

    `result` is pytest's word: passed, failed, error, skipped, xfailed or xpassed.
    """

    nodeid: str
    result: str
    sentence: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CheckedServer:
    """A server as the reports need it.

    Attributes:
        verified: False where its certificate was not checked.
        verdicts: One of each KB that was asked.
        diagnosis: The one of them that people must see first; None where nothing was checked.
    """

    name: str
    group: str | None
    site: str | None
    pool: str | None
    phase: str
    verified: bool
    file: str
    line: int
    verdicts: tuple[Verdict, ...] = ()
    diagnosis: Verdict | None = None

    def __post_init__(self) -> None:
        """Where no diagnosis is given it is the worst verdict."""
        if self.diagnosis is None:
            object.__setattr__(self, "diagnosis", worst_of(self.verdicts))

    def verdict_of(self, kb: str) -> Verdict | None:
        """What that KB concludes about it; None where the KB was not asked."""
        return next((verdict for verdict in self.verdicts if verdict.kb == kb), None)


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run found, servers in the inventory's order, outcomes by server and control.

    `before_fix` keeps what the fixer found, of the outcomes that it tried to repair. `costs` says what the checks asked
    of each server, and under the organization's name of the one that read the directory. `complete` is False where a
    selected control was not judged, because the run was interrupted or stopped, or a worker process died; then
    `incomplete` says why, a sentence without its full stop.
    """

    organization: str
    inventory: str
    started_at: datetime
    finished_at: datetime
    servers: tuple[CheckedServer, ...]
    outcomes: tuple[Outcome, ...]
    plain_tests: tuple[PlainTest, ...] = ()
    before_fix: tuple[Outcome, ...] = ()
    costs: dict[str, Cost] = field(default_factory=dict)
    version: str = ""
    complete: bool = True
    incomplete: str = ""
    schema: int = SCHEMA

    def by_server(self) -> dict[str, list[Outcome]]:
        """The outcomes of each server that has any."""
        grouped: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            grouped.setdefault(outcome.server, []).append(outcome)
        return grouped

    @property
    def crashes(self) -> tuple[Outcome, ...]:
        """The outcomes at which moveready itself failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.crash)

    def count(self, result: Result) -> int:
        """How many controls ended so."""
        return sum(outcome.result is result for outcome in self.outcomes)


Value = TypeVar("Value")


def plain_from(value: object) -> object:
    """The value as dicts, lists, strings and numbers, as JSON and pytest-xdist carry it."""
    kind: Any = type(value)
    return _adapter_of(kind).dump_python(value, mode="json")


def value_from(plain: object, kind: type[Value]) -> Value:
    """The value of that kind; raises `pydantic.ValidationError` where the data is none."""
    asked: Any = kind
    value: Value = _adapter_of(asked).validate_python(plain)
    return value


def json_from(run: Run) -> bytes:
    """The bytes of a `run.json`, the same for the same run; nothing in it drives a terminal that shows the file."""
    return _adapter_of(Run).dump_json(run, indent=2, ensure_ascii=True).replace(b"\x7f", b"\\u007f")


def read_run(file: Path) -> Run:
    """The run of a `run.json`; raises `RunFileError` where it is none, or of another schema."""
    try:
        run: Run = _adapter_of(Run).validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunFileError([Mistake(Place(file, 0), _first_line(error), "Give a run.json of this version.")]) from None
    if run.schema not in _READABLE:
        raise RunFileError(
            [
                Mistake(
                    Place(file, 0),
                    f"schema {run.schema} is not {SCHEMA}",
                    "Read it with the moveready that wrote it.",
                )
            ]
        )
    return run


@functools.cache
def _adapter_of(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type that pydantic can read
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return adapter


def _first_line(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    first = error.errors()[0]
    return f"is no run: {'.'.join(map(str, first['loc'])) or 'the text'}: {first['msg']}"
