"""One deadline for each conversation, enforced by closing its sockets.

A read timeout counts from the last byte, so a server that sends single bytes slowly can hold a client forever. Here a
`Deadline` knows every socket of its conversation, and one watchdog thread shuts them down when the time is over:
everything that blocks on them, a TLS handshake included, returns at once. It cannot cut a name lookup, or the wait for
a silent KDC inside libkrb5.

A server that says nothing at all is given up earlier: the first answer of a conversation has a separate limit.
"""

from __future__ import annotations

import heapq
import socket
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from moveready.evidence.cost import Meter
from moveready.remoting.audit import Audit
from moveready.remoting.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_ANSWER_SECONDS = 10.0
"""How long a server may take until the first answer of a conversation begins; even a refused login is one."""

NO_AUDIT = Audit()
"""Writes nothing."""


class Deadline:
    """The time a conversation may take; `meter` counts the data on its connections, `steps` says where it is.

    Attributes:
        audit: Where the questions of the conversation are written down.
        seconds: The whole time, as messages give it.
        first_answer_seconds: The part of it until the first answer begins.
        is_answered: Whether the server has answered anything yet.
        closing_seconds: How long closing the session took; this does not count for the next conversation.
        waited_seconds: How long we kept the server waiting; this does not count.
    """

    def __init__(
        self,
        seconds: float,
        first_answer_seconds: float = FIRST_ANSWER_SECONDS,
        used_seconds: float = 0.0,
        audit: Audit = NO_AUDIT,
    ) -> None:
        """Start the clock; some of the time may be used already."""
        self.seconds = seconds
        self.first_answer_seconds = first_answer_seconds
        self.is_answered = False
        self.closing_seconds = 0.0
        self.waited_seconds = 0.0
        self.meter = Meter()
        self.audit = audit
        self.steps = Steps()
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
        """Whether the time is over."""
        return self._cut or self.left == 0

    def heard(self) -> None:
        """Note that the server answered; the first time, the callback of `when_heard` is called."""
        if not self.is_answered:
            self.is_answered = True
            if self._heard is not None:
                self._heard()

    def when_heard(self, then: Callable[[], None]) -> None:
        """Call this in the conversation's thread when its first answer has come, before it goes on."""
        self._heard = then

    def when_silent(self, then: Callable[[], None]) -> None:
        """Call this if the server is silent for a tenth of the time for its first answer after the first request.

        Something else can then be tried at the same time, so that both together take little more than one wait. It must
        return at once.
        """
        self._silent = then

    def asked(self) -> None:
        """Note that a request was sent."""
        if (then := self._silent) is not None:
            self._silent = None
            head_start = self.first_answer_seconds / 10
            _WATCHDOG.at(monotonic() + head_start, lambda: None if self.is_answered else then())

    def wait_on(self, condition: threading.Condition, seconds: float) -> None:
        """Wait for something that does not depend on the server; this time does not count.

        Args:
            condition: The caller holds it; the wait ends when it is notified.
            seconds: The longest time to wait.
        """
        began = monotonic()
        self._ends += seconds
        condition.wait(seconds)
        waited = monotonic() - began
        self._ends += waited - seconds
        self.waited_seconds += waited

    def end_within(self, seconds: float) -> None:
        """Move the end nearer, if there is more time left than so many seconds."""
        self._ends = min(self._ends, monotonic() + seconds)
        _WATCHDOG.at(self._ends, self._end)

    def guard(self, connection: socket.socket) -> socket.socket:
        """Add this connection; returns the handle to `release` when it is closed.

        The handle is a duplicate: TLS takes the first socket over, and shutting down any duplicate ends the connection.
        """
        handle = connection.dup()
        with self._lock:
            self._handles.add(handle)
            if self._cut:
                _shut(handle)
        return handle

    def release(self, handle: socket.socket) -> None:
        """Remove a connection that is closed."""
        with self._lock:
            self._handles.discard(handle)
        handle.close()

    def _end(self) -> None:
        """Cut, unless the end was moved."""
        if self.left:
            _WATCHDOG.at(self._ends, self._end)
        else:
            self.cut()

    def cut(self) -> None:
        """End all connections, and those that are added later."""
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
    # It may be closed, or was never connected: then there is nothing to end.
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


_WATCHDOG = _Watchdog()
