"""Asks many servers at once, keeps each answer once a run. May import errors, inventory, questions, evidence, remoting.

Threads hide the latency: every question is under way before the first check waits for one. A failure is kept like an
answer, so a dead server costs one bounded wait and not one a check.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar

from moveready.cost import Cost
from moveready.errors import EvidenceError, UnexpectedAnswerError
from moveready.evidence import Facts, Subject, directory, endpoint, events
from moveready.evidence.directory import DirectoryListing
from moveready.remoting.deadline import Deadline
from moveready.remoting.exchange import ask_organization
from moveready.remoting.https import get_authenticated, url_of
from moveready.remoting.windows import ask_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from moveready.evidence import EndpointAnswer, EwsDirectory, MrsProxyEvents
    from moveready.inventory import Inventory, Server


_T = TypeVar("_T")
_STEP_SECONDS = 0.5
"""How long a wait for an answer lasts before it starts anew: Windows delivers Ctrl-C only in between."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how much: seconds a server, questions at once, and the look-back of the event log."""

    server_timeout: float = 60.0
    concurrency: int = 64
    since: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the asking is: servers in all, those with all answers, those with a failure; and who takes longest."""

    servers: int
    done: int
    failing: int
    slowest: str | None
    slowest_seconds: float

    @property
    def is_over(self) -> bool:
        """Whether every answer is there."""
        return self.done == self.servers


class Fleet:
    """The servers of an inventory, and what they answered.

    Use as a context manager: leaving it drops the questions that are not under way yet, and cuts those that are.
    """

    def __init__(self, inventory: Inventory, bounds: Bounds) -> None:
        """Ask nothing yet."""
        self._inventory = inventory
        self._bounds = bounds
        self._pool = ThreadPoolExecutor(max(1, bounds.concurrency), thread_name_prefix="moveready-ask")
        self._answers: dict[tuple[Subject, str], Future[Any]] = {}
        self._listing: Future[DirectoryListing] | None = None
        self._deadlines: list[Deadline] = []
        self._visits: dict[str, float] = {}
        self._costs: dict[str, Cost] = {}
        self._left = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """The fleet itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop what is not under way and cut what is; whoever still waits for an answer is let go."""
        with self._lock:
            self._left = True
            answers, deadlines = tuple(self._answers.values()), tuple(self._deadlines)
        for answer in answers:
            answer.cancel()
        for deadline in deadlines:
            deadline.cut()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def gather(self, servers: Iterable[Server], subjects: Iterable[Subject]) -> None:
        """Put the questions to all these servers under way; returns at once."""
        wanted = tuple(subjects)
        for server in servers:
            self._begin(server, wanted)

    def wait(self, seconds: float) -> Progress:
        """Wait that long at the most for all that is under way; how far it is then."""
        with self._lock:
            answers = dict(self._answers)
        wait(answers.values(), timeout=seconds)
        servers = {name for _, name in answers}
        pending = {name for (_, name), answer in answers.items() if not answer.done()}
        failing = {name for (_, name), answer in answers.items() if answer.done() and _has_failed(answer)}
        began = min(((began, name) for name, began in dict(self._visits).items()), default=None)
        return Progress(
            servers=len(servers),
            done=len(servers - pending),
            failing=len(failing),
            slowest=began[1] if began else None,
            slowest_seconds=monotonic() - began[0] if began else 0.0,
        )

    def costs(self) -> dict[str, Cost]:
        """What was asked of each server so far; that of the directory stands under the organization's name."""
        with self._lock:
            return dict(self._costs)

    def directory_of(self, server: Server) -> EwsDirectory:
        """Its EWS virtual directory; raises `EvidenceError`."""
        found: EwsDirectory = self._ask(Subject.DIRECTORY, server)
        return found

    def events_of(self, server: Server) -> MrsProxyEvents:
        """Its events 1309; raises `EvidenceError`."""
        found: MrsProxyEvents = self._ask(Subject.EVENTS, server)
        return found

    def endpoint_of(self, server: Server) -> EndpointAnswer:
        """What its endpoint answered, conclusive or not; raises `EvidenceError`."""
        found: EndpointAnswer = self._ask(Subject.ENDPOINT, server)
        return found

    def facts_of(self, server: Server) -> Facts:
        """All that was asked of the server, failures included; waits for what is under way, asks nothing itself."""
        return Facts(
            directory=self._fact(Subject.DIRECTORY, server),
            events=self._fact(Subject.EVENTS, server),
            endpoint=self._fact(Subject.ENDPOINT, server),
        )

    def _fact(self, subject: Subject, server: Server) -> Any:  # noqa: ANN401 - Facts' fields have the types
        answer = self._answers.get((subject, server.name))
        if answer is None:
            return None
        _wait_for(answer)
        return None if answer.cancelled() else answer.exception() or answer.result()

    def _ask(self, subject: Subject, server: Server) -> Any:  # noqa: ANN401 - the callers know what they asked
        self._begin(server, (subject,))
        answer = self._answers[subject, server.name]
        _wait_for(answer)
        return answer.result()

    def _begin(self, server: Server, subjects: Iterable[Subject]) -> None:
        """Put under way what was not asked of the server before; all that goes to the server itself is one visit."""
        with self._lock:
            if self._left:
                raise RuntimeError("the fleet was left; nothing can be asked any more")
            new = {subject: Future[Any]() for subject in subjects if (subject, server.name) not in self._answers}
            self._answers.update({(subject, server.name): answer for subject, answer in new.items()})
            if Subject.DIRECTORY in new:
                self._listing = self._listing or self._pool.submit(self._read_organization)
                self._listing.add_done_callback(partial(_pick, server, new.pop(Subject.DIRECTORY)))
            if new:
                self._pool.submit(self._visit, server, new)

    def _visit(self, server: Server, answers: dict[Subject, Future[Any]]) -> None:
        """Ask one server, the log before the endpoint: probing a disabled MRSProxy writes an event 1309 itself.

        One deadline bounds the visit. The log may take two thirds of it, so that a WinRM that hangs leaves time for the
        endpoint.
        """
        deadline = self._deadline_of(self._bounds.server_timeout)
        of_log = self._deadline_of(deadline.seconds * 2 / 3 if Subject.ENDPOINT in answers else deadline.seconds)
        self._visits[server.name] = monotonic()
        if Subject.EVENTS in answers:
            read = partial(self._read_events, server, of_log)
            _settle(answers[Subject.EVENTS], server, partial(self._counted, server.name, of_log, read))
        if Subject.ENDPOINT in answers:
            read_too = partial(self._read_endpoint, server, deadline)
            _settle(answers[Subject.ENDPOINT], server, partial(self._counted, server.name, deadline, read_too))
        self._visits.pop(server.name, None)

    def _read_organization(self) -> DirectoryListing:
        forms = (directory.ASK_DIRECTORIES, directory.ASK_WHOLE_DIRECTORIES)
        organization, seconds = self._inventory.organization, self._bounds.server_timeout
        deadlines: list[Deadline] = []

        def remembered(seconds: float) -> Deadline:
            deadlines.append(self._deadline_of(seconds))
            return deadlines[-1]

        began = monotonic()
        try:
            return DirectoryListing(ask_organization(organization, forms, seconds, remembered))
        finally:
            self._keep_cost(organization.name, began, *deadlines)

    def _counted(self, name: str, deadline: Deadline, ask: Callable[[], _T]) -> _T:
        """What asking gives; its cost is kept before, so that whoever has the answer finds the cost as well."""
        began = monotonic()
        try:
            return ask()
        finally:
            self._keep_cost(name, began, deadline)

    def _keep_cost(self, name: str, began: float, *deadlines: Deadline) -> None:
        cost = sum((deadline.meter.cost for deadline in deadlines), Cost(seconds=monotonic() - began))
        with self._lock:
            self._costs[name] = self._costs.get(name, Cost()) + cost

    def _deadline_of(self, seconds: float) -> Deadline:
        """A deadline that leaving the fleet cuts; over at once where it was left."""
        deadline = Deadline(seconds)
        with self._lock:
            self._deadlines.append(deadline)
            if self._left:
                deadline.cut()
        return deadline

    def _read_events(self, server: Server, deadline: Deadline) -> MrsProxyEvents:
        pipelines = (events.ASK_WORKERS, events.ask_events(self._bounds.since), events.ASK_OLDEST_RECORD)
        workers, found, oldest = ask_windows(server, pipelines, deadline)
        return events.read_events(workers, found, oldest, self._bounds.since)

    def _read_endpoint(self, server: Server, deadline: Deadline) -> EndpointAnswer:
        answer = get_authenticated(server, endpoint.MRSPROXY_PATH, deadline)
        return endpoint.read_endpoint(answer, url_of(server, endpoint.MRSPROXY_PATH))


def _wait_for(answer: Future[Any]) -> None:
    """Return when it has a result or a failure, or is dropped."""
    while not answer.done():
        wait((answer,), timeout=_STEP_SECONDS)


def _has_failed(answer: Future[Any]) -> bool:
    return answer.cancelled() or answer.exception() is not None


def _settle(answer: Future[Any], server: Server, ask: Callable[[], object]) -> None:
    """Keep what asking gives, a failure like an answer; ask nothing for an answer that nobody wants any more."""
    if not answer.set_running_or_notify_cancel():
        return
    try:
        answer.set_result(ask())
    except EvidenceError as error:
        answer.set_exception(error)
    except BaseException as error:  # noqa: BLE001 - who waits for the answer must not wait for ever
        answer.set_exception(_told(error, server))


def _pick(server: Server, answer: Future[Any], listing: Future[DirectoryListing]) -> None:
    """Give the server its part of the listing, or a failure of its own: an exception grows each time it is raised."""

    def part() -> EwsDirectory:
        if isinstance(failure := listing.exception(), EvidenceError):
            raise type(failure)(*failure.args) from failure
        return listing.result().of(server)

    _settle(answer, server, part)


def _told(error: BaseException, server: Server) -> EvidenceError:
    """A failure that nothing accounts for, most likely our own: as an error of this server, with what was raised."""
    told = UnexpectedAnswerError(
        server.name,
        "its answer",
        f"moveready failed on it ({type(error).__name__}: {error})",
        "This is a fault of moveready: please report this line.",
    )
    told.__cause__ = error
    return told
