"""Finishes or rolls back what a killed run left half done.

Servers are resumed one after the other, even if one fails. A server is only rolled back if an action had failed before
the run was killed, or if an apply would not touch it now: every guard of an apply counts here too.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from moveready.errors import MovereadyError
from moveready.fixer.apply import StepRun
from moveready.fixer.approval import origin_refusals
from moveready.fixer.live_guards import LiveGuards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from moveready.fixer.context import StepContext
    from moveready.fixer.guards import Limits
    from moveready.fixer.journal import Interrupted
    from moveready.fixer.plan import Plan
    from moveready.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Resuming:
    """Resumes what a killed run left behind, as far as it is allowed now.

    Attributes:
        plan: The plan of the killed run; it belongs to this inventory's organization.
        now: The time.
    """

    plan: Plan
    inventory: Inventory
    limits: Limits
    context: StepContext
    now: Callable[[], datetime]

    def resume(self, interrupted: Iterable[Interrupted]) -> tuple[str, ...]:
        """Resume every half done server; returns what could not be done, one line each."""
        return tuple(filter(None, [self._resumed(left) for left in interrupted]))

    @property
    def _guards(self) -> LiveGuards:
        """The guards; no checks have run yet, so peers are only known by asking them."""
        return LiveGuards(self.inventory, self.context.executor, self.limits, None, self.now)

    def _resumed(self, left: Interrupted) -> str:
        name = left.step.server
        if all(server.name != name for server in self.inventory.servers):
            return f"{name} is not in this inventory: give the one that the plan was made with, and no --limit."
        context = replace(self.context, guard=self._guards.must_allow)
        run = StepRun(left.step, self.inventory.server(name), context, left)
        reason = self._only_to_roll_back(left)
        try:
            if reason:
                self._begin_to_roll_back(left, reason)
                run.roll_back()
            else:
                context.reporter.show(f"{name}: resuming")
                run.carry_out()
        except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - the next server must be given back too
            problem = run.message_of(error)
        else:
            problem = ""
        if not run.not_restored:
            # If this cannot be written, the server is resumed again, and nothing is left to do then.
            with suppress(OSError):
                context.journal.left(left.step, problem or ("rolled back" if reason else "resumed"))
        return problem

    def _begin_to_roll_back(self, left: Interrupted, reason: str) -> None:
        """Note the rollback, so that a later resume goes on with it if this run is killed too.

        A journal or a terminal that cannot be written does not stop the giving back.
        """
        with suppress(MovereadyError):
            self.context.reporter.show(f"{left.step.server}: rolling back: {reason}")
        with suppress(OSError):
            self.context.journal.failed(left.step, max(left.touched), reason)

    def _only_to_roll_back(self, left: Interrupted) -> str:
        """Why the server must only be rolled back; "" if it may be repaired now."""
        server = self.inventory.server(left.step.server)
        if left.has_failed:
            return "an action had failed before the run was killed"
        if refusals := origin_refusals(self.plan, self.inventory, self.now()):
            return refusals[0]
        if server.phase is not left.step.phase:
            return f"its phase is {server.phase.value} now, the plan was made for {left.step.phase.value}"
        if not server.fix_allowed:
            return "the inventory does not let the fixer change it"
        refusal = self._guards.refusal_of(left.step, left.touched)
        return refusal.reason if refusal else ""
