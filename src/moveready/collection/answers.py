"""What servers have answered: each answer is waited for and kept once.

What is kept is small, as a fleet may have thousands of servers: the evidence itself, or the error without its traceback
and without what was raised before it.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moveready.crashes import crash_report
from moveready.errors import EvidenceError, InternalError, RunInterruptedError
from moveready.evidence import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from moveready.collection.tally import Tally
    from moveready.evidence import Subject

_STEP_SECONDS = 0.5
"""How long a wait for an answer lasts before it starts again: Windows delivers Ctrl-C only between two waits."""


@dataclass(frozen=True, slots=True)
class Asking:
    """When something was asked, and how many seconds the answer took."""

    began_at: datetime
    seconds: float


class Answers:
    """The answers of a fleet, by subject and server; thread-safe."""

    def __init__(self, tally: Tally) -> None:
        """Expect no answer yet; the tally counts those that are expected."""
        self._tally = tally
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], object] = {}
        self._pending: dict[tuple[str, str], tuple[Subject[Any], Future[object]]] = {}
        self._began_at: dict[tuple[str, str], datetime] = {}
        self._askings: dict[tuple[str, str], Asking] = {}

    def expect(self, server: str, subjects: Collection[Subject[Any]]) -> tuple[Subject[Any], ...]:
        """Expect these answers of the server; return the subjects that are new, which the caller must settle."""
        with self._lock:
            new = tuple(subject for subject in subjects if not self._is_expected(subject.name, server))
            self._pending.update({(subject.name, server): (subject, Future()) for subject in new})
        self._tally.expect(server, len(new))
        return new

    def _is_expected(self, subject: str, server: str) -> bool:
        return (subject, server) in self._known or (subject, server) in self._pending

    def begin(self, subject: Subject[Any], server: str) -> None:
        """The conversation that will give this answer begins now."""
        self._began_at[subject.name, server] = datetime.now(UTC)

    def asking(self, subject: str, server: str) -> Asking | None:
        """When this was asked, and for how long; None where it was not, or is not answered yet."""
        return self._askings.get((subject, server))

    def is_pending(self, subject: Subject[Any], server: str) -> bool:
        """Whether somebody still waits for the answer, because it was not given up."""
        with self._lock:
            return (subject.name, server) in self._pending

    def settle(self, subject: Subject[Any], server: str, read: Callable[[], object]) -> None:
        """Read and keep the result; a failure is kept like an answer. If the answer was given up, nothing is read."""
        if self.is_pending(subject, server):
            self._keep(subject.name, server, _known_from(read, server))

    def _keep(self, subject: str, server: str, known: object) -> None:
        with self._lock:
            _, answer = self._pending.pop((subject, server), (None, None))
            if answer is None:
                return  # it was given up in the meantime
            self._known[subject, server] = known
            if began_at := self._began_at.pop((subject, server), None):
                self._askings[subject, server] = Asking(began_at, (datetime.now(UTC) - began_at).total_seconds())
        answer.set_result(known)
        self._tally.count_off(server, failed=isinstance(known, Missing))

    def fact(self, subject: str, server: str) -> object:
        """Wait for the answer and return it; None if nobody asked."""
        with self._lock:
            known = self._known.get((subject, server))
            _, answer = self._pending.get((subject, server), (None, None))
        if answer is None:
            return known
        while not answer.done():
            wait((answer,), timeout=_STEP_SECONDS)
        return answer.result()

    def give_up(self) -> None:
        """Give every pending answer the error that the run was interrupted, whether its question was sent or not."""
        with self._lock:
            pending = tuple((subject, server) for (_, server), (subject, _) in self._pending.items())
        for subject, server in pending:
            self._keep(subject.name, server, _interrupted(subject, server))


def _interrupted(subject: Subject[Any], server: str) -> RunInterruptedError:
    happened = "the run was interrupted before it answered"
    return RunInterruptedError(server, subject.scope.channel.value, happened, "Run the checks again.")


def _known_from(read: Callable[[], object], server: str) -> object:
    try:
        return read()
    except EvidenceError as error:
        # Its text is enough; the exceptions behind it would keep connections and messages in memory.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    except BaseException as error:  # noqa: BLE001 - the thread that waits for the answer must not wait forever
        return InternalError(server, crash_report(error))
