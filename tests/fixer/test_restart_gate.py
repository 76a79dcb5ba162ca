"""No server that Sets travel through is restarted while another one must still be given something back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from moveready.errors import FixError
from moveready.fixer.restart_gate import RestartGate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from moveready.fixer.plan import Step
    from tests.fixer.conftest import Kit

HOST = "ex01.contoso.com"
SET_OFF, SET_ON, RESTART_OF_TOGGLE = 0, 2, 4
DRAIN, RESTART, ACTIVATE = 2, 3, 4
"""Numbers of the actions of `toggle`, and of `enable` with draining."""


class Pools:
    """Steps that enter one gate, each from a thread of its own."""

    def __init__(self, workers: ThreadPoolExecutor) -> None:
        """One host."""
        self.gate = RestartGate([HOST])
        self.stop = threading.Event()
        self.told = threading.Semaphore(0)
        self._workers = workers

    def enter(self, step: Step, number: int) -> None:
        """Here and now."""
        self.gate.enter(step, number, self.stop, lambda _: self.told.release())

    def wait_to_enter(self, step: Step, number: int) -> Future[None]:
        """On another thread, which waits by the time this returns."""
        entering = self._workers.submit(self.enter, step, number)
        assert self.told.acquire(timeout=30)
        assert not entering.done()
        return entering


@pytest.fixture
def pools() -> Iterator[Pools]:
    """Those of one run."""
    with ThreadPoolExecutor() as workers:
        made = Pools(workers)
        yield made
        made.stop.set()


@pytest.fixture
def stale(kit: Kit) -> Step:
    """Another server is toggled, not drained."""
    return kit.step("toggle", "ex03")


@pytest.fixture
def host(kit: Kit) -> Callable[..., Step]:
    """The host is enabled, drained or not."""
    return lambda **policy: kit.step("enable", "ex01", **policy)


def test_a_host_waits_for_the_second_set(pools: Pools, stale: Step, host: Callable[..., Step]) -> None:
    """And goes as soon as it is done."""
    pools.enter(stale, SET_OFF)
    entering = pools.wait_to_enter(host(), 2)
    pools.gate.leave(stale, SET_OFF)
    assert not entering.done()
    pools.gate.leave(stale, SET_ON)

    assert entering.result(30) is None


def test_nothing_is_taken_away_while_a_host_restarts(pools: Pools, stale: Step, host: Callable[..., Step]) -> None:
    """Giving it back would have to travel through that host."""
    pools.enter(host(), 2)
    entering = pools.wait_to_enter(stale, SET_OFF)
    pools.gate.leave(host(), 2)

    assert entering.result(30) is None


def test_a_host_is_not_drained_before_it_may_restart(pools: Pools, stale: Step, host: Callable[..., Step]) -> None:
    """Two drained hosts would wait for each other for ever; and it stays alone until it is active again."""
    drained = host(drain=True)
    pools.enter(stale, SET_OFF)
    entering = pools.wait_to_enter(drained, DRAIN)
    pools.gate.end(stale, is_incomplete=False)
    entering.result(30)
    pools.enter(drained, RESTART)
    pools.gate.leave(drained, RESTART)
    another = pools.wait_to_enter(stale, SET_OFF)
    pools.gate.leave(drained, ACTIVATE)

    assert another.result(30) is None


def test_nobody_overtakes_a_host_that_waits(pools: Pools, kit: Kit, stale: Step, host: Callable[..., Step]) -> None:
    """With many pools there would else be no moment for it."""
    pools.enter(stale, SET_OFF)
    first = pools.wait_to_enter(host(), 2)
    second = pools.wait_to_enter(kit.step("toggle", "ex04"), SET_OFF)
    pools.gate.leave(stale, SET_ON)
    first.result(30)
    assert not second.done()
    pools.gate.end(host(), is_incomplete=False)

    assert second.result(30) is None


def test_other_servers_go_side_by_side(pools: Pools, kit: Kit, stale: Step) -> None:
    """Their restarts are in nobody's way; an action that takes nothing away is none of the gate's."""
    pools.enter(stale, SET_OFF)
    another = kit.step("toggle", "ex04", drain=True)
    for number in range(len(another.actions)):
        pools.enter(another, number)
        pools.gate.leave(another, number)
    pools.enter(stale, RESTART_OF_TOGGLE)

    assert not pools.told.acquire(blocking=False)


def test_what_is_owed_keeps_hosts_from_being_restarted(pools: Pools, stale: Step, host: Callable[..., Step]) -> None:
    """Until it is given back; who waits already is told so."""
    pools.enter(stale, SET_OFF)
    entering = pools.wait_to_enter(host(), 2)
    pools.gate.end(stale, is_incomplete=True)

    with pytest.raises(FixError, match=r"changes travel through it, and ex03\.contoso\.com is not given back yet"):
        entering.result(30)
    pools.gate.end(stale, is_incomplete=False)
    pools.enter(host(), 2)


def test_who_waits_can_be_stopped(pools: Pools, stale: Step, host: Callable[..., Step]) -> None:
    """And keeps nobody waiting then."""
    pools.enter(stale, SET_OFF)
    entering = pools.wait_to_enter(host(), 2)
    pools.stop.set()
    with pytest.raises(KeyboardInterrupt):
        entering.result(30)
    pools.gate.end(stale, is_incomplete=False)
    pools.enter(stale, SET_OFF)
