"""A plan as data: the servers, their present state, and the actions in their order. Pure.

A plan is made, read by people and approved; no decision is left for the time when servers are changed. A file is read
strictly: an unknown key, a key that stands there twice or a value of another type is refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, ConfigDict, Discriminator, TypeAdapter, ValidationError

from moveready.errors import Mistake, Place, PlanFileError
from moveready.evidence.questions import Channel
from moveready.findings.json_text import must_be_unambiguous
from moveready.fixer.actions import STRICT, ReadBack, Set, Wait
from moveready.fixer.readings import Value
from moveready.fixer.restart_actions import Activate, Drain, Restart
from moveready.inventory import Phase

SCHEMA = 2
"""2: a step repairs any number of findings. A plan of schema 1 has expired long ago."""
LIFETIME = timedelta(hours=4)
"""A plan older than this is not carried out: too much may have changed since people read it."""

AnyAction = Annotated[Set | ReadBack | Wait | Drain | Activate | Restart, Discriminator("kind")]
"""An action in a plan; `kind` says which class it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One finding that a step repairs.

    Attributes:
        kb: The KB of the finding, or "" for a finding of your own control.
        diagnosis: The verdict of that KB on the server, in its words.
        remedy: Name of the remedy.
        controls: The failed controls that must pass afterwards.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kb: str
    diagnosis: str
    remedy: str
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition:
    """A setting as it was read for this plan; if it has another value when the step begins, the step is refused.

    Attributes:
        setting: Its name.
        where: The identity of the object that has it.
        value: Its value.
        domain_controller: The one that reads and writes it, or None to let Exchange choose.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    setting: str
    where: str
    value: Value
    domain_controller: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What is done on one server, and why: one visit that repairs all its findings.

    Attributes:
        preconditions: At most one for each setting.
        phase: The phase of the migration; it decides what is right.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    server: str
    pool: str | None
    repairs: tuple[Repair, ...]
    preconditions: tuple[Precondition, ...]
    actions: tuple[AnyAction, ...]
    phase: Phase = Phase.MOVING

    @property
    def restarts(self) -> bool:
        """Whether clients of the server will be dropped."""
        return any(action.drops_clients for action in self.actions)

    @property
    def works_on_the_server(self) -> bool:
        """Whether something is done on the server itself, and not in Active Directory alone."""
        return self.restarts or any(isinstance(one, Set) and one.channel is Channel.WINDOWS for one in self.actions)

    @property
    def diagnosis(self) -> str:
        """All diagnoses of the server, in the words of the KBs."""
        return ", ".join(repair.diagnosis for repair in self.repairs)

    @property
    def controls(self) -> tuple[str, ...]:
        """All controls that must pass afterwards."""
        return tuple(dict.fromkeys(control for repair in self.repairs for control in repair.controls))

    def precondition_of(self, setting: str) -> Precondition | None:
        """The precondition of that setting; None if the step has none for it."""
        return next((known for known in self.preconditions if known.setting == setting), None)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server or a finding that the fixer does not touch: the rule, and what to do about it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    server: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps of a run, in the order in which they are done.

    Attributes:
        refusals: The servers that are not touched.
        by_hand: The findings that no remedy repairs, on servers whose other findings the plan repairs.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    organization: str
    inventory_fingerprint: str
    made_at: AwareDatetime
    expires_at: AwareDatetime
    steps: tuple[Step, ...]
    refusals: tuple[Refusal, ...] = ()
    by_hand: tuple[Refusal, ...] = ()
    schema: int = SCHEMA

    @property
    def fingerprint(self) -> str:
        """Twelve characters that identify this plan; any change to the plan changes them."""
        return hashlib.sha256(_ADAPTER.dump_json(self)).hexdigest()[:12]

    def without(self, refusals: tuple[Refusal, ...]) -> Plan:
        """The plan without the refused servers, which are added to the earlier refusals."""
        refused = {refusal.server for refusal in refusals}
        steps = tuple(step for step in self.steps if step.server not in refused)
        return replace(self, steps=steps, refusals=self.refusals + refusals)


_ADAPTER: TypeAdapter[Plan] = TypeAdapter(Plan)
_STEP_ADAPTER: TypeAdapter[Step] = TypeAdapter(Step)


def step_data(step: Step) -> dict[str, Any]:
    """The step as it is in the file, to compare it with another."""
    data: dict[str, Any] = _STEP_ADAPTER.dump_python(step, mode="json")
    return data


def plan_json(plan: Plan) -> str:
    """The text of a `fix-plan.json`."""
    return _ADAPTER.dump_json(plan, indent=2).decode() + "\n"


def plan_from(data: bytes | str, source: Path) -> Plan:
    """The plan in such a text; raises `PlanFileError` if it is not a plan, or has another schema."""
    try:
        plan = _ADAPTER.validate_json(data)
    except ValidationError as error:
        if (schema := _schema_of(data)) not in {None, SCHEMA}:
            raise _no_plan(source, f"has schema {schema}, not {SCHEMA}") from None
        raise _no_plan(source, f"is no plan: {_first_mistake(error)}") from None
    if plan.schema != SCHEMA:
        raise _no_plan(source, f"has schema {plan.schema}, not {SCHEMA}")
    try:
        must_be_unambiguous(data)
    except ValueError as error:
        raise _no_plan(source, f"is no plan: {error}") from None
    return plan


def _schema_of(data: bytes | str) -> int | None:
    """The schema number in the file, which another version of moveready may have written; None if there is none."""
    try:
        schema = json.loads(data)["schema"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return schema if type(schema) is int else None


def _first_mistake(error: ValidationError) -> str:
    """The first mistake and its place, without control characters, because anybody may have written the file."""
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
