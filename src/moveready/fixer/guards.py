"""What the fixer refuses to do. Pure.

Every refusal names the rule and what to do about it. Rules about the whole plan refuse all of it; the others refuse
single servers.
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
    """What the command line allows: how many servers, and whether the last ready server of a pool."""

    most_servers: int = 5
    last_node: bool = False


def plan_refusals(plan: Plan, inventory: Inventory, limits: Limits, now: datetime) -> tuple[str, ...]:
    """Why the whole plan must not be carried out, one sentence each; empty if it may."""
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
    """Refusals of the servers that the inventory does not let the fixer change."""
    allowed = {server.name for server in inventory.servers if server.fix_allowed}
    return tuple(
        Refusal(step.server, "the inventory does not let the fixer change it", "write `fix: allowed` at the server")
        for step in plan.steps
        if step.server not in allowed
    )


def closed_by_now(step: Step, inventory: Inventory, now: datetime) -> Refusal | None:
    """The refusal if the change window closed while earlier servers of the plan were changed."""
    window = inventory.fix.window
    if window is None or window.contains(now):
        return None
    return Refusal(step.server, f"the change window {window.text} has closed", "wait for it, or change fix.window")


def needs_a_peer(step: Step, inventory: Inventory, limits: Limits) -> bool:
    """Whether another server of its pool must serve while this one restarts."""
    return step.restarts and not limits.last_node and inventory.server(step.server).pool is not None


def possible_peers(step: Step, inventory: Inventory, standings: Mapping[str, Standing] | None) -> tuple[Server, ...]:
    """The servers of its pool that may serve during the restart; the caller must ask whether they do.

    In the phase `moving`, a peer must have passed all checks: one that works until its next recycle does not count. In
    the phase `idle`, no server is `ready`, because MRSProxy must be off; so every peer may serve the pool's other
    clients.

    Args:
        step: The step that will be carried out.
        inventory: Says which servers are in the pool.
        standings: The standing of each server at its last check; None if no checks have run, as before a resume.
    """
    server = inventory.server(step.server)
    peers = tuple(peer for peer in inventory.servers if peer.pool == server.pool and peer.name != server.name)
    if standings is None or not server.phase.wants_mrsproxy:
        return peers
    return tuple(peer for peer in peers if standings.get(peer.name) is Standing.READY)


def last_of_pool(step: Step, inventory: Inventory, seen: Collection[str]) -> Refusal:
    """The refusal if no other server of the pool serves while this one restarts; `seen` has each peer's answer."""
    answers = f": {'; '.join(seen)}" if seen else ""
    return Refusal(
        step.server,
        f"no other server of pool {inventory.server(step.server).pool} is known to be ready while this one"
        f" restarts{answers}",
        "check the whole pool in the same run, repair another one first, or give --fix-last-node",
    )


def in_maintenance(server: str, what: str) -> Refusal:
    """The refusal of a server that somebody took out of service: the fixer must not put it back into service."""
    return Refusal(server, f"it is in maintenance: {what}", "end the maintenance, or leave it out with --limit")
