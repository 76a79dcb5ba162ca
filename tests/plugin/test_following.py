"""A worker follows its controller; that it ends with it is held by tests/acceptance/test_interrupted.py."""

from __future__ import annotations

import signal
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import value_from
from moveready.plugin.following import Follower
from moveready.plugin.interruption import signals_by_default
from moveready.plugin.selection import Selection
from moveready.plugin.workers import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Controller:
    """A worker's end of the channel, and its suite."""

    def __init__(self) -> None:
        """Nothing was said."""
        self.interrupted = threading.Event()
        self.sent: list[object] = []

    def setcallback(self, callback: Callable[[object], None], endmarker: object) -> None:
        """Who hears what the controller says."""
        self.hear, self.endmarker = callback, endmarker

    def send(self, data: object) -> None:
        """What the worker says."""
        self.sent.append(data)

    def interrupt(self) -> None:
        """As a suite is."""
        self.interrupted.set()

    def is_asked_here(self, server: object) -> bool:
        """Only what has a server."""
        return server is not None


@pytest.fixture
def controller() -> Iterator[Controller]:
    """A controller; signals are given back at the end."""
    before = {kind: signal.getsignal(kind) for kind in signals_by_default()}
    yield Controller()
    for kind, handler in before.items():
        signal.signal(kind, handler)


@pytest.fixture
def follower(controller: Controller) -> Follower:
    """A worker that listens to it."""
    suite: Any = controller
    follower = Follower(suite, controller)
    follower.follow()
    return follower


def test_interruption_is_heard(follower: Follower, controller: Controller) -> None:
    """On a thread that nothing waits for."""
    controller.hear(INTERRUPTED)

    assert controller.interrupted.wait(60)


def test_own_tests_are_told(follower: Follower, controller: Controller) -> None:
    """Those of servers that are asked here: nobody else knows them if this process dies."""
    plain = SimpleNamespace(nodeid="test_plain", function=None, callspec=None)
    own = SimpleNamespace(nodeid="test_own[a]", function=None, callspec=SimpleNamespace(params={"server": object()}))
    session: Any = SimpleNamespace(items=[plain, own])
    follower.pytest_collection_finish(session)

    assert [value_from(data, Selection) for data in controller.sent] == [Selection((), ("test_own[a]",))]


def test_worker_that_ends_by_itself_is_not_ended(follower: Follower, controller: Controller) -> None:
    """The channel is closed then as well."""
    follower.pytest_sessionfinish()
    before = threading.active_count()
    controller.hear(controller.endmarker)
    for thread in threading.enumerate():
        if thread.name == "moveready-following":
            thread.join(60)

    assert threading.active_count() == before
    assert not controller.interrupted.is_set()
