"""What an action of a step is, and those that change, read and wait; `restart_actions` has those that restart.

Pure: what an action does and sees, it does and sees on its `Target`. Each kind is one class, which says how it is told,
how it is tried without changing anything, how it is done, whether it took effect before a crash, and whether it reads
so now. Nothing else knows the kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Protocol, Self

from pydantic import ConfigDict

from moveready.evidence.questions import Channel, Cmdlet
from moveready.fixer.readings import Value, setting_named

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.evidence.questions import ParameterValue
    from moveready.fixer.readings import Reading

STRICT = ConfigDict(extra="forbid", strict=True)


class Target(Protocol):
    """The server of a step, as an action may change it and look at it. Every method raises `EvidenceError`."""

    def run(self, channel: Channel, command: Cmdlet) -> None:
        """Carry out one cmdlet."""

    def read(self, setting: str) -> Reading:
        """What a setting reads now, where the step's precondition has read it."""

    def must_read(self, setting: str, value: Value) -> None:
        """Raises `FixError` where it reads otherwise."""

    def wait(self, seconds: float) -> None:
        """Wait and count down; raises `KeyboardInterrupt` as soon as somebody asks to stop."""

    def is_in_service(self) -> bool:
        """Whether the health check that load balancers follow says so."""

    def await_service(self, *, up: bool) -> None:
        """Wait until the health check says so; raises `FixError` where it does not."""

    def component_is_active(self, component: str) -> bool:
        """Whether no requester holds that component inactive."""

    def worker_started_at(self) -> datetime:
        """When the worker process that serves EWS was started."""

    def await_return(self, worker_before: datetime) -> None:
        """Wait until a new worker process serves; raises `FixError` where none does."""

    def has_restarted(self, worker_before: datetime) -> bool:
        """Whether the worker process is a new one, which then serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """An action with conditions is left out unless one of them holds when it is its turn."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    setting: str
    value: Value

    @property
    def text(self) -> str:
        """A few words for tables and journals."""
        return f"{self.setting} still reads {self.value}"

    def holds(self, target: Target) -> bool:
        """Whether it holds now; raises `EvidenceError` where it cannot be asked."""
        return target.read(self.setting).value == self.value


class Trial(NamedTuple):
    """A command that changes nothing, where it runs, and what the account lacks where it is refused, one sentence."""

    channel: Channel
    command: Cmdlet
    rights: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do on one server.

    Attributes:
        kind: By which a plan tells the kinds apart.
        restores: Number of the earlier action that this one makes good again; it is done even where one between them
            failed, or somebody pressed Ctrl-C.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    takes_away: ClassVar[bool] = False
    """Whether it takes the server away from its clients: the guards are asked right before it."""
    drops_clients: ClassVar[bool] = False
    """Whether clients of the server are dropped."""
    gives_back: ClassVar[bool] = False
    """Whether it can restore what another one has taken away."""

    kind: str
    restores: int | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError` where this kind cannot restore anything."""
        if self.restores is not None and not self.gives_back:
            raise ValueError(f"an action `{self.kind}` cannot restore another one")

    @property
    def text(self) -> str:
        """A line for tables and journals."""
        raise NotImplementedError

    @property
    def trial(self) -> Trial | None:
        """What shows whether it would be allowed, and changes nothing; None where that cannot be tried."""
        return None

    def after(self, number: int) -> Self:
        """The same behind so many other actions."""
        return self if self.restores is None else replace(self, restores=self.restores + number)

    def is_wanted(self, target: Target) -> bool:
        """Whether it is to be done now."""
        return True

    def worker_before(self, target: Target) -> datetime | None:
        """The start of the worker process that is to go, to be written down before; None where none is."""
        return None

    def do(self, target: Target, worker_before: datetime | None) -> None:
        """Do it, and wait for its effect; raises `FixError`, `EvidenceError` or `KeyboardInterrupt`."""
        raise NotImplementedError

    def took_effect(self, target: Target, worker_before: datetime | None) -> bool:
        """Whether it did before a crash that came while it was under way; where it did not, it is done again."""
        return False

    @property
    def subject(self) -> str:
        """What it brings about something of; for actions that give back."""
        raise NotImplementedError

    @property
    def state(self) -> str:
        """What is so once it is done; for actions that give back."""
        raise NotImplementedError

    def reads_so(self, target: Target) -> bool:
        """Whether that is so now; what gives back is done again until it is."""
        raise NotImplementedError

    def give_back(self, target: Target) -> None:
        """Do it without waiting for its effect, which is read."""
        raise NotImplementedError

    def is_proved_by(self, later: Action) -> bool:
        """Whether a later action of the step that is done proves the effect of this one, which is done too."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAction(Action):
    """What runs a cmdlet. `parameters` of it: None is a switch that is given."""

    channel: Channel
    cmdlet: str
    parameters: dict[str, str | int | bool | None] | None = None
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> Cmdlet:
        """The cmdlet to run."""
        parameters: dict[str, ParameterValue] = dict(self.parameters or {})
        return Cmdlet(self.cmdlet, *self.arguments, **parameters)

    @property
    def text(self) -> str:
        """The command itself."""
        return str(self.command)

    def give_back(self, target: Target) -> None:
        """Run the cmdlet again."""
        target.run(self.channel, self.command)

    def with_what_if(self, rights: str) -> Trial:
        """Its trial; `rights` is what the account lacks where that is refused."""
        tried = replace(self, parameters=(self.parameters or {}) | {"WhatIf": True})
        return Trial(self.channel, tried.command, rights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Set(CommandAction):
    """Brings a setting to a value."""

    gives_back: ClassVar[bool] = True

    kind: Literal["set"] = "set"
    setting: str
    value: Value

    @property
    def trial(self) -> Trial:
        """The same with -WhatIf; the rights are the setting's."""
        return self.with_what_if(setting_named(self.setting).rights)

    @property
    def subject(self) -> str:
        """The setting."""
        return self.setting

    @property
    def state(self) -> str:
        """What it reads then."""
        return f"{self.setting} reads {self.value}"

    def do(self, target: Target, worker_before: datetime | None) -> None:
        """An answer proves nothing: a `ReadBack` behind it looks."""
        target.run(self.channel, self.command)

    def took_effect(self, target: Target, worker_before: datetime | None) -> bool:
        """By what is read."""
        return self.reads_so(target)

    def reads_so(self, target: Target) -> bool:
        """By what is read, where it was written."""
        return target.read(self.setting).value == self.value

    def is_proved_by(self, later: Action) -> bool:
        """By its reading back."""
        return isinstance(later, ReadBack) and later.setting == self.setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack(Action):
    """Reads a setting where it was written, and stops where it is another than it was set to."""

    kind: Literal["read back"] = "read back"
    setting: str
    value: Value

    @property
    def text(self) -> str:
        """What is read, and what it must be."""
        return f"read back {self.setting}, expect {self.value}"

    def do(self, target: Target, worker_before: datetime | None) -> None:
        """Read it."""
        target.must_read(self.setting, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Action):
    """Waits so many seconds, with a countdown."""

    kind: Literal["wait"] = "wait"
    seconds: float

    @property
    def text(self) -> str:
        """How long."""
        return f"wait {self.seconds:g} s"

    def do(self, target: Target, worker_before: datetime | None) -> None:
        """Wait; after a crash, from the beginning."""
        target.wait(self.seconds)
