"""`run.json`: a `Run` as a file, written in parts and read back.

Reading is strict: an unknown key, a key that stands there twice, a value of another type, and what contradicts itself
are refused. A key that nobody reads may be a misspelt one, and then its usual value would be taken instead.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from moveready.cleaning import cleaned
from moveready.errors import Mistake, Place, RunFileError
from moveready.findings.json_text import must_be_unambiguous
from moveready.findings.outcomes import SCHEMA, Outcome, Run, Value, adapter_of
from moveready.inventory import Phase
from moveready.inventory.names import fqdn_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from moveready.findings.outcomes import CheckedServer

_READABLE = frozenset({1, 2, SCHEMA})
_PHASES = frozenset(phase.value for phase in Phase)
_LONGEST_PLACE = 120  # characters
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
        content = file.read_bytes()
        run: Run = adapter_of(Run).validate_json(content, strict=True, extra="forbid")
        must_be_unambiguous(content)
    except (OSError, ValueError) as error:  # a ValidationError is a ValueError
        raise RunFileError([Mistake(Place(file, 0), _first_line(error), "Give a run.json of this version.")]) from None
    if run.schema not in _READABLE:
        problem = f"schema {run.schema} is not {SCHEMA}"
        raise RunFileError([Mistake(Place(file, 0), problem, "Read it with the moveready that wrote it.")])
    if problem := _problem_of(run):
        raise RunFileError([Mistake(Place(file, 0), f"is no run: {problem}", "Give a run.json as a run wrote it.")])
    return run


def _problem_of(run: Run) -> str:
    """What no run can have: such a name or a time would harm the reports. "" where there is nothing."""
    names = {server.name for server in run.servers} | {outcome.server for outcome in run.outcomes}
    if odd := next((name for name in sorted(names) if not _is_name(name)), ""):
        return f"{cleaned(odd)!r} is no name of a server"
    if odd := next((server.phase for server in run.servers if server.phase not in _PHASES), ""):
        return f"{cleaned(odd)!r} is no phase"
    if contradiction := _contradiction_in(run):
        return contradiction
    asked = (outcome.asked_at for outcome in (*run.outcomes, *run.before_fix))
    times = [run.started_at, run.finished_at, *filter(None, asked)]
    return "" if all(_EARLIEST <= time <= _LATEST for time in times) else "it has a time that cannot be"


def _contradiction_in(run: Run) -> str:
    """What a run says twice, or of a server that it does not have; "" where there is nothing."""
    names = {server.name for server in run.servers}
    if server_twice := _first_twice(server.name for server in run.servers):
        return f"{server_twice} is in it twice"
    if key_twice := _first_twice(outcome.key for outcome in run.outcomes):
        return f"{cleaned(key_twice[1])!r} is in it twice for {key_twice[0]}"
    if odd := next((outcome.server for outcome in run.outcomes if outcome.server not in names), ""):
        return f"it has an outcome of {odd}, which is none of its servers"
    if odd := next((server.name for server in run.servers if _has_verdict_on_another(server)), ""):
        return f"its verdict on {odd} is one on another server"
    return ""


def _first_twice(values: Iterable[Value]) -> Value | None:
    return next((value for value, count in Counter(values).items() if count > 1), None)


def _has_verdict_on_another(server: CheckedServer) -> bool:
    verdicts = (*server.verdicts, *filter(None, [server.diagnosis]))
    return any(verdict.server != server.name for verdict in verdicts)


def _is_name(name: str) -> bool:
    try:
        return fqdn_from(name) == name
    except ValueError:
        return False


def _json_of(value: Run | Outcome) -> bytes:
    kind: Any = type(value)
    plain: bytes = adapter_of(kind).dump_json(value, indent=2, ensure_ascii=True)
    return plain.replace(b"\x7f", b"\\u007f")


def _first_line(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    if not isinstance(error, ValidationError):
        return f"is no run: {error}"
    first = error.errors(include_url=False, include_input=False)[0]
    where = " ".join(cleaned(".".join(map(str, first["loc"])) or "the text").split())[:_LONGEST_PLACE]
    what = "this key is unknown" if first["type"] == "unexpected_keyword_argument" else first["msg"]
    return f"is no run: {where}: {what}"
