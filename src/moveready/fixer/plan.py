"""A plan as data: which server, what it is now, which actions in which order. Pure.

A plan is made, read by people and approved; nothing is decided while servers are changed. A file is read strictly: an
unknown key or a value of another type is refused.
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
from moveready.fixer.actions import STRICT, ReadBack, Set, Wait
from moveready.fixer.readings import Value
from moveready.fixer.restart_actions import Activate, Drain, Restart
from moveready.inventory import Phase

SCHEMA = 2
"""2: a step repairs any number of findings. A plan of schema 1 has expired long ago."""
LIFETIME = timedelta(hours=4)
"""A plan older than this is not carried out: too much may have changed since people read it."""

AnyAction = Annotated[Set | ReadBack | Wait | Drain | Activate | Restart, Discriminator("kind")]
"""An action as a plan has it; `kind` tells which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One finding that a step repairs.

    Attributes:
        kb: Whose finding it is, or "" for that of a control of your own.
        diagnosis: What that KB concludes about the server, in its words.
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
    """A setting as it was read for this plan; where it reads otherwise at the time of doing, the step is refused.

    Attributes:
        setting: Its name.
        where: The identity of the object that has it.
        value: What it reads.
        domain_controller: Where it is read and written, or None to leave that to Exchange.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    setting: str
    where: str
    value: Value
    domain_controller: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What is done on one server, and why: one visit, whatever it repairs.

    Attributes:
        preconditions: At most one of each setting.
        phase: Of the migration; for another phase other things are right.
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
        """All that is the matter, in the words of the KBs."""
        return ", ".join(repair.diagnosis for repair in self.repairs)

    @property
    def controls(self) -> tuple[str, ...]:
        """All controls that must pass afterwards."""
        return tuple(dict.fromkeys(control for repair in self.repairs for control in repair.controls))

    def precondition_of(self, setting: str) -> Precondition | None:
        """The one of that setting; None where the step was not made for a value of it."""
        return next((known for known in self.preconditions if known.setting == setting), None)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server or a finding that the fixer leaves alone: the rule, and what to do about it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    server: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps of a run, in the order in which they are done.

    Attributes:
        refusals: The servers that are left alone.
        by_hand: The findings that no remedy repairs, on servers whose other findings are dealt with here.
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
        if (schema := _schema_of(data)) not in {None, SCHEMA}:
            raise _no_plan(source, f"has schema {schema}, not {SCHEMA}") from None
        raise _no_plan(source, f"is no plan: {_first_mistake(error)}") from None
    if plan.schema != SCHEMA:
        raise _no_plan(source, f"has schema {plan.schema}, not {SCHEMA}")
    return plan


def _schema_of(data: bytes | str) -> int | None:
    """The number that another version of moveready wrote; None where there is none."""
    try:
        schema = json.loads(data)["schema"]
    except (ValueError, KeyError, TypeError):
        return None
    return schema if type(schema) is int else None


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
