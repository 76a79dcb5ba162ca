"""Asks many servers at once, keeps each answer once a run. May import all below it: answers, bounds, remoting, ...

Threads hide the latency: every question is under way before the first check waits for one. A failure is kept like an
answer, so a dead server costs one bounded wait and not one a check.
"""

from __future__ import annotations

import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from moveready.answers import Answers
from moveready.beside import Once
from moveready.cost import Cost
from moveready.errors import EvidenceError
from moveready.evidence import Missing, Subject, directory, endpoint, events
from moveready.evidence.directory import DirectoryListing
from moveready.evidence.facts import facts_from, version_in
from moveready.marking import marked
from moveready.raw import RawFolder
from moveready.remoting.deadline import Deadline
from moveready.remoting.exchange import ask_organization
from moveready.remoting.https import get_authenticated, url_of
from moveready.remoting.logins import Logins
from moveready.remoting.slots import SessionSlots
from moveready.remoting.windows import ask_windows
from moveready.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from moveready.bounds import Bounds
    from moveready.evidence import EndpointAnswer, Evidence, EwsDirectory, Facts, MrsProxyEvents
    from moveready.inventory import Inventory, Server
    from moveready.questions import CmdletAnswer, HttpAnswer
    from moveready.tally import Progress


_LEAVING_SECONDS = 5.0
"""How long whoever leaves a fleet waits for open sessions to be closed; to delete a shell takes three at the most."""


class Fleet:
    """The servers of an inventory, and what they answered.

    Use as a context manager: leaving it gives up the questions that are not under way yet, and cuts those that are; it
    waits for their sessions to be closed, as long as closing may take.
    """

    def __init__(self, inventory: Inventory, bounds: Bounds, logins: Logins | None = None) -> None:
        """Ask nothing yet; `logins` are those of the run, where it has more than this fleet."""
        self._inventory = inventory
        self._bounds = bounds
        self._pool = ThreadPoolExecutor(max(1, bounds.concurrency), thread_name_prefix="moveready-ask")
        self._tally = Tally()
        self._answers = Answers(self._tally)
        self._listing: Future[DirectoryListing] | None = None
        self._deadlines: set[Deadline] = set()
        self._costs: dict[str, Cost] = {}
        self._logins = logins or Logins()
        self._slots = SessionSlots(inventory.organization.name, bounds.max_sessions)
        self._raw = RawFolder(bounds.raw_folder) if bounds.raw_folder else None
        self._left = threading.Event()
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)

    def __enter__(self) -> Self:
        """The fleet itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it, as `leave` does, and wait for the open sessions to be closed."""
        self.leave()
        with self._ended:
            self._ended.wait_for(lambda: not self._deadlines, _LEAVING_SECONDS)

    def leave(self) -> None:
        """Ask nothing more; whatever has not answered is a `RunInterruptedError` at once. For any thread.

        What is not under way is dropped, what is under way is cut.
        """
        with self._lock:
            self._left.set()
            deadlines = tuple(self._deadlines)
        self._answers.give_up()
        for deadline in deadlines:
            deadline.cut()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def gather(self, servers: Iterable[Server], subjects: Iterable[Subject]) -> None:
        """Put the questions to all these servers under way; returns at once."""
        wanted, asked = tuple(subjects), tuple(servers)
        for number, server in enumerate(asked):
            first = number < self._bounds.concurrency
            self._begin(server, wanted, self._bounds.start_spread(len(asked)) if first else 0.0)

    def wait(self, seconds: float) -> Progress:
        """Wait that long at the most for all that is under way; how far it is then."""
        return self._tally.wait(seconds)

    def costs(self) -> dict[str, Cost]:
        """What was asked of each server so far; that of the directory stands under the organization's name."""
        with self._lock:
            return dict(self._costs)

    def unkept(self) -> tuple[str, ...]:
        """The raw answers that could not be written, a sentence each."""
        return tuple(self._raw.unkept) if self._raw else ()

    def directory_of(self, server: Server) -> EwsDirectory:
        """Its EWS virtual directory; raises `EvidenceError`."""
        found: EwsDirectory = self._ask(Subject.DIRECTORY, server)
        return found

    def events_of(self, server: Server) -> MrsProxyEvents:
        """Its events 1309; raises `EvidenceError`."""
        found: MrsProxyEvents = self._ask(Subject.EVENTS, server)
        return found

    def endpoint_of(self, server: Server) -> EndpointAnswer:
        """What its endpoint answered, conclusive or not, judged as `facts_of` judges it; raises `EvidenceError`."""
        found: EndpointAnswer = self._ask(Subject.ENDPOINT, server)
        return found.judged_for(version_in(self._fact(Subject.DIRECTORY, server)))

    def facts_of(self, server: Server) -> Facts:
        """All that was asked of the server, failures included; waits for what is under way, asks nothing itself."""
        return facts_from(
            directory=self._fact(Subject.DIRECTORY, server),
            events=self._fact(Subject.EVENTS, server),
            endpoint=self._fact(Subject.ENDPOINT, server),
        )

    def _fact(self, subject: Subject, server: Server) -> Any:  # noqa: ANN401 - Facts' fields have the types
        return self._answers.fact(subject, server.name)

    def _ask(self, subject: Subject, server: Server) -> Any:  # noqa: ANN401 - the callers know what they asked
        self._begin(server, (subject,))
        known = self._answers.fact(subject, server.name)
        if isinstance(known, Missing):
            # An exception grows each time it is raised.
            raise known.with_traceback(None)
        return known

    def _begin(self, server: Server, subjects: Iterable[Subject], within: float = 0.0) -> None:
        """Put under way what was not asked of the server before; all that goes to the server itself is one visit.

        The visit starts at any moment within so many seconds.
        """
        with self._lock:
            new = self._answers.expect(server.name, subjects)
            if self._left.is_set():
                self._answers.give_up()
                return
            if Subject.DIRECTORY in new:
                self._listing = self._listing or self._pool.submit(self._read_organization)
                self._listing.add_done_callback(partial(self._pick, server))
            if visited := new - {Subject.DIRECTORY}:
                self._pool.submit(self._visit, server, visited, within)

    def _visit(self, server: Server, subjects: frozenset[Subject], within: float) -> None:
        """Ask one server, the log before the endpoint; both at once where the log's channel says nothing (ADR 0014).

        The log may take two thirds of the visit's time; the endpoint has a third in any case, however long a session
        took to close.
        """
        self._left.wait(random.uniform(0.0, within))  # noqa: S311 - nobody gains from guessing it
        seconds, began = self._bounds.server_timeout, monotonic()
        for_log = seconds * 2 / 3 if Subject.ENDPOINT in subjects else seconds
        with self._tally.under_way(server.name), self._deadline(for_log) as of_log:

            def probe() -> None:
                used = monotonic() - began - of_log.closing_seconds - of_log.waited_seconds
                with self._deadline(seconds, used=min(used, seconds * 2 / 3)) as deadline:
                    self._settle(Subject.ENDPOINT, server, deadline, self._read_endpoint)

            probing = Once(probe)
            if Subject.ENDPOINT in subjects:
                of_log.when_silent(probing.begin_beside)
            if Subject.EVENTS in subjects:
                self._settle(Subject.EVENTS, server, of_log, self._read_events)
            if Subject.ENDPOINT in subjects:
                probing.finish()

    def _settle(
        self, subject: Subject, server: Server, deadline: Deadline, read: Callable[[Server, Deadline], Evidence]
    ) -> None:
        """Keep what reading gives; its cost is kept before, so that whoever has the answer finds the cost as well."""

        def counted() -> Evidence:
            began = monotonic()
            try:
                return read(server, deadline)
            finally:
                self._keep_cost(server.name, began, deadline)

        self._answers.settle(subject, server.name, counted)

    def _pick(self, server: Server, listing: Future[DirectoryListing]) -> None:
        """Give the server its part of the listing, or a failure of its own."""

        def part() -> EwsDirectory:
            if isinstance(failure := listing.exception(), EvidenceError):
                raise type(failure)(*failure.args)
            return listing.result().of(server)

        self._answers.settle(Subject.DIRECTORY, server.name, part)

    def _read_organization(self) -> DirectoryListing:
        forms = (directory.ASK_DIRECTORIES, directory.ASK_WHOLE_DIRECTORIES)
        organization, seconds = self._inventory.organization, self._bounds.server_timeout
        deadlines: list[Deadline] = []
        with ExitStack() as opened:

            def remembered(seconds: float) -> Deadline:
                deadlines.append(opened.enter_context(self._deadline(seconds)))
                return deadlines[-1]

            # Whoever holds a slot may need the time of every Exchange server, and deserves to be waited for.
            patience = opened.enter_context(self._deadline(seconds * (len(organization.exchange) + 1)))
            opened.enter_context(self._slots.taken(patience))
            began = monotonic()
            try:
                answer = ask_organization(organization, forms, seconds, remembered, self._logins)
            finally:
                self._keep_cost(organization.name, began, *deadlines)
        self._keep_raw(organization.name, Subject.DIRECTORY, answer)
        return DirectoryListing(answer)

    def _keep_cost(self, name: str, began: float, *deadlines: Deadline) -> None:
        """Several subjects may be asked on one deadline; what it has counted goes to the one that was asked."""
        cost = sum((deadline.meter.take() for deadline in deadlines), Cost(seconds=monotonic() - began))
        with self._lock:
            self._costs[name] = self._costs.get(name, Cost()) + cost

    @contextmanager
    def _deadline(self, seconds: float, used: float = 0.0) -> Iterator[Deadline]:
        """A deadline that leaving the fleet cuts; over at once where it was left."""
        deadline = Deadline(seconds, self._bounds.first_answer_timeout, used)
        with self._lock:
            self._deadlines.add(deadline)
            if self._left.is_set():
                deadline.cut()
        try:
            yield deadline
        finally:
            with self._lock:
                self._deadlines.discard(deadline)
                self._ended.notify_all()

    def _read_events(self, server: Server, deadline: Deadline) -> MrsProxyEvents:
        pipelines = (events.ASK_WORKERS, events.ask_events(self._bounds.since), events.ASK_OLDEST_RECORD)
        answers = ask_windows(server, pipelines, deadline, self._logins)
        self._keep_raw(server.name, Subject.EVENTS, *answers)
        workers, found, oldest = answers
        return events.read_events(workers, found, oldest, self._bounds.since)

    def _read_endpoint(self, server: Server, deadline: Deadline) -> EndpointAnswer:
        answer = get_authenticated(server, marked(endpoint.MRSPROXY_PATH, self._bounds.run), deadline, self._logins)
        self._keep_raw(server.name, Subject.ENDPOINT, answer)
        return endpoint.read_endpoint(answer, url_of(server, endpoint.MRSPROXY_PATH))

    def _keep_raw(self, name: str, subject: Subject, *answers: CmdletAnswer | HttpAnswer) -> None:
        """Before they are read: what cannot be read is what people want to see."""
        if self._raw is not None:
            self._raw.keep(name, subject.name.lower(), answers)
