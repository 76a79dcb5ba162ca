"""What servers have answered: each answer is waited for and kept once.

What is kept is small, as a fleet may have thousands of servers: the evidence itself, or the error without its traceback
and without what was raised before it.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

from moveready.crashes import crash_report
from moveready.errors import EvidenceError, InternalError, RunInterruptedError
from moveready.evidence import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from moveready.collection.tally import Tally
    from moveready.evidence import Subject

_STEP_SECONDS = 0.5
"""How long a wait for an answer lasts before it starts anew: Windows delivers Ctrl-C only in between."""


class Answers:
    """The answers of a fleet, by subject and server; for any thread."""

    def __init__(self, tally: Tally) -> None:
        """Expect nothing yet; what is expected is counted in the tally."""
        self._tally = tally
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], object] = {}
        self._pending: dict[tuple[str, str], tuple[Subject[Any], Future[object]]] = {}

    def expect(self, server: str, subjects: Collection[Subject[Any]]) -> tuple[Subject[Any], ...]:
        """Those of the subjects, in their order, that nobody expected of the server before: settle them."""
        with self._lock:
            new = tuple(subject for subject in subjects if not self._is_expected(subject.name, server))
            self._pending.update({(subject.name, server): (subject, Future()) for subject in new})
        self._tally.expect(server, len(new))
        return new

    def _is_expected(self, subject: str, server: str) -> bool:
        return (subject, server) in self._known or (subject, server) in self._pending

    def is_pending(self, subject: Subject[Any], server: str) -> bool:
        """Whether the answer is still waited for: it was not given up."""
        with self._lock:
            return (subject.name, server) in self._pending

    def settle(self, subject: Subject[Any], server: str, read: Callable[[], object]) -> None:
        """Keep what reading gives, a failure like an answer; read nothing where the answer was given up."""
        if self.is_pending(subject, server):
            self._keep(subject.name, server, _known_from(read, server))

    def _keep(self, subject: str, server: str, known: object) -> None:
        with self._lock:
            _, answer = self._pending.pop((subject, server), (None, None))
            if answer is None:
                return  # it was given up meanwhile
            self._known[subject, server] = known
        answer.set_result(known)
        self._tally.count_off(server, failed=isinstance(known, Missing))

    def fact(self, subject: str, server: str) -> object:
        """What is known, when it is; None where nobody asked."""
        with self._lock:
            known = self._known.get((subject, server))
            _, answer = self._pending.get((subject, server), (None, None))
        if answer is None:
            return known
        while not answer.done():
            wait((answer,), timeout=_STEP_SECONDS)
        return answer.result()

    def give_up(self) -> None:
        """Let whoever waits for an answer know that the run was interrupted, whether it is under way or not."""
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
        # Its words are enough; what was raised before it holds on to connections and messages.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    except BaseException as error:  # noqa: BLE001 - who waits for the answer must not wait for ever
        return InternalError(server, crash_report(error))
