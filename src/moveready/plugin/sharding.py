"""Which pytest-xdist worker takes which server.

A server's controls all run on one worker, so it is asked once. Server i is of share i modulo N, and each worker is told
its share as it starts, so that it can ask before the first test; the replacement of a worker that died takes over that
worker's share. Node ids stay as they are.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARAMETERS = re.compile(r"\[(?P<parameters>[^\[\]]+)\]$")


class Shares:
    """Who has which share of the servers."""

    def __init__(self, servers: Sequence[str], shares: int) -> None:
        """Deal the servers, in the inventory's order, to so many shares."""
        self._servers = servers
        self._shares = shares
        self._share_of_worker: dict[str, int] = {}
        self._unowned = deque(range(shares))
        self._share_of_server = {server: index % shares for index, server in enumerate(servers)}

    def take(self, worker: str) -> int | None:
        """Give a worker that starts a share that nobody has; None where all have a worker."""
        if not self._unowned:
            return None
        self._share_of_worker[worker] = self._unowned.popleft()
        return self._share_of_worker[worker]

    def lose(self, worker: str) -> None:
        """A worker died: its share is the next to be taken."""
        share = self._share_of_worker.pop(worker, None)
        if share is not None:
            self._unowned.appendleft(share)

    def of_worker(self, worker: str) -> int | None:
        """The share of a worker, or None where it has none."""
        return self._share_of_worker.get(worker)

    def of_test(self, nodeid: str) -> int | None:
        """The share that the server of a test is in, or None where the test names no server."""
        server = self.server_of(nodeid)
        return None if server is None else self._share_of_server[server]

    def server_of(self, nodeid: str) -> str | None:
        """The server of a test, or None where it names none."""
        return server_of(nodeid, self._share_of_server)

    def servers_of(self, share: int) -> tuple[str, ...]:
        """The servers of a share, in the inventory's order."""
        return tuple(self._servers[share :: self._shares])


def server_of(nodeid: str, servers: Sequence[str] | dict[str, int]) -> str | None:
    """The server in a node id's parameters, or None where it names none."""
    match = _PARAMETERS.search(nodeid)
    return next((part for part in _candidates(match["parameters"]) if part in servers), None) if match else None


def _candidates(parameters: str) -> list[str]:
    """Every run of `-`-joined parts: server names hold hyphens, and pytest joins parameters with them."""
    parts = parameters.split("-")
    return ["-".join(parts[i:j]) for i in range(len(parts)) for j in range(len(parts), i, -1)]
