"""Words that several reports use: numbers with their noun, times, and sentences. Pure."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

UNLISTED_SENTENCE = "Exchange has this server and the inventory has not, so nothing was checked on it."
NOBODY_KNOWS = "Exchange did not say which servers it has."


def unverified_sentence(servers: Sequence[str]) -> str:
    """That the certificates of these servers were not verified; "" for none."""
    if not servers:
        return ""
    who = f"{len(servers)} {plural(len(servers), 'server')}"
    return f"Certificates were NOT verified: nobody knows who answered in the name of {who}."


def plural(number: int, noun: str) -> str:
    """The noun as it stands after that number: `server` after 1, else `servers`."""
    return noun if number == 1 else f"{noun}s"


def time_text(moment: datetime) -> str:
    """Such as `2026-03-02 12:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
