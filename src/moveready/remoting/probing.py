"""One request without a login, to any endpoint: does it answer, is its certificate accepted, what time is it there?

No credential is sent, and of the answer only the head is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from moveready.remoting.dialing import Destination, bounded_session
from moveready.remoting.failures import Conversation, as_evidence_errors

if TYPE_CHECKING:
    from moveready.remoting.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Greeting:
    """The head of an answer that needed no login.

    Attributes:
        status: The HTTP status; a 401 is usual.
        theirs: The time of the server, by its header `Date` (RFC 9110, section 6.6.1), to the second; None without one.
        ours: The time of this machine when the answer came.
    """

    status: int
    theirs: datetime | None
    ours: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint to be asked: whose it is, what it is called in messages, where it is, and a path of it."""

    server: str
    channel: str
    destination: Destination
    path: str

    @property
    def url(self) -> str:
        """Its address, with the name of the server."""
        scheme = "https" if self.destination.tls else "http"
        return f"{scheme}://{self.destination.name}:{self.destination.port}/{self.path}"

    @property
    def description(self) -> str:
        """The channel with its address, for messages; the path does not matter."""
        return f"{self.channel} {self.url.removesuffix(f'/{self.path}')}"


def greeting_of(target: Target, deadline: Deadline) -> Greeting:
    """What the endpoint answers to a GET without a login; raises `EvidenceError` if it does not answer."""
    with (
        as_evidence_errors(Conversation(target.server, target.description, deadline)),
        bounded_session(target.destination, deadline) as session,
        session.get(target.url, stream=True) as response,
    ):
        return Greeting(response.status_code, moment_from(response.headers.get("Date", "")), datetime.now(UTC))


def moment_from(date: str) -> datetime | None:
    """The moment that a header `Date` tells, in its zone or in UTC; None if it cannot be read. Pure."""
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
