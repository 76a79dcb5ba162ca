"""A verdict: what one KB concludes about one server, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Standing(Enum):
    """A server in one word; the value is what people read."""

    READY = "ready"
    NOT_READY = "not ready"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """Its place in `WORST_FIRST`: 0 for the worst."""
        return WORST_FIRST.index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one KB concludes about one server.

    Attributes:
        kb: The KB's id; "" in a run of the first schema, and where no KB was asked.
        verdict: The conclusion in a few words, e.g. `stale`.
        standing: What it means for the server.
        note: What the words alone do not say, or "".
        next_step: A few words for a table.
        resolution: The commands that repair it, one a line; where none does, a sentence; "" where nothing is wrong.
        has_commands: Whether `resolution` is commands.
        remedy: Name of the fixer's remedy, or None where only a person can repair it.
    """

    server: str
    verdict: str
    kb: str = ""
    standing: Standing = Standing.UNKNOWN
    note: str = ""
    next_step: str = ""
    resolution: str = ""
    has_commands: bool = False
    remedy: str | None = None

    @property
    def description(self) -> str:
        """The verdict with its note."""
        return f"{self.verdict} ({self.note})" if self.note else self.verdict


NOT_DIAGNOSED = "not diagnosed"
WORST_FIRST = (Standing.NOT_READY, Standing.UNKNOWN, Standing.READY)


def worst_of(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The one that people must see first; None of none."""
    return min(verdicts, key=_badness, default=None)


def _badness(verdict: Verdict) -> tuple[int, bool]:
    """Of several that are content, one with a note says most."""
    return verdict.standing.rank, verdict.standing is Standing.READY and not verdict.note


def not_diagnosed(kb: str, server: str) -> Verdict:
    """Not all of the evidence that the KB needs was asked for; or, where `kb` is "", no KB was."""
    return Verdict(
        kb=kb,
        server=server,
        verdict=NOT_DIAGNOSED,
        standing=Standing.UNKNOWN,
        next_step="run all controls together" if kb else "see each control",
    )


def incomplete_verdict(kb: str, server: str, known: Verdict | None) -> Verdict:
    """The verdict on a server of which not everything was judged: what is wrong stands, `ready` it is not."""
    if known is not None and known.standing is not Standing.READY and known.verdict != NOT_DIAGNOSED:
        return known
    return Verdict(
        kb=kb,
        server=server,
        verdict=NOT_DIAGNOSED,
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
        verdict="unknown",
        standing=Standing.UNKNOWN,
        note="moveready failed",
        next_step="report the fault of moveready",
    )
