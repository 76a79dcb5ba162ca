"""Where a conversation is, so that a failure can say at which step it happened."""

from __future__ import annotations

from enum import Enum


class Step(Enum):
    """The steps before a server does what it is asked; people read the value."""

    CONNECT = "while connecting"
    TLS = "in the TLS handshake"
    LOGIN = "during the login"


class Steps:
    """The steps of one conversation; only the thread that leads it writes them.

    Attributes:
        task: What the server is asked to do once we are logged in, as people read it: `while opening the session`.
    """

    def __init__(self) -> None:
        """Nothing has begun."""
        self.task = ""
        self._step: Step | None = None

    def __str__(self) -> str:
        """The present step; empty before the first one."""
        return self._step.value if self._step else self.task

    def begin(self, step: Step) -> None:
        """A step begins; it lasts until the next one, so that a failure finds it here."""
        self._step = step

    def answered(self) -> None:
        """We are logged in, or need no login: from now on, the server is at its task."""
        self._step = None
