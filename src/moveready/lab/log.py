"""The lab's request log: what every client did to every simulated server, for tests to assert on.

One entry per HTTP request that the lab answered (or cut off), in the order in which it was answered. Imports nothing
of moveready. Thread-safe: the lab's thread writes, the tests' threads read.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One HTTP request.

    Attributes:
        when: When the answer went out (aware, UTC).
        server: FQDN of the simulated server.
        channel: `exchange`, `windows` or `https`.
        kind: What the request was: `challenge` (answered 401 before or during a login), `login` (completes a login and
            carries nothing else), `identify`, `create-shell`, `command`, `receive`, `send`, `signal`, `delete-shell`,
            `get`, or `other` (not understood).
        user: Who asked, as logged in, or None.
        what: For `command` the pipeline as a line of cmdlets and parameters; else the path.
        status: HTTP status of the answer; 0 where the connection was cut instead.
        logged_in: True for the one request of a connection that completed its login. Over HTTP with message encryption
            that request is empty (`kind` is `login`); over TLS it already carries the operation.
    """

    when: datetime
    server: str
    channel: str
    kind: str
    user: str | None
    what: str
    status: int
    logged_in: bool = False


class RequestLog:
    """The entries so far, and how many bytes of HTTP bodies went through."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._credentials: list[str] = []
        self._bytes = 0

    def add_credential(self, server: str) -> None:
        """Note that a request with a credential came in, whether or not it is answered."""
        with self._lock:
            self._credentials.append(server)

    @property
    def credentials(self) -> tuple[str, ...]:
        """The servers that were sent a credential, one entry for each time; each time can lock an account."""
        with self._lock:
            return tuple(self._credentials)

    def add(self, entry: Entry, size_bytes: int = 0) -> None:
        """Append an entry; `size_bytes` is the length of the request's and the answer's body together."""
        with self._lock:
            self._entries.append(entry)
            self._bytes += size_bytes

    def clear(self) -> None:
        """Forget everything, so that a test counts only its own requests."""
        with self._lock:
            self._entries.clear()
            self._credentials.clear()
            self._bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes of HTTP bodies, both directions together, as they went over the wire."""
        with self._lock:
            return self._bytes

    def entries(
        self, *, server: str | None = None, channel: str | None = None, kind: str | None = None
    ) -> tuple[Entry, ...]:
        """The entries that match every filter given; `server` is an FQDN."""
        with self._lock:
            entries = tuple(self._entries)
        return tuple(
            entry
            for entry in entries
            if server in (None, entry.server) and channel in (None, entry.channel) and kind in (None, entry.kind)
        )

    def commands(self, *, server: str | None = None, channel: str | None = None) -> tuple[str, ...]:
        """The pipelines that ran, as lines such as `Get-Service -Name W3SVC,WAS`."""
        return tuple(entry.what for entry in self.entries(server=server, channel=channel, kind="command"))

    def logins(self, *, server: str | None = None, channel: str | None = None) -> tuple[Entry, ...]:
        """The requests that completed a login: one per authenticated connection."""
        return tuple(entry for entry in self.entries(server=server, channel=channel) if entry.logged_in)

    def summary(self) -> dict[str, object]:
        """All that was counted, as plain data.

        Returns:
            `requests` and `logins` by channel, `kinds` (requests by `Entry.kind`), and `bytes`.
        """
        return {
            "requests": _counted(entry.channel for entry in self.entries()),
            "logins": _counted(entry.channel for entry in self.logins()),
            "kinds": _counted(entry.kind for entry in self.entries()),
            "bytes": self.bytes,
        }

    def requests(self, *, server: str | None = None, channel: str | None = None) -> int:
        """How many round trips there were."""
        return len(self.entries(server=server, channel=channel))


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
