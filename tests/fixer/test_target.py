"""What is looked at while a step is carried out, and how long it is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import FixError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixer.conftest import Bench, Kit

    MakeBench = Callable[..., Bench]


@pytest.mark.parametrize("takes", [1, 2, 6])
def test_a_restart_is_awaited(bench: MakeBench, kit: Kit, takes: int) -> None:
    """However many looks it takes; a look is not repeated in vain."""
    made, stop = bench("enable", timeout_seconds=600.0), kit.patience()
    made.given["stop"], made.machine.takes = stop, takes
    _, error = made.ended()

    assert error is None
    assert len(stop.pauses) == takes - 1


@pytest.mark.parametrize("status", [404, 500, 502, 503, 504])
def test_an_application_that_starts_is_awaited(bench: MakeBench, kit: Kit, status: int) -> None:
    """Services run, and what answers is not yet the application: whoever it is, it is not put back into service."""
    made, stop = bench("enable", timeout_seconds=600.0), kit.patience()
    made.given["stop"], made.machine.starting = stop, [status, status]
    _, error = made.ended()

    assert error is None
    assert (len(stop.pauses), made.machine.starting) == (2, [])


def test_pauses_grow_to_a_bound(bench: MakeBench, kit: Kit) -> None:
    """A server that starts is not asked all the time, and not forgotten either."""
    made, stop = bench("enable", timeout_seconds=600.0), kit.patience()
    made.given["stop"], made.machine.takes = stop, 10
    made.ended()

    assert [round(pause, 2) for pause in stop.pauses] == [0.25, 0.5, 1, 2, 4, 8, 15, 15, 15]


def test_a_worker_that_was_not_replaced_is_not_back(bench: MakeBench) -> None:
    """Services run and the endpoint answers, and still it is the old one."""
    made = bench("enable")
    born = made.machine.started_at
    made.world.after_change = lambda: setattr(made.machine, "started_at", born)
    _, error = made.ended()

    assert isinstance(error, FixError)


@pytest.mark.parametrize(("stuck", "told"), [(True, "did not go down"), (False, "did not go up")])
def test_a_health_check_that_does_not_follow_is_told(bench: MakeBench, stuck: bool, told: str) -> None:
    """Another requester may hold the component; nobody restarts a server that is not drained."""
    made = bench("enable", {"drain": True})
    made.machine.stuck = stuck
    if not stuck:
        made.world.after_change = lambda: setattr(made.machine, "out", True)
    _, error = made.ended()

    assert isinstance(error, FixError)
    assert f"its health check {told} within 0.02 s" in str(error)
    assert ("ex01: iisreset" in made.world.changes) is not stuck


def test_a_wait_is_counted_down(bench: MakeBench, kit: Kit) -> None:
    """To its end, a second at a time at most."""
    made, stop = bench("toggle", {"wait_seconds": 0.005}), kit.patience()
    made.given["stop"] = stop
    _, error = made.ended()

    left = [seconds for _, seconds in made.listener.seconds]
    assert error is None
    assert left == sorted(left, reverse=True)
    assert max(stop.pauses) <= max(left) <= 0.005
    assert {server for server, _ in made.listener.seconds} == {"ex01.contoso.com"}
