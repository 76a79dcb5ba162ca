"""The kinds of action that take a server away from its clients and put it back. Pure, as all actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from moveready.fixer.actions import Action, CommandAction, Condition, Target, Trial

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _ComponentState(CommandAction):
    """Sets the state of a component, `EwsProxy`, which load balancers follow through the health check."""

    up: ClassVar[bool]

    @property
    def component(self) -> str:
        """Its name."""
        return str((self.parameters or {}).get("Component"))

    def do(self, target: Target, worker_before: datetime | None) -> None:
        """What runs through the server is given time to move."""
        target.run(self.channel, self.command)
        target.await_service(up=self.up)

    def took_effect(self, target: Target, worker_before: datetime | None) -> bool:
        """By the health check."""
        return target.is_in_service() is self.up


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain(_ComponentState):
    """Takes the server out of the load balancer, and waits until its health check says so."""

    takes_away: ClassVar[bool] = True
    up: ClassVar[bool] = False

    kind: Literal["drain"] = "drain"

    @property
    def trial(self) -> Trial:
        """The same with -WhatIf."""
        return self.with_what_if(
            "Give the account an RBAC role with Set-ServerComponentState, or write `drain: false` under `fix`."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Activate(_ComponentState):
    """Puts the server back into the load balancer, and waits until its health check says so."""

    gives_back: ClassVar[bool] = True
    up: ClassVar[bool] = True

    kind: Literal["activate"] = "activate"

    @property
    def subject(self) -> str:
        """The component."""
        return f"the component {self.component}"

    @property
    def state(self) -> str:
        """What it is then."""
        return f"{self.component} is active"

    def reads_so(self, target: Target) -> bool:
        """By the state of the component, for whichever requester."""
        return target.component_is_active(self.component)

    def is_proved_by(self, later: Action) -> bool:
        """It has waited for its effect itself."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(CommandAction):
    """Restarts, and waits until services, worker process and endpoint are back.

    Attributes:
        only_if: It is left out unless one of these holds; without any, it is done.
    """

    takes_away: ClassVar[bool] = True
    drops_clients: ClassVar[bool] = True

    kind: Literal["restart"] = "restart"
    only_if: tuple[Condition, ...] = ()

    @property
    def text(self) -> str:
        """The command, and when it is done."""
        conditions = " or ".join(condition.text for condition in self.only_if)
        return f"{self.command}, only if {conditions}" if conditions else str(self.command)

    def is_wanted(self, target: Target) -> bool:
        """Whether one of its conditions holds."""
        return not self.only_if or any(condition.holds(target) for condition in self.only_if)

    def worker_before(self, target: Target) -> datetime:
        """By this a restart is told from none."""
        return target.worker_started_at()

    def do(self, target: Target, worker_before: datetime | None) -> None:
        """Restart, and wait."""
        target.run(self.channel, self.command)
        if worker_before is not None:
            target.await_return(worker_before)

    def took_effect(self, target: Target, worker_before: datetime | None) -> bool:
        """By the start of the worker process."""
        return worker_before is not None and target.has_restarted(worker_before)
