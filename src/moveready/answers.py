"""What servers have answered: each answer is waited for and kept once. May import crashes, errors, evidence, questions.

What is kept is small, as a fleet may have thousands of servers: the evidence itself, or the error without its traceback
and without what was raised before it.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

from moveready.crashes import crash_report
from moveready.errors import EvidenceError, InternalError, RunInterruptedError
from moveready.evidence import Missing, Subject
from moveready.questions import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from moveready.evidence import Evidence
    from moveready.tally import Tally

_STEP_SECONDS = 0.5
"""How long a wait for an answer lasts before it starts anew: Windows delivers Ctrl-C only in between."""


class Answers:
    """The answers of a fleet, by subject and server; for any thread."""

    def __init__(self, tally: Tally) -> None:
        """Expect nothing yet; what is expected is counted in the tally."""
        self._tally = tally
        self._lock = threading.Lock()
        self._known: dict[tuple[Subject, str], Evidence | Missing] = {}
        self._pending: dict[tuple[Subject, str], Future[Evidence | Missing]] = {}

    def expect(self, server: str, subjects: Iterable[Subject]) -> frozenset[Subject]:
        """Those of the subjects that nobody expected of the server before; whoever calls has to settle them."""
        with self._lock:
            new = frozenset(subject for subject in subjects if not self._is_expected(subject, server))
            self._pending.update({(subject, server): Future() for subject in new})
        self._tally.expect(server, len(new))
        return new

    def _is_expected(self, subject: Subject, server: str) -> bool:
        return (subject, server) in self._known or (subject, server) in self._pending

    def settle(self, subject: Subject, server: str, ask: Callable[[], Evidence]) -> None:
        """Keep what asking gives, a failure like an answer; ask nothing where the answer was given up."""
        with self._lock:
            is_pending = (subject, server) in self._pending
        if is_pending:
            self._keep(subject, server, _known_from(ask, server))

    def _keep(self, subject: Subject, server: str, known: Evidence | Missing) -> None:
        with self._lock:
            answer = self._pending.pop((subject, server), None)
            if answer is None:
                return  # it was given up meanwhile
            self._known[subject, server] = known
        answer.set_result(known)
        self._tally.count_off(server, failed=isinstance(known, Missing))

    def fact(self, subject: Subject, server: str) -> Evidence | Missing | None:
        """What is known, when it is; None where nobody asked."""
        with self._lock:
            known, answer = self._known.get((subject, server)), self._pending.get((subject, server))
        if answer is None:
            return known
        while not answer.done():
            wait((answer,), timeout=_STEP_SECONDS)
        return answer.result()

    def give_up(self) -> None:
        """Let whoever waits for an answer know that the run was interrupted, whether it is under way or not."""
        with self._lock:
            pending = tuple(self._pending)
        for subject, server in pending:
            self._keep(subject, server, _interrupted(subject, server))


_CHANNELS = {
    Subject.DIRECTORY: Channel.EXCHANGE,
    Subject.EVENTS: Channel.WINDOWS,
    Subject.ENDPOINT: Channel.HTTPS,
}


def _interrupted(subject: Subject, server: str) -> RunInterruptedError:
    happened = "the run was interrupted before it answered"
    return RunInterruptedError(server, _CHANNELS[subject].value, happened, "Run the checks again.")


def _known_from(ask: Callable[[], Evidence], server: str) -> Evidence | Missing:
    try:
        return ask()
    except EvidenceError as error:
        # Its words are enough; what was raised before it holds on to connections and messages.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    except BaseException as error:  # noqa: BLE001 - who waits for the answer must not wait for ever
        return InternalError(server, crash_report(error))
