"""Channels of `notify:` that cannot be used, so that a run would notify nobody. Nothing is sent, no secret is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.doctor.finding import Finding, Result
from moveready.notify.channel import channels_from
from moveready.reporting.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from moveready.inventory import Inventory


def find_channels(inventory: Inventory, environ: Mapping[str, str]) -> Iterator[Finding]:
    """A finding for each channel that cannot be used; nothing if the inventory has no `notify`."""
    folder = inventory.files[0].parent
    found = [finding for value in inventory.notify if (finding := _of_channel(value, folder, environ))]
    yield from found
    if inventory.notify and not found:
        number = len(inventory.notify)
        yield Finding("notify", Result.GOOD, f"{number} {plural(number, 'channel')} can be read; nothing was sent")


def _of_channel(value: str, folder: Path, environ: Mapping[str, str]) -> Finding | None:
    try:
        channels_from([value], folder, environ)
    except ValueError as error:
        told, _, next_step = str(error).partition(". ")
        return Finding("notify", Result.PROBLEM, told.rstrip("."), next_step)
    return None
