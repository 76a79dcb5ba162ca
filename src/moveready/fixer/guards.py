"""What the fixer refuses to do. Pure.

Every refusal names the rule and what to do about it. Rules about the plan as a whole refuse all of it; the others
refuse servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.findings.verdicts import Standing
from moveready.fixer.plan import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from moveready.fixer.plan import Plan, Step
    from moveready.inventory import Inventory, Server


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
            f"now is outside the change window {window.text if window else ''}: wait for it, or change fix.window",
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
    return Refusal(step.server, f"the change window {window.text} has closed", "wait for it, or change fix.window")


def needs_a_peer(step: Step, inventory: Inventory, limits: Limits) -> bool:
    """Whether another server of its pool must serve while this one restarts."""
    return step.restarts and not limits.last_node and inventory.server(step.server).pool is not None


def possible_peers(step: Step, inventory: Inventory, standings: Mapping[str, Standing] | None) -> tuple[Server, ...]:
    """The servers of its pool that may serve meanwhile, as far as this run knows; whether they do is to be asked.

    While `moving` a peer must have passed all checks: one that works until its next recycle does not count. While
    `idle` no server is `ready`, because MRSProxy must be off; there every peer may serve the pool's other clients.

    Args:
        step: What is to be done.
        inventory: Which servers are in the pool.
        standings: How each server stood when it was last checked; None where no checks have run, as before a resume.
    """
    server = inventory.server(step.server)
    peers = tuple(peer for peer in inventory.servers if peer.pool == server.pool and peer.name != server.name)
    if standings is None or not server.phase.wants_mrsproxy:
        return peers
    return tuple(peer for peer in peers if standings.get(peer.name) is Standing.READY)


def last_of_pool(step: Step, inventory: Inventory, seen: Collection[str]) -> Refusal:
    """The refusal where nobody else of the pool serves while this one restarts; `seen` says what each peer answers."""
    told = f": {'; '.join(seen)}" if seen else ""
    return Refusal(
        step.server,
        f"no other server of pool {inventory.server(step.server).pool} is known to be ready while this one"
        f" restarts{told}",
        "check the whole pool in the same run, repair another one first, or give --fix-last-node",
    )


def in_maintenance(server: str, what: str) -> Refusal:
    """The refusal of a server that somebody has taken out of service: to take it back in is not ours to decide."""
    return Refusal(server, f"it is in maintenance: {what}", "end the maintenance, or leave it out with --limit")
