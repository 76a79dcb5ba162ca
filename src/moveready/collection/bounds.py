"""The limits of asking a fleet: how long, how much at once, and for which run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from moveready.evidence.marking import new_run
from moveready.remoting.audit import Audit

if TYPE_CHECKING:
    from pathlib import Path

PAUSE_SECONDS = 0.01
"""Pause between the first logins of a run, on average: a hundred logins a second."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits that one process keeps.

    Attributes:
        server_timeout: Seconds for all questions to one server.
        first_answer_timeout: Seconds, as part of it, until the first answer of a conversation begins.
        concurrency: Questions under way at once.
        since: Look-back of the event log.
        max_sessions: Exchange sessions of the checks at once, all processes of this account together.
        pause_seconds: Between the first logins, on average, so that a run does not overload the domain controllers.
        raw_folder: Where raw answers are kept; None keeps none.
        run: The id of the run, which marks its probes.
        audit: Where everything that is sent is written down.
    """

    server_timeout: float = 60.0
    first_answer_timeout: float = 10.0
    concurrency: int = 64
    since: timedelta = timedelta(hours=24)
    max_sessions: int = 8
    pause_seconds: float = PAUSE_SECONDS
    raw_folder: Path | None = None
    run: str = field(default_factory=new_run)
    audit: Audit = field(default_factory=Audit)

    def start_spread(self, servers: int) -> float:
        """Over how many seconds the first visits of so many servers are spread; the later ones follow from them."""
        return min(self.concurrency, servers) * self.pause_seconds
