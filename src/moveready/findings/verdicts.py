"""A verdict: what one KB concludes about one server, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Standing(Enum):
    """A server in one word; the value is what people read."""

    READY = "ready"
    NOT_READY = "not ready"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one KB concludes about one server.

    Attributes:
        kb: The KB's id.
        words: The conclusion in a few words, e.g. `stale`.
        standing: What it means for the server.
        note: What the words alone do not say, or "".
        next_step: A few words for a table.
        resolution: The commands that repair it, one a line; where none does, a sentence; "" where nothing is wrong.
        has_commands: Whether `resolution` is commands.
        remedy: Name of the fixer's remedy, or None where only a person can repair it.
    """

    kb: str
    server: str
    words: str
    standing: Standing
    note: str = ""
    next_step: str = ""
    resolution: str = ""
    has_commands: bool = False
    remedy: str | None = None

    @property
    def description(self) -> str:
        """The words with their note."""
        return f"{self.words} ({self.note})" if self.note else self.words


NOT_DIAGNOSED = "not diagnosed"


def not_diagnosed(kb: str, server: str) -> Verdict:
    """Not all of the evidence that the KB needs was asked for."""
    return Verdict(
        kb=kb,
        server=server,
        words=NOT_DIAGNOSED,
        standing=Standing.UNKNOWN,
        next_step="run all controls together",
    )


def incomplete_verdict(kb: str, server: str, known: Verdict | None) -> Verdict:
    """The verdict on a server of which not everything was judged: what is wrong stands, `ready` it is not."""
    if known is not None and known.standing is not Standing.READY and known.words != NOT_DIAGNOSED:
        return known
    return Verdict(
        kb=kb,
        server=server,
        words=NOT_DIAGNOSED,
        standing=Standing.UNKNOWN,
        note="incomplete",
        next_step="run the checks again",
        resolution="Run the checks again: not every control of this server was judged.",
    )


def failed_verdict(kb: str, server: str) -> Verdict:
    """Where moveready itself failed on evidence that the KB needs."""
    return Verdict(
        kb=kb,
        server=server,
        words="unknown",
        standing=Standing.UNKNOWN,
        note="moveready failed",
        next_step="report the fault of moveready",
    )
