"""What all conversations of one collector share: bounds, logins, open deadlines, and where answers and costs go."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from moveready.evidence import Context
from moveready.evidence.cost import Cost
from moveready.remoting.deadline import NO_AUDIT, Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from moveready.collection.answers import Answers
    from moveready.collection.bounds import Bounds
    from moveready.collection.raw import RawFolder
    from moveready.collection.tally import Tally
    from moveready.evidence import Subject
    from moveready.evidence.questions import CmdletAnswer, HttpAnswer
    from moveready.remoting.audit import Audit
    from moveready.remoting.logins import Logins


class OpenDeadlines:
    """The deadlines of all open conversations; thread-safe."""

    def __init__(self, first_answer_seconds: float, audit: Audit = NO_AUDIT) -> None:
        """No deadline is open yet; `first_answer_seconds` limits the silence at the start of each."""
        self._first_answer_seconds = first_answer_seconds
        self._audit = audit
        self._open: set[Deadline] = set()
        self._is_cut = False
        self._closed = threading.Condition()

    @contextmanager
    def opened(self, seconds: float, used: float = 0.0) -> Iterator[Deadline]:
        """A deadline for the block; it is over at once if all were cut before."""
        deadline = Deadline(seconds, self._first_answer_seconds, used, self._audit)
        with self._closed:
            self._open.add(deadline)
            if self._is_cut:
                deadline.cut()
        try:
            yield deadline
        finally:
            with self._closed:
                self._open.discard(deadline)
                self._closed.notify_all()

    def cut(self) -> None:
        """End all deadlines, and all that are opened later."""
        with self._closed:
            self._is_cut = True
            deadlines = tuple(self._open)
        for deadline in deadlines:
            deadline.cut()

    def wait_closed(self, seconds: float) -> None:
        """Wait at most so long until no deadline is open."""
        with self._closed:
            self._closed.wait_for(lambda: not self._open, seconds)


class Costs:
    """What was asked of each server so far; thread-safe."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._costs: dict[str, Cost] = {}
        self._lock = threading.Lock()

    def add(self, name: str, began: float, *deadlines: Deadline) -> None:
        """Add the cost of one conversation, which began at that time and used these deadlines."""
        cost = sum((deadline.meter.take() for deadline in deadlines), Cost(seconds=monotonic() - began))
        with self._lock:
            self._costs[name] = self._costs.get(name, Cost()) + cost

    def so_far(self) -> dict[str, Cost]:
        """The costs by server; the organization's session is listed under the organization's name."""
        with self._lock:
            return dict(self._costs)


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the conversations of one collector share.

    `seen` are the FQDNs of the servers that Exchange has named; `left` is set when the collector is left.
    """

    bounds: Bounds
    logins: Logins
    answers: Answers
    tally: Tally
    deadlines: OpenDeadlines
    raw: RawFolder | None
    costs: Costs = field(default_factory=Costs)
    seen: set[str] = field(default_factory=set)
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def context(self) -> Context:
        """What questions may depend on."""
        return Context(self.bounds.since, self.bounds.run)

    def settle(
        self,
        subject: Subject[Any],
        server: str,
        answers: Callable[[], Iterable[CmdletAnswer | HttpAnswer]],
        read: Callable[..., object],
    ) -> None:
        """Keep what the server's answers say on the subject."""
        self.answers.settle(subject, server, partial(self.read_answers, subject, server, answers, read))

    def read_answers(
        self,
        subject: Subject[Any],
        name: str,
        answers: Callable[[], Iterable[CmdletAnswer | HttpAnswer]],
        read: Callable[..., object],
    ) -> object:
        """The evidence. Raw answers are kept before they are read: the unreadable ones are those people want to see.

        `name` is the name of the server or of the organization.
        """
        given = tuple(answers())
        if self.raw is not None:
            self.raw.keep(name, subject.name, given)
        return read(*given)
