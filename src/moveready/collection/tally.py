"""The progress of asking: answers are counted as they come, so that showing it costs nothing in a large fleet."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress: how many servers there are, are complete, and have a failure; and which servers take longest."""

    servers: int
    done: int
    failing: int
    slowest: str | None
    slowest_seconds: float

    @property
    def is_over(self) -> bool:
        """Whether every answer is there."""
        return self.done == self.servers


class Tally:
    """Counts the answers that each server has not given yet; thread-safe."""

    def __init__(self) -> None:
        """No answer is expected yet."""
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self._unfinished = 0
        self._failing: set[str] = set()
        self._visits: dict[str, float] = {}
        self._over = threading.Event()
        self._over.set()

    def expect(self, server: str, answers: int) -> None:
        """Expect so many more answers of the server."""
        if answers:
            with self._lock:
                self._unfinished += self._open[server] == 0
                self._open[server] += answers
                self._over.clear()

    def count_off(self, server: str, *, failed: bool) -> None:
        """One of its answers has come, or will never come."""
        with self._lock:
            self._open[server] -= 1
            self._unfinished -= self._open[server] == 0
            if failed:
                self._failing.add(server)
            if not self._unfinished:
                self._over.set()

    @contextmanager
    def under_way(self, server: str) -> Iterator[None]:
        """Mark the server as being asked until the end of the block."""
        self._visits[server] = monotonic()
        try:
            yield
        finally:
            # Two visits of one server may overlap; the first one to end removes the mark.
            self._visits.pop(server, None)

    def wait(self, seconds: float) -> Progress:
        """Wait at most so long for all expected answers; return the progress."""
        self._over.wait(seconds)
        began = min(((began, name) for name, began in dict(self._visits).items()), default=None)
        with self._lock:
            return Progress(
                servers=len(self._open),
                done=len(self._open) - self._unfinished,
                failing=len(self._failing),
                slowest=began[1] if began else None,
                slowest_seconds=monotonic() - began[0] if began else 0.0,
            )
