"""Finishes or rolls back what a killed run left half done. May import what one step is made of.

One server after the other, whatever becomes of the others. A server is rolled back, and no more, where an action had
failed before the run was killed, and where servers must not be changed now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.fixer.apply import StepRun

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from moveready.fixer.journal import Interrupted
    from moveready.fixer.surroundings import Surroundings
    from moveready.inventory import Inventory


def resume_steps(
    interrupted: Iterable[Interrupted], inventory: Inventory, around: Surroundings, now: datetime
) -> tuple[str, ...]:
    """Resume every half done server; returns what could not be done, a line each."""
    return tuple(filter(None, [_resumed(left, inventory, around, now) for left in interrupted]))


def _resumed(left: Interrupted, inventory: Inventory, around: Surroundings, now: datetime) -> str:
    name = left.step.server
    if all(server.name != name for server in inventory.servers):
        return f"{name} is not in this inventory: give the one that the plan was made with, and no --limit."
    run = StepRun(left.step, inventory.server(name), around, left)
    reason = _only_to_roll_back(left, inventory, now)
    around.audience.tell(f"{name}: rolling back: {reason}" if reason else f"{name}: resuming")
    try:
        if reason:
            # Whoever resumes after us, should we be killed too, must go on rolling back.
            around.journal.failed(left.step, max(left.touched), reason)
            run.roll_back()
        else:
            run.carry_out()
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - the next server must be given back too
        problem = run.told_of(error)
    else:
        problem = ""
    if not run.owed:
        around.journal.left(left.step, problem or ("rolled back" if reason else "resumed"))
    return problem


def _only_to_roll_back(left: Interrupted, inventory: Inventory, now: datetime) -> str:
    """Why the server is not to be repaired now; "" where it is."""
    if left.has_failed:
        return "an action had failed before the run was killed"
    if inventory.fix.window and not inventory.fix.window.contains(now):
        return f"now is outside the change window {inventory.fix.window.told}"
    if not inventory.server(left.step.server).fix_allowed:
        return "the inventory does not let the fixer change it"
    return ""
