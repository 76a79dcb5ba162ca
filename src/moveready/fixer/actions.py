"""What an action of a step is, and the actions that change, read and wait; `restart_actions` has those that restart.

Pure: an action changes and reads its `Target` only. Each kind is one class. It says how the action is described, tried
without a change and done, whether it took effect before a crash, and whether its effect can be read now. Nothing else
knows the kinds.
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
    """The server of a step, with all that an action may change and read. Every method raises `EvidenceError`."""

    def run(self, channel: Channel, command: Cmdlet) -> None:
        """Carry out one cmdlet."""

    def read(self, setting: str) -> Reading:
        """The present value of a setting, read at the same place as the step's precondition."""

    def must_read(self, setting: str, value: Value) -> None:
        """Raise `FixError` if the setting has another value."""

    def wait(self, seconds: float) -> None:
        """Wait and count down; raises `KeyboardInterrupt` as soon as somebody asks to stop."""

    def is_in_service(self) -> bool:
        """Whether the server is in service by the health check that load balancers follow."""

    def await_service(self, *, up: bool) -> None:
        """Wait until the health check says that it is in service or not; raises `FixError` if it does not."""

    def component_is_active(self, component: str) -> bool:
        """Whether no requester holds that component inactive."""

    def worker_started_at(self) -> datetime:
        """When the worker process that serves EWS was started."""

    def await_return(self, worker_before: datetime) -> None:
        """Wait until a new worker process serves; raises `FixError` if none does."""

    def has_restarted(self, worker_before: datetime) -> bool:
        """Whether the worker process is a new one, and serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition of an action: when its turn comes, the action is skipped unless one of its conditions is true."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    setting: str
    value: Value

    @property
    def text(self) -> str:
        """A few words for tables and journals."""
        return f"{self.setting} still reads {self.value}"

    def holds(self, target: Target) -> bool:
        """Whether it is true now; raises `EvidenceError` if this cannot be found out."""
        return target.read(self.setting).value == self.value


class Trial(NamedTuple):
    """A command that changes nothing, where it runs, and one sentence on the missing right if it is refused."""

    channel: Channel
    command: Cmdlet
    rights: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do on one server.

    Attributes:
        kind: The name of the kind in a plan.
        restores: Number of the earlier action that this one undoes; it is done even if an action between them failed,
            or somebody pressed Ctrl-C.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    takes_away: ClassVar[bool] = False
    """Whether it takes the server away from its clients: the guards are asked right before it."""
    drops_clients: ClassVar[bool] = False
    """Whether clients of the server are dropped."""
    gives_back: ClassVar[bool] = False
    """Whether it can restore what another action took away."""

    kind: str
    restores: int | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` if this kind cannot restore anything but should."""
        if self.restores is not None and not self.gives_back:
            raise ValueError(f"an action `{self.kind}` cannot restore another one")

    @property
    def text(self) -> str:
        """A line for tables and journals."""
        raise NotImplementedError

    @property
    def trial(self) -> Trial | None:
        """A command that shows whether the action is allowed, and changes nothing; None if there is no such command."""
        return None

    def after(self, number: int) -> Self:
        """The same action, moved behind so many others."""
        return self if self.restores is None else replace(self, restores=self.restores + number)

    def is_wanted(self, target: Target) -> bool:
        """Whether it must be done now."""
        return True

    def worker_before(self, target: Target) -> datetime | None:
        """The start of the worker process that will be replaced, for the journal; None if the action replaces none."""
        return None

    def do(self, target: Target, worker_before: datetime | None) -> None:
        """Do it, and wait for its effect; raises `FixError`, `EvidenceError` or `KeyboardInterrupt`."""
        raise NotImplementedError

    def took_effect(self, target: Target, worker_before: datetime | None) -> bool:
        """Whether it took effect before a crash that interrupted it; if not, it is done again."""
        return False

    @property
    def subject(self) -> str:
        """The thing that it changes; for actions that give back."""
        raise NotImplementedError

    @property
    def state(self) -> str:
        """The state when it is done; for actions that give back."""
        raise NotImplementedError

    def reads_so(self, target: Target) -> bool:
        """Whether that state can be read now; an action that gives back is repeated until it can."""
        raise NotImplementedError

    def give_back(self, target: Target) -> None:
        """Do it without waiting for its effect; the caller reads the effect."""
        raise NotImplementedError

    def is_proved_by(self, later: Action) -> bool:
        """Whether a later action of the step proves the effect of this one; both have been done."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAction(Action):
    """An action that runs a cmdlet. In `parameters`, None is a switch that is on."""

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
        """The cmdlet with -WhatIf; `rights` is the missing right if that is refused."""
        tried = replace(self, parameters=(self.parameters or {}) | {"WhatIf": True})
        return Trial(self.channel, tried.command, rights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Set(CommandAction):
    """Sets a setting to a value."""

    gives_back: ClassVar[bool] = True

    kind: Literal["set"] = "set"
    setting: str
    value: Value

    @property
    def trial(self) -> Trial:
        """The same with -WhatIf; the setting says which right is needed."""
        return self.with_what_if(setting_named(self.setting).rights)

    @property
    def subject(self) -> str:
        """The setting."""
        return self.setting

    @property
    def state(self) -> str:
        """The setting with its new value."""
        return f"{self.setting} reads {self.value}"

    def do(self, target: Target, worker_before: datetime | None) -> None:
        """Run the cmdlet. Its answer proves nothing: a `ReadBack` after it checks the value."""
        target.run(self.channel, self.command)

    def took_effect(self, target: Target, worker_before: datetime | None) -> bool:
        """Read the setting."""
        return self.reads_so(target)

    def reads_so(self, target: Target) -> bool:
        """Read the setting where it was written."""
        return target.read(self.setting).value == self.value

    def is_proved_by(self, later: Action) -> bool:
        """Proved by a `ReadBack` of the same setting."""
        return isinstance(later, ReadBack) and later.setting == self.setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack(Action):
    """Reads a setting where it was written, and stops if it does not have the value that was set."""

    kind: Literal["read back"] = "read back"
    setting: str
    value: Value

    @property
    def text(self) -> str:
        """The setting, and the value that it must have."""
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
        """Wait; after a crash, the full time again."""
        target.wait(self.seconds)
