"""`Outcome` and `Run`: what came out, as plain data, JSON both ways.

`run.json` is a `Run`. Its `schema` number grows when a reader of the old form would misread the new one.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from pydantic import AwareDatetime, TypeAdapter

from moveready.evidence.cost import Cost
from moveready.findings.controls import Severity
from moveready.findings.verdicts import Verdict, worst_of
from moveready.inventory import Waiver

SCHEMA = 3
"""3: an outcome may be `waived`. 2: the evidence of an outcome is kept by the names of its subjects.

Runs of the earlier schemas are read as well.
"""


class Result(Enum):
    """How a control ended on a server; the value is what people read."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class MissingFact:
    """Why evidence could not be had: the class of the error in `moveready.errors`, and what it is made of."""

    kind: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One control on one server.

    Attributes:
        sentence: What is and what should be, or why it could not be evaluated; "" where it passed.
        resolution: The commands or words that repair it; "" where it passed.
        evidence: What it was judged on, by the name of the subject; in a run that was read, as plain data.
        seconds: How long its questions took, and the test itself.
        remedy: Name of the fixer's remedy, or None.
        story: Where the fixer repaired it, what it did, a line each.
        crash: Where moveready itself failed, what was raised and where; for whoever repairs moveready.
        waiver: The waiver that covers it, or None. Where the result is `failed`, that waiver has expired.
        asked_at: When its evidence was asked for; None where nothing was asked.
        missing: Why the rest of the evidence could not be had, by the name of the subject.
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
    waiver: Waiver | None = None
    asked_at: AwareDatetime | None = None
    missing: dict[str, MissingFact] = field(default_factory=dict)

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

    @property
    def has_failed(self) -> bool:
        """Whether it failed, or could not be carried out."""
        return self.result in {"failed", "error"}


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


class WaiverState(Enum):
    """What became of a waiver in a run; the value is what people read.

    Members:
        ACTIVE: It counts.
        ENDS_SOON: It counts, and ends within two weeks.
        EXPIRED: Its last day is over; what it covered has its real result again.
        NOT_NEEDED: All that it covers has passed: it can go.
        NOT_ASKED: Nothing of what it covers was judged in this run, so nothing is known about it.
    """

    ACTIVE = "active"
    ENDS_SOON = "ends soon"
    EXPIRED = "expired"
    NOT_NEEDED = "no longer needed"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """A waiver of the inventory, and what became of it in this run."""

    waiver: Waiver
    state: WaiverState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScope:
    """What a run was asked to do.

    Attributes:
        fingerprint: SHA-256 of the inventory, in hexadecimal, as `Inventory.fingerprint`.
        limit: The value of `--limit`, or "".
        controls: The value of `--control`, or "".
        phase: The value of `--phase`, or "".
        cut_pools: Pools of which `--limit`, or the record that is judged again, has left out a server.
        accounts: Names of the users that log in; no passwords.
        options: The other options that were given, by name; none of them is a secret.
        fail_on_unlisted: Whether a server that Exchange has and the inventory has not counts as a finding.
        certificates_verified: False where `tls.verify` of the inventory was false, so nobody knows who has answered.
    """

    fingerprint: str = ""
    limit: str = ""
    controls: str = ""
    phase: str = ""
    cut_pools: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    fail_on_unlisted: bool = False
    certificates_verified: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run found, servers in the inventory's order, outcomes by server and control.

    `before_fix` keeps what the fixer found, of the outcomes that it tried to repair. `costs` says what the checks asked
    of each server, and under the organization's name of the one that read the directory. `complete` is False where a
    selected control was not judged, because the run was interrupted or stopped, or a worker process died; then
    `incomplete` says why, a sentence without its full stop. `id` is what marks the run's probes. `unlisted` are the
    FQDNs of servers that Exchange has and the inventory has not; None where Exchange did not answer. `notices` are
    sentences about what went wrong after the judging, such as a history that could not be written. `not_asked` are, by
    server, the ids of the installed controls that apply to it and were not judged: a selection has left them out.
    """

    organization: str
    inventory: str
    started_at: AwareDatetime
    finished_at: AwareDatetime
    servers: tuple[CheckedServer, ...]
    outcomes: tuple[Outcome, ...]
    plain_tests: tuple[PlainTest, ...] = ()
    before_fix: tuple[Outcome, ...] = ()
    costs: dict[str, Cost] = field(default_factory=dict)
    version: str = ""
    complete: bool = True
    incomplete: str = ""
    schema: int = SCHEMA
    id: str = ""
    scope: RunScope = field(default_factory=RunScope)
    waivers: tuple[WaiverUse, ...] = ()
    unlisted: tuple[str, ...] | None = None
    notices: tuple[str, ...] = ()
    not_asked: dict[str, tuple[str, ...]] = field(default_factory=dict)

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

    @property
    def unverified(self) -> tuple[str, ...]:
        """The servers whose certificates were not checked, so that nobody knows who answered in their names."""
        return tuple(server.name for server in self.servers if not server.verified)

    @property
    def unlisted_findings(self) -> tuple[str, ...] | None:
        """`unlisted` where they count as findings; none where they do not."""
        return self.unlisted if self.scope.fail_on_unlisted else ()

    def count(self, result: Result) -> int:
        """How many controls ended so."""
        return sum(outcome.result is result for outcome in self.outcomes)


Value = TypeVar("Value")


def plain_from(value: object) -> object:
    """The value as dicts, lists, strings and numbers, as JSON and pytest-xdist carry it."""
    kind: Any = type(value)
    return adapter_of(kind).dump_python(value, mode="json")


def value_from(plain: object, kind: type[Value]) -> Value:
    """The value of that kind; raises `pydantic.ValidationError` where the data is none."""
    asked: Any = kind
    value: Value = adapter_of(asked).validate_python(plain)
    return value


@functools.cache
def adapter_of(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type that pydantic can read
    """The adapter of a type, made at its first use only, as that takes time."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return adapter
