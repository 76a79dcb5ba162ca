"""The actions that take a server away from its clients and put it back. Pure, like all actions."""

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
        """Set the state, and wait: work that runs through the server gets time to move."""
        target.run(self.channel, self.command)
        target.await_service(up=self.up)

    def took_effect(self, target: Target, worker_before: datetime | None) -> bool:
        """Ask the health check."""
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
        """The component with its new state."""
        return f"{self.component} is active"

    def reads_so(self, target: Target) -> bool:
        """Ask for the state of the component, over all requesters."""
        return target.component_is_active(self.component)

    def is_proved_by(self, later: Action) -> bool:
        """Always: the action has waited for its effect itself."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(CommandAction):
    """Restarts, and waits until services, worker process and endpoint are back.

    Attributes:
        only_if: It is skipped unless one of these conditions is true; without conditions, it is always done.
    """

    takes_away: ClassVar[bool] = True
    drops_clients: ClassVar[bool] = True

    kind: Literal["restart"] = "restart"
    only_if: tuple[Condition, ...] = ()

    @property
    def text(self) -> str:
        """The command, and its conditions."""
        conditions = " or ".join(condition.text for condition in self.only_if)
        return f"{self.command}, only if {conditions}" if conditions else str(self.command)

    def is_wanted(self, target: Target) -> bool:
        """Whether one of its conditions is true."""
        return not self.only_if or any(condition.holds(target) for condition in self.only_if)

    def worker_before(self, target: Target) -> datetime:
        """The start of the present worker process; a later start proves the restart."""
        return target.worker_started_at()

    def do(self, target: Target, worker_before: datetime | None) -> None:
        """Restart, and wait for the return."""
        target.run(self.channel, self.command)
        if worker_before is not None:
            target.await_return(worker_before)

    def took_effect(self, target: Target, worker_before: datetime | None) -> bool:
        """Compare the start of the worker process."""
        return worker_before is not None and target.has_restarted(worker_before)
