"""A plan as data: which server, what it is now, which cmdlets in which order. Pure.

May import errors, questions, diagnosis, inventory. A plan is made, read by people and approved; nothing is decided
while servers are changed. A file is read strictly: an unknown key or a value of another type is refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from moveready.errors import Mistake, Place, PlanFileError
from moveready.inventory import Phase
from moveready.questions import Channel, Cmdlet

if TYPE_CHECKING:
    from moveready.questions import ParameterValue

SCHEMA = 1
LIFETIME = timedelta(hours=4)
"""A plan older than this is not carried out: too much may have changed since people read it."""
_STRICT = ConfigDict(extra="forbid", strict=True)


class Kind(Enum):
    """What an action does; the value stands in the plan."""

    SET_FLAG = "set"
    """Sets MRSProxyEnabled of one virtual directory."""
    READ_BACK = "read back"
    """Reads the flag from the domain controller that was written, and stops where it is another."""
    WAIT = "wait"
    DRAIN = "drain"
    """Takes the server out of the load balancer, and waits until its health check says so."""
    ACTIVATE = "activate"
    RESTART = "restart"
    """Restarts, and waits until services, worker process and endpoint are back."""
    RUN = "run"
    """Any other cmdlet, of a remedy of one's own."""


class Condition(Enum):
    """When a conditional action is done: what the endpoint answers after login by then."""

    STILL_OFF = "the endpoint still answers 403"
    STILL_ON = "the endpoint still lets moves in"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do on one server.

    Attributes:
        channel: Where its cmdlet runs, or None where it has none.
        parameters: Of the cmdlet; None is a switch that is given.
        value: The flag that is set, or that must be read back.
        seconds: How long to wait.
        restores: Number of the earlier action that this one makes good again; it is done even where one between them
            failed, or somebody pressed Ctrl-C.
        only_if: It is left out unless this holds when it is its turn.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    kind: Kind
    channel: Channel | None = None
    cmdlet: str = ""
    parameters: dict[str, str | int | bool | None] | None = None
    arguments: tuple[str, ...] = ()
    value: bool | None = None
    seconds: float = 0.0
    restores: int | None = None
    only_if: Condition | None = None

    @property
    def command(self) -> Cmdlet:
        """The cmdlet to run."""
        parameters: dict[str, ParameterValue] = dict(self.parameters or {})
        return Cmdlet(self.cmdlet, *self.arguments, **parameters)

    @property
    def told(self) -> str:
        """A line for tables and journals."""
        if self.kind is Kind.WAIT:
            return f"wait {self.seconds:g} s"
        if self.kind is Kind.READ_BACK:
            return f"read back MRSProxyEnabled, expect {self.value}"
        return f"{self.command}, only if {self.only_if.value}" if self.only_if else str(self.command)


@dataclass(frozen=True, slots=True)
class Step:
    """What is done on one server, and why.

    Attributes:
        kb: Whose finding it repairs, or "" for that of a control of your own.
        diagnosis: What that KB concludes about the server, in its words.
        before: The flag as it was read for this plan; where it is another at the time of doing, the step is refused.
        domain_controller: Where the flag is read and written, or None to leave that to Exchange.
        controls: The failed controls that must pass afterwards.
        phase: Of the migration; for another phase other things are right.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    server: str
    pool: str | None
    kb: str
    diagnosis: str
    remedy: str
    controls: tuple[str, ...]
    identity: str
    before: bool
    domain_controller: str | None
    actions: tuple[Action, ...]
    phase: Phase = Phase.MOVING

    @property
    def restarts(self) -> bool:
        """Whether clients of the server will be dropped."""
        return any(action.kind is Kind.RESTART for action in self.actions)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server with findings that the fixer leaves alone: the rule, and how to lift it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    server: str
    reason: str
    lift: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps of a run, in the order in which they are done."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    organization: str
    inventory_fingerprint: str
    made_at: AwareDatetime
    expires_at: AwareDatetime
    steps: tuple[Step, ...]
    refusals: tuple[Refusal, ...] = ()
    schema: int = SCHEMA

    @property
    def fingerprint(self) -> str:
        """Twelve characters that name this plan; any change to it changes them."""
        return hashlib.sha256(_ADAPTER.dump_json(self)).hexdigest()[:12]

    def without(self, refusals: tuple[Refusal, ...]) -> Plan:
        """The plan without the refused servers, which are told beside the earlier refusals."""
        refused = {refusal.server for refusal in refusals}
        steps = tuple(step for step in self.steps if step.server not in refused)
        return replace(self, steps=steps, refusals=self.refusals + refusals)


_ADAPTER: TypeAdapter[Plan] = TypeAdapter(Plan)
_STEP_ADAPTER: TypeAdapter[Step] = TypeAdapter(Step)


def step_data(step: Step) -> dict[str, Any]:
    """The step as it stands in the file, for comparing it with another."""
    data: dict[str, Any] = _STEP_ADAPTER.dump_python(step, mode="json")
    return data


def plan_json(plan: Plan) -> str:
    """The text of a `fix-plan.json`."""
    return _ADAPTER.dump_json(plan, indent=2).decode() + "\n"


def plan_from(data: bytes | str, source: Path) -> Plan:
    """The plan of such a text; raises `PlanFileError` where it is none, or of another schema."""
    try:
        plan = _ADAPTER.validate_json(data)
    except ValidationError as error:
        raise _no_plan(source, f"is no plan: {_first_mistake(error)}") from None
    if plan.schema != SCHEMA:
        raise _no_plan(source, f"has schema {plan.schema}, not {SCHEMA}")
    return plan


def _first_mistake(error: ValidationError) -> str:
    """Where and what; the names in a file are anybody's text, so that no control character of them gets through."""
    first = error.errors()[0]
    where = ascii(".".join(map(str, first["loc"])) or "the text")[1:-1]
    what = "this key is unknown" if first["type"] == "unexpected_keyword_argument" else first["msg"]
    return f"{where}: {what}"


def read_plan(file: Path) -> Plan:
    """The plan of a file; raises `PlanFileError`."""
    try:
        return plan_from(file.read_bytes(), file)
    except OSError as error:
        raise _no_plan(file, f"cannot be read: {error.strerror}") from None


def _no_plan(file: Path, problem: str) -> PlanFileError:
    return PlanFileError([Mistake(Place(file, 0), problem, "Make one with --fix plan.")])
