"""What the fixer refuses to do. Pure. May import the plan, inventory, diagnosis.

Every refusal names the rule and how to lift it. Rules about the plan as a whole refuse all of it; the others refuse
servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.diagnosis import Verdict
from moveready.fixer.plan import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from moveready.fixer.plan import Plan, Step
    from moveready.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Limits:
    """What the command line allows: so many servers, and the last ready server of a pool or not."""

    most_servers: int = 5
    last_node: bool = False


def plan_refusals(plan: Plan, inventory: Inventory, limits: Limits, now: datetime) -> tuple[str, ...]:
    """Why the plan as a whole must not be carried out, a sentence each; empty where it may."""
    window = inventory.fix.window
    rules = (
        (
            window is not None and not window.contains(now),
            f"now is outside the change window {window.told if window else ''}: wait for it, or change fix.window",
        ),
        (
            len(plan.steps) > limits.most_servers,
            f"the plan changes {len(plan.steps)} servers, --fix-max allows {limits.most_servers}: raise it, or --limit",
        ),
    )
    return tuple(sentence for broken, sentence in rules if broken)


def not_allowed(plan: Plan, inventory: Inventory) -> tuple[Refusal, ...]:
    """The servers that the inventory keeps from the fixer."""
    allowed = {server.name for server in inventory.servers if server.fix_allowed}
    return tuple(
        Refusal(step.server, "the inventory does not let the fixer change it", "write `fix: allowed` at the server")
        for step in plan.steps
        if step.server not in allowed
    )


def closed_by_now(step: Step, inventory: Inventory, now: datetime) -> Refusal | None:
    """The refusal where the change window has closed while earlier servers of the plan were changed."""
    window = inventory.fix.window
    if window is None or window.contains(now):
        return None
    return Refusal(
        step.server, f"the change window {window.told} closed before it was begun", "wait for it, or change fix.window"
    )


def last_of_pool(step: Step, inventory: Inventory, verdicts: Mapping[str, Verdict], limits: Limits) -> Refusal | None:
    """The refusal where nobody else of the pool is ready to serve while this one restarts.

    `verdicts` is the newest verdict of each server; one that was not checked counts as not ready.
    """
    if not step.restarts or step.pool is None or limits.last_node:
        return None
    others = (server.name for server in inventory.servers if server.pool == step.pool and server.name != step.server)
    if any(verdicts.get(name) is Verdict.READY for name in others):
        return None
    return Refusal(
        step.server,
        f"no other server of pool {step.pool} is known to be ready while this one restarts",
        "check the whole pool in the same run, repair another one first, or give --fix-last-node",
    )
