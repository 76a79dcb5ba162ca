"""One deadline a conversation, enforced by closing its sockets.

A read timeout counts from the last byte, so a server that drips keeps a client for ever. Here every socket of a
conversation is known to its `Deadline`, and one watchdog thread shuts them down when the time is up: whatever blocks on
them, a TLS handshake included, returns at once. What it cannot cut is a name lookup, or a KDC that is silent inside
libkrb5.

A server that says nothing at all is given up earlier: the first answer of a conversation has a bound of its own.
"""

from __future__ import annotations

import heapq
import socket
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from moveready.evidence.cost import Meter

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_ANSWER_SECONDS = 10.0
"""How long a server may take until the first answer of a conversation begins; even a refused login is one."""


class Deadline:
    """The time a conversation may take; `meter` counts what goes over its connections.

    Attributes:
        seconds: The time in all, as people are told it.
        first_answer_seconds: The time of it until the first answer begins.
        is_answered: Whether the server has answered anything yet.
        closing_seconds: How long it took to close the session; whoever comes next shall not pay for it.
        waited_seconds: How long we kept the server waiting; it does not count.
    """

    def __init__(
        self, seconds: float, first_answer_seconds: float = FIRST_ANSWER_SECONDS, used_seconds: float = 0.0
    ) -> None:
        """Start the clock; some of the time may be used up already."""
        self.seconds = seconds
        self.first_answer_seconds = first_answer_seconds
        self.is_answered = False
        self.closing_seconds = 0.0
        self.waited_seconds = 0.0
        self.meter = Meter()
        self._ends = monotonic() + seconds - used_seconds
        self._handles: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._cut = False
        self._heard: Callable[[], None] | None = None
        self._silent: Callable[[], None] | None = None
        _WATCHDOG.at(self._ends, self._end)

    @property
    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._ends - monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self._cut or self.left == 0

    def heard(self) -> None:
        """The server has answered something; the first time, whoever waits for that is called."""
        if not self.is_answered:
            self.is_answered = True
            if self._heard is not None:
                self._heard()

    def when_heard(self, then: Callable[[], None]) -> None:
        """Call this in the conversation's thread when its first answer is there, before it goes on."""
        self._heard = then

    def when_silent(self, then: Callable[[], None]) -> None:
        """Call this where the server, once asked, says nothing in a tenth of the time for its first answer.

        Something else may then be tried beside, at little more than the price of one wait; it must return at once.
        """
        self._silent = then

    def asked(self) -> None:
        """A request is on its way."""
        if (then := self._silent) is not None:
            self._silent = None
            head_start = self.first_answer_seconds / 10
            _WATCHDOG.at(monotonic() + head_start, lambda: None if self.is_answered else then())

    def wait_on(self, condition: threading.Condition, seconds: float) -> None:
        """Wait for what is not the server's to give; the time does not count.

        Args:
            condition: It is held; the wait ends when it is notified.
            seconds: The wait lasts no longer.
        """
        began = monotonic()
        self._ends += seconds
        condition.wait(seconds)
        waited = monotonic() - began
        self._ends += waited - seconds
        self.waited_seconds += waited

    def guard(self, connection: socket.socket) -> socket.socket:
        """Know this connection; returns the handle to `release` when it is closed.

        The handle is a duplicate: TLS takes the first socket over, and shutting down any duplicate ends the connection.
        """
        handle = connection.dup()
        with self._lock:
            self._handles.add(handle)
            if self._cut:
                _shut(handle)
        return handle

    def release(self, handle: socket.socket) -> None:
        """Forget a connection that is closed."""
        with self._lock:
            self._handles.discard(handle)
        handle.close()

    def _end(self) -> None:
        """Cut, unless the end was put off."""
        if self.left:
            _WATCHDOG.at(self._ends, self._end)
        else:
            self.cut()

    def cut(self) -> None:
        """End every connection that is known, and every one that will be."""
        with self._lock:
            self._cut = True
            for handle in self._handles:
                _shut(handle)


class _Watchdog:
    """One thread for all deadlines; it sleeps until the next one ends."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._count = 0

    def at(self, when: float, call: Callable[[], None]) -> None:
        with self._changed:
            self._count += 1
            heapq.heappush(self._due, (when, self._count, call))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="moveready-deadlines", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self._next()()

    def _next(self) -> Callable[[], None]:
        with self._changed:
            while not self._due or self._due[0][0] > monotonic():
                self._changed.wait(self._due[0][0] - monotonic() if self._due else None)
            return heapq.heappop(self._due)[2]


def _shut(handle: socket.socket) -> None:
    # It may be closed, or never have been connected: then there is nothing left to end.
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


_WATCHDOG = _Watchdog()
