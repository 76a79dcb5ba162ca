"""Asks one of several hosts: the next is tried if one has failed, and at the same time if one is silent."""

from __future__ import annotations

import queue
import threading
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

from moveready.errors import EvidenceError
from moveready.inventory import Auth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moveready.inventory import ExchangeHost
    from moveready.remoting.deadline import Deadline

T = TypeVar("T")

_STEP_SECONDS = 0.5
"""How long a wait for news lasts before it starts again: Windows delivers Ctrl-C only between two waits."""

_CLOSING_SECONDS = 5.0
"""How long to wait until a session is closed, if asking is interrupted."""


class _News(Enum):
    """News of a host that has not ended yet."""

    SILENT = "it says nothing"


class Race(Generic[T]):
    """Asks hosts in their order. The first that says anything goes on; the others are cut before they log in.

    So at most one of them has a session at any time. If the one that went on fails, those that were cut are asked
    again. With basic authentication the first request already has the credential and the question, so such a host is
    asked alone.
    """

    def __init__(
        self,
        hosts: Sequence[ExchangeHost],
        ask: Callable[[ExchangeHost, Deadline], T],
        deadline_of: Callable[[], Deadline],
    ) -> None:
        """Ask no host yet; `deadline_of` makes the deadline of each host that is tried."""
        self._hosts = hosts
        self._ask = ask
        self._deadline_of = deadline_of
        self._waiting = list(range(len(hosts)))
        self._running: dict[int, tuple[Deadline, threading.Thread]] = {}
        self._cut: set[int] = set()
        self._ahead: int | None = None
        self._lock = threading.Lock()
        self._news: queue.SimpleQueue[tuple[int, T | BaseException | _News]] = queue.SimpleQueue()

    def answer(self) -> T:
        """The answer of the host that goes on; raises `EvidenceError` with all failures if all hosts fail."""
        failures: dict[int, EvidenceError] = {}
        try:
            self._start_next()
            while self._running:
                host, news = self._next_news()
                if news is not _News.SILENT and self._has_ended(host):
                    if not isinstance(news, EvidenceError):
                        return _answer_from(news)
                    failures[host] = news
                self._start_next()
        finally:
            self._stop()
        raise all_failed([failures[host] for host in sorted(failures)])

    def _has_ended(self, host: int) -> bool:
        """Whether the host has finished; one that was cut waits for another turn."""
        with self._lock:
            del self._running[host]
            if self._ahead == host:
                self._ahead = None
            if host not in self._cut:
                return True
            self._cut.remove(host)
            self._waiting.append(host)
            return False

    def _start_next(self) -> None:
        """Start the next host, unless another one goes on, or the next one must be asked alone."""
        with self._lock:
            if self._ahead is not None or not self._waiting:
                return
            host = self._waiting[0]
            talks_at_once = self._hosts[host].credential.auth is Auth.BASIC
            if talks_at_once and self._running:
                return
            deadline = self._deadline_of()
            deadline.when_heard(lambda: self._go_ahead(host))
            if not talks_at_once:
                deadline.when_silent(lambda: self._news.put((host, _News.SILENT)))
            thread = threading.Thread(target=self._run, args=(host, deadline), name="moveready-exchange", daemon=True)
            thread.start()
            self._running[self._waiting.pop(0)] = deadline, thread

    def _run(self, host: int, deadline: Deadline) -> None:
        news: T | BaseException
        try:
            news = self._ask(self._hosts[host], deadline)
        except BaseException as error:  # noqa: BLE001 - the thread that waits must hear of every failure
            news = error
        self._news.put((host, news))

    def _go_ahead(self, host: int) -> None:
        """Let the first host that comes here go on; all others, perhaps this one too, are cut."""
        with self._lock:
            if self._ahead is None:
                self._ahead = host
            for other, (deadline, _) in self._running.items():
                if other != self._ahead:
                    self._cut.add(other)
                    deadline.cut()

    def _next_news(self) -> tuple[int, T | BaseException | _News]:
        while True:
            try:
                return self._news.get(timeout=_STEP_SECONDS)
            except queue.Empty:
                continue

    def _stop(self) -> None:
        """Cut all open conversations; if asking was interrupted, let the host that goes on close its session."""
        with self._lock:
            running = dict(self._running)
        for deadline, _ in running.values():
            deadline.cut()
        if self._ahead in running:
            running[self._ahead][1].join(_CLOSING_SECONDS)


def _answer_from(news: T | BaseException) -> T:
    if isinstance(news, BaseException):
        raise news
    return news


def all_failed(failures: list[EvidenceError]) -> EvidenceError:
    """The last failure, with what happened before it."""
    last = failures[-1]
    earlier = "".join(f"; before that, {error.server}: {error.happened}" for error in failures[:-1])
    return type(last)(last.server, last.channel, last.happened + earlier, last.next_step)
