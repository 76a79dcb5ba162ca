"""What a run may leave behind in its process, and how late the machine is that it runs on."""

from __future__ import annotations

import gc
import socket
import threading
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

_TICK_SECONDS = 0.05
_GONE_SECONDS = 10.0
"""How long a run's threads and connections may take to be gone: a collector does not wait for idle threads."""
_OF_THE_PROCESS = {"moveready-deadlines", "moveready lab"}
"""One thread watches the deadlines of all runs; the lab has its own."""


class Lateness:
    """How late this machine is: a thread that wants to wake up twenty times a second, and counts what it overslept."""

    def __init__(self) -> None:
        """Not late yet."""
        self.seconds = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="lateness", daemon=True)

    def __enter__(self) -> Self:
        """Begin to count."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._over.set()
        self._thread.join()

    def _tick(self) -> None:
        wanted = monotonic() + _TICK_SECONDS
        while not self._over.wait(max(0.0, wanted - monotonic())):
            self.seconds += max(0.0, monotonic() - wanted)
            wanted = monotonic() + _TICK_SECONDS


def connections_to(port: int, known: int = 0) -> list[str]:
    """The connections of this process to a port of this machine that do not end soon, beyond so many known ones."""
    return _unless_gone(lambda: [f"a connection to {port}" for other in _peers() if other == port][known:])


def number_of_connections_to(port: int) -> int:
    """How many there are now; a port whose queue is full has some of its own."""
    return _peers().count(port)


def threads_of_a_run() -> list[str]:
    """The threads that moveready has started and that do not end soon."""
    return _unless_gone(
        lambda: [
            thread.name
            for thread in threading.enumerate()
            if thread.name.startswith("moveready") and thread.name not in _OF_THE_PROCESS
        ]
    )


def _unless_gone(left: Callable[[], list[str]]) -> list[str]:
    ends = monotonic() + _GONE_SECONDS
    while (found := left()) and monotonic() < ends:
        sleep(_TICK_SECONDS)
    return found


def _peers() -> list[int]:
    """The port at the other end of each connected socket of this process."""
    found: list[int] = []
    for each in gc.get_objects():
        if issubclass(type(each), socket.socket) and each.fileno() != -1 and each.family == socket.AF_INET:
            with suppress(OSError):
                found.append(each.getpeername()[1])
    return found
