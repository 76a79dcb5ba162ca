"""`run.json`: a `Run` as a file, written in parts and read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from moveready.cleaning import cleaned
from moveready.errors import Mistake, Place, RunFileError
from moveready.findings.outcomes import SCHEMA, Outcome, Run, adapter_of
from moveready.inventory import Phase
from moveready.inventory.names import fqdn_from

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READABLE = frozenset({1, 2, SCHEMA})
_PHASES = frozenset(phase.value for phase in Phase)
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def json_from(run: Run) -> bytes:
    """The bytes of a `run.json`, the same for the same run; nothing in it drives a terminal that shows the file."""
    return b"".join(json_parts(run))


def json_parts(run: Run) -> Iterator[bytes]:
    """These bytes in parts: of 5,000 servers they are 22 MB, and pydantic needs twice as much to make them at once."""
    # No text can look like this mark: in a text each quote has a backslash before it.
    head, mark, tail = _json_of(replace(run, outcomes=())).partition(b'"outcomes": []')
    if not run.outcomes:
        yield head + mark + tail
        return
    yield head + b'"outcomes": ['
    for number, outcome in enumerate(run.outcomes):
        yield (b",\n    " if number else b"\n    ") + _json_of(outcome).replace(b"\n", b"\n    ")
    yield b"\n  ]" + tail


def read_run(file: Path) -> Run:
    """The run of a `run.json`; raises `RunFileError` where it is none, or of another schema."""
    try:
        run: Run = adapter_of(Run).validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunFileError([Mistake(Place(file, 0), _first_line(error), "Give a run.json of this version.")]) from None
    if run.schema not in _READABLE:
        problem = f"schema {run.schema} is not {SCHEMA}"
        raise RunFileError([Mistake(Place(file, 0), problem, "Read it with the moveready that wrote it.")])
    if problem := _problem_of(run):
        raise RunFileError([Mistake(Place(file, 0), f"is no run: {problem}", "Give a run.json as a run wrote it.")])
    return run


def _problem_of(run: Run) -> str:
    """What no run can have: such a name or a time would harm the reports. "" where there is nothing."""
    names = {*(server.name for server in run.servers), *(outcome.server for outcome in run.outcomes)}
    if odd := next((name for name in sorted(names) if not _is_name(name)), ""):
        return f"{cleaned(odd)!r} is no name of a server"
    if odd := next((server.phase for server in run.servers if server.phase not in _PHASES), ""):
        return f"{cleaned(odd)!r} is no phase"
    asked = (outcome.asked_at for outcome in (*run.outcomes, *run.before_fix))
    times = [run.started_at, run.finished_at, *filter(None, asked)]
    return "" if all(_EARLIEST <= time <= _LATEST for time in times) else "it has a time that cannot be"


def _is_name(name: str) -> bool:
    try:
        return fqdn_from(name) == name
    except ValueError:
        return False


def _json_of(value: Run | Outcome) -> bytes:
    kind: Any = type(value)
    plain: bytes = adapter_of(kind).dump_json(value, indent=2, ensure_ascii=True)
    return plain.replace(b"\x7f", b"\\u007f")


def _first_line(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    first = error.errors()[0]
    return f"is no run: {'.'.join(map(str, first['loc'])) or 'the text'}: {first['msg']}"
