"""The one place where passwords leave the process that has read them: a worker of pytest-xdist asks for them.

What xdist itself hands to a worker is a dictionary that stays in memory on both sides, and that a traceback with locals
shows; it has no password. Each worker has a channel of its own for them, asks once, and closes it. The channel is the
pipe to the worker's process, or what takes its place for a worker on another machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.inventory import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moveready.inventory import Inventory

_PLEASE = "passwords, please"
_PATIENCE_SECONDS = 120.0
"""Longest wait for the controller, which answers on a thread of its own."""


def tell_when_asked(channel: Any, inventory: Inventory) -> None:  # noqa: ANN401 - execnet's
    """On the controller: answer the worker at the other end, as soon as it asks."""
    channel.setcallback(lambda _: channel.send(_revealed(inventory)))


def having_asked(channel: Any, inventory: Inventory) -> Inventory:  # noqa: ANN401 - execnet's
    """On a worker: the inventory with its passwords; raises `pytest.UsageError` if the controller does not answer."""
    channel.send(_PLEASE)
    try:
        return inventory.having_passwords(_hidden(channel.receive(_PATIENCE_SECONDS)))
    except (EOFError, OSError, channel.TimeoutError):
        raise pytest.UsageError("the controller of this worker does not tell the passwords") from None
    finally:
        channel.close()


def _revealed(inventory: Inventory) -> dict[str, str]:
    return {each.name: each.password.reveal() for each in inventory.credentials if each.password is not None}


def _hidden(passwords: Mapping[str, str]) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in passwords.items()}
