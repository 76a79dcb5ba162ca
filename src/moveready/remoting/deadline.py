"""One deadline a server, enforced by closing its sockets. May import the cost.

A read timeout counts from the last byte, so a server that drips keeps a client for ever. Here every socket of a
conversation is known to its `Deadline`, and one watchdog thread shuts them down when the time is up: whatever blocks on
them, a TLS handshake included, returns at once. What it cannot cut is a name lookup, or a KDC that is silent inside
libkrb5.
"""

from __future__ import annotations

import heapq
import socket
import threading
from contextlib import suppress
from time import monotonic

from moveready.cost import Meter


class Deadline:
    """The time a conversation may take, in seconds from now; `meter` counts what goes over its connections."""

    def __init__(self, seconds: float) -> None:
        """Start the clock."""
        self.seconds = seconds
        self.meter = Meter()
        self._ends = monotonic() + seconds
        self._handles: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._cut = False
        _WATCHDOG.watch(self._ends, self)

    @property
    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._ends - monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self._cut or self.left == 0

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

    def cut(self) -> None:
        """End every connection that is known, and every one that will be."""
        with self._lock:
            self._cut = True
            for handle in self._handles:
                _shut(handle)


class _Watchdog:
    """One thread for all deadlines; it sleeps until the next one ends."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Deadline]] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._count = 0

    def watch(self, ends: float, deadline: Deadline) -> None:
        with self._changed:
            self._count += 1
            heapq.heappush(self._due, (ends, self._count, deadline))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="moveready-deadlines", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self._next().cut()

    def _next(self) -> Deadline:
        with self._changed:
            while not self._due or self._due[0][0] > monotonic():
                self._changed.wait(self._due[0][0] - monotonic() if self._due else None)
            return heapq.heappop(self._due)[2]


def _shut(handle: socket.socket) -> None:
    # It may be closed, or never have been connected: then there is nothing left to end.
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


_WATCHDOG = _Watchdog()
