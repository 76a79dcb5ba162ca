"""What a conversation costs the server: sessions, requests, bytes, seconds."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Cost:
    """What was asked of a server; sizes in bytes of HTTP bodies, without headers and TLS.

    Attributes:
        sessions: Logins that succeeded: runspace pools opened, and authenticated HTTPS requests answered.
        requests: HTTP requests, those of the login included.
        seconds: From the first connection to the last answer, waiting included.
    """

    sessions: int = 0
    requests: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    seconds: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """The sum of both."""
        return Cost(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __sub__(self, other: Cost) -> Cost:
        """The difference to the other."""
        return Cost(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(self)))


@dataclass(slots=True)
class Meter:
    """Counts one conversation; only the thread that leads the conversation may use it."""

    sessions: int = 0
    requests: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    seconds: float = 0.0
    _taken: Cost = field(default_factory=Cost)

    def take(self) -> Cost:
        """What it counted since the last call, so that a sum counts nothing twice."""
        new = self.cost - self._taken
        self._taken = self.cost
        return new

    @property
    def cost(self) -> Cost:
        """What it has counted so far."""
        return Cost(self.sessions, self.requests, self.bytes_sent, self.bytes_received, self.seconds)
