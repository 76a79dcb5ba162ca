"""How far the asking is: answers are counted off as they come, so that looking on costs nothing in a large fleet."""

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
    """How far the asking is: servers in all, those with all answers, those with a failure; and who takes longest."""

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
    """Which servers still owe an answer; for any thread."""

    def __init__(self) -> None:
        """Nothing is expected yet."""
        self._lock = threading.Lock()
        self._owed: Counter[str] = Counter()
        self._owing = 0
        self._failing: set[str] = set()
        self._visits: dict[str, float] = {}
        self._over = threading.Event()
        self._over.set()

    def expect(self, server: str, answers: int) -> None:
        """The server owes so many answers more."""
        if answers:
            with self._lock:
                self._owing += self._owed[server] == 0
                self._owed[server] += answers
                self._over.clear()

    def count_off(self, server: str, *, failed: bool) -> None:
        """One of its answers is there, or will never be."""
        with self._lock:
            self._owed[server] -= 1
            self._owing -= self._owed[server] == 0
            if failed:
                self._failing.add(server)
            if not self._owing:
                self._over.set()

    @contextmanager
    def under_way(self, server: str) -> Iterator[None]:
        """The server is being asked, from now to the end of the block."""
        self._visits[server] = monotonic()
        try:
            yield
        finally:
            # Two visits of one server may overlap; the first that ends takes the mark away.
            self._visits.pop(server, None)

    def wait(self, seconds: float) -> Progress:
        """Wait that long at the most for all that is expected; how far it is then."""
        self._over.wait(seconds)
        began = min(((began, name) for name, began in dict(self._visits).items()), default=None)
        with self._lock:
            return Progress(
                servers=len(self._owed),
                done=len(self._owed) - self._owing,
                failing=len(self._failing),
                slowest=began[1] if began else None,
                slowest_seconds=monotonic() - began[0] if began else 0.0,
            )
