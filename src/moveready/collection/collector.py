"""Asks many servers at once, using only the declarations of subjects, and keeps each answer once a run.

Threads hide the latency: every question is under way before the first check waits for one. A failure is kept like an
answer, so a dead server costs one bounded wait and not one a check.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from moveready.collection.answers import Answers
from moveready.collection.attempt import Attempt
from moveready.collection.organization import OrganizationVisit
from moveready.collection.raw import RawFolder
from moveready.collection.sharing import OpenDeadlines, Sharing
from moveready.collection.tally import Tally
from moveready.collection.visit import ServerVisit
from moveready.evidence import Facts, Missing, OrganizationSubject, Scope, ServerSubject, declared
from moveready.remoting.logins import Logins
from moveready.remoting.slots import SessionSlots

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from moveready.collection.answers import Asking
    from moveready.collection.bounds import Bounds
    from moveready.collection.tally import Progress
    from moveready.evidence import Subject
    from moveready.evidence.cost import Cost
    from moveready.inventory import Inventory, Server

E = TypeVar("E")

_LEAVING_SECONDS = 5.0
"""How long leaving a collector waits until open sessions are closed; when cut, each takes two seconds at most."""


class Collector:
    """The servers of an inventory, and what they answered.

    Use as a context manager: leaving it gives up the questions that are not under way yet, and cuts those that are; it
    waits for their sessions to be closed, as long as closing may take.
    """

    def __init__(self, inventory: Inventory, bounds: Bounds, logins: Logins | None = None) -> None:
        """Ask nothing yet; `logins` belong to the run, if the run has more than this collector."""
        self._organization = inventory.organization
        self._pool = ThreadPoolExecutor(max(1, bounds.concurrency), thread_name_prefix="moveready-ask")
        self._slots = SessionSlots(inventory.organization.name, bounds.max_sessions)
        self._tally = Tally()
        self._answers = Answers(self._tally)
        self._sharing = Sharing(
            bounds,
            logins or Logins(),
            self._answers,
            self._tally,
            OpenDeadlines(bounds.first_answer_timeout, bounds.audit),
            RawFolder(bounds.raw_folder) if bounds.raw_folder else None,
        )
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """The collector itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it, as `leave` does, and wait for the open sessions to be closed."""
        self.leave()
        self._sharing.deadlines.wait_closed(_LEAVING_SECONDS)

    def leave(self) -> None:
        """Ask nothing more; every missing answer becomes a `RunInterruptedError` at once. Thread-safe.

        What is not under way is dropped, what is under way is cut.
        """
        with self._lock:
            self._sharing.left.set()
        self._answers.give_up()
        self._sharing.deadlines.cut()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def gather(self, wanted: Iterable[tuple[Server, Collection[Subject[Any]]]]) -> None:
        """Start asking these servers about these subjects; returns at once."""
        asked = tuple(wanted)
        with self._lock:
            new = [(server, self._answers.expect(server.name, subjects)) for server, subjects in asked]
            if self._sharing.left.is_set():
                self._answers.give_up()
                return
            self._ask_organization(new)
            self._visit_servers(new)

    def _ask_organization(self, wanted: Iterable[tuple[Server, Collection[Subject[Any]]]]) -> None:
        for_all: dict[OrganizationSubject[Any, Any], list[Server]] = {}
        for_each: list[tuple[ServerSubject[Any], Server]] = []
        for server, subjects in wanted:
            for subject in subjects:
                if isinstance(subject, OrganizationSubject):
                    for_all.setdefault(subject, []).append(server)
                elif isinstance(subject, ServerSubject) and subject.scope is Scope.EXCHANGE:
                    for_each.append((subject, server))
        if for_all or for_each:
            visit = OrganizationVisit(self._organization, self._slots, self._sharing, for_all, for_each)
            asked = [(subject, server) for subject, servers in for_all.items() for server in servers]
            self._pool.submit(self._lead, visit.run, [*asked, *for_each])

    def _visit_servers(self, wanted: Iterable[tuple[Server, Collection[Subject[Any]]]]) -> None:
        """Start the visits; those that begin at once are spread over a short time."""
        visits = [(server, own) for server, subjects in wanted if (own := _asked_of_the_server(subjects))]
        bounds = self._sharing.bounds
        spread = bounds.start_spread(len(visits)) if len(visits) > 1 else 0.0
        for number, (server, own) in enumerate(visits):
            visit = partial(ServerVisit(server, own, self._sharing).run, spread if number < bounds.concurrency else 0.0)
            self._pool.submit(self._lead, visit, [(subject, server) for subject in own])

    def _lead(self, conversation: Callable[[], None], asked: Iterable[tuple[Subject[Any], Server]]) -> None:
        """Lead a conversation; if it ends without an answer, those who wait get an error that says moveready failed."""
        concerned = tuple(asked)
        for subject, server in concerned:
            self._answers.begin(subject, server.name)
        ended = Attempt.of(conversation)
        for subject, server in concerned:
            self._answers.settle(subject, server.name, partial(_no_answer, ended))

    def wait(self, seconds: float) -> Progress:
        """Wait at most so long for everything that was started; return the progress."""
        return self._tally.wait(seconds)

    def costs(self) -> dict[str, Cost]:
        """What was asked of each server so far; the Exchange session is listed under the organization's name."""
        return self._sharing.costs.so_far()

    def seen(self) -> frozenset[str]:
        """The FQDNs of the servers that Exchange has named so far."""
        return frozenset(self._sharing.seen)

    def not_kept(self) -> tuple[str, ...]:
        """The raw answers that could not be written, one sentence each."""
        return tuple(self._sharing.raw.not_kept) if self._sharing.raw else ()

    def evidence_of(self, subject: Subject[E], server: Server) -> E:
        """The server's evidence on the subject, asked for now if nobody has; raises the reason if there is none."""
        self.gather([(server, (subject,))])
        known = self._known(server, (subject, *subject.refined_by)).refined((subject,)).of(subject)
        if isinstance(known, Missing):
            # An exception grows each time it is raised.
            raise known.with_traceback(None)
        return cast("E", known)

    def facts_of(self, server: Server) -> Facts:
        """All that was asked of the server, failures included; waits for open questions, and asks no new ones."""
        subjects = declared()
        return self._known(server, subjects).refined(subjects)

    def askings_of(self, subjects: Iterable[Subject[Any]], server: Server) -> list[Asking]:
        """When these subjects were asked of the server, and how long each took; nothing for those that were not."""
        return [asking for subject in subjects if (asking := self._answers.asking(subject.name, server.name))]

    def _known(self, server: Server, subjects: Iterable[Subject[Any]]) -> Facts:
        found = {subject.name: self._answers.fact(subject.name, server.name) for subject in subjects}
        return Facts({name: fact for name, fact in found.items() if fact is not None})


def _no_answer(ended: Attempt[None]) -> object:
    """The error for an answer that was never settled."""
    ended.result()
    raise LookupError("a conversation ended without an answer")


def _asked_of_the_server(subjects: Iterable[Subject[Any]]) -> list[ServerSubject[Any]]:
    return [
        subject for subject in subjects if isinstance(subject, ServerSubject) and subject.scope is not Scope.EXCHANGE
    ]
