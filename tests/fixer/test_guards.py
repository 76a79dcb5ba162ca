"""What the fixer refuses, at the limits of each rule."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.findings.verdicts import Standing
from moveready.fixer.guards import (
    Limits,
    closed_by_now,
    in_maintenance,
    last_of_pool,
    needs_a_peer,
    not_allowed,
    plan_refusals,
    possible_peers,
)
from moveready.inventory import Phase, Window

if TYPE_CHECKING:
    from tests.fixer.conftest import Kit

SECOND = timedelta(seconds=1)
AT_NOON = Window(None, time(12), time(13), "UTC")
EX01, EX02, EX03, EX04 = (f"ex0{number}.contoso.com" for number in (1, 2, 3, 4))


def test_a_sound_plan_is_not_refused(kit: Kit) -> None:
    """No rule, no sentence."""
    assert plan_refusals(kit.plan(kit.step("enable")), kit.inventory(kit.server()), Limits(), kit.noon) == ()


@pytest.mark.parametrize(("seconds", "open_"), [(-1, False), (0, True), (3599, True), (3600, False)])
def test_outside_the_window_nothing_is_changed(kit: Kit, seconds: int, open_: bool) -> None:
    """Its first moment is in it, its end is not."""
    inventory = kit.inventory(kit.server(), window=AT_NOON)
    plan, now = kit.plan(kit.step("enable")), kit.noon + seconds * SECOND
    told = "outside the change window daily 12:00-13:00 UTC: wait for it, or change fix.window"

    found = plan_refusals(plan, inventory, Limits(), now)
    assert found == (() if open_ else (f"now is {told}",))
    assert (closed_by_now(plan.steps[0], inventory, now) is None) is open_


def test_a_window_that_closed_since_refuses_the_next_server(kit: Kit) -> None:
    """A long plan must not run on into the day; without a window, it may."""
    step, late = kit.step("enable"), kit.noon + timedelta(hours=1)
    refusal = closed_by_now(step, kit.inventory(window=AT_NOON), late)

    assert refusal is not None
    assert (refusal.server, refusal.hint) == (EX01, "wait for it, or change fix.window")
    assert closed_by_now(step, kit.inventory(), late) is None


@pytest.mark.parametrize(("servers", "refused"), [(0, False), (4, False), (5, False), (6, True)])
def test_no_more_servers_than_allowed(kit: Kit, servers: int, refused: bool) -> None:
    """Five by default, and five are allowed."""
    plan = kit.plan(*(kit.step("enable", f"ex0{number}") for number in range(servers)))
    told = ("the plan changes 6 servers, --fix-max allows 5: raise it, or --limit",)

    assert plan_refusals(plan, kit.inventory(), Limits(), kit.noon) == (told if refused else ())
    assert plan_refusals(plan, kit.inventory(), Limits(most_servers=6), kit.noon) == ()


def test_every_broken_rule_is_told(kit: Kit) -> None:
    """Nobody repairs one to be told the next."""
    plan = kit.plan(*[kit.step("enable")] * 6)
    late = kit.noon + timedelta(hours=9)

    assert len(plan_refusals(plan, kit.inventory(window=AT_NOON), Limits(), late)) == 2


def test_a_server_must_be_allowed(kit: Kit) -> None:
    """By its own line in the inventory; one that is not in it is not allowed either."""
    inventory = kit.inventory(kit.server("ex01"), kit.server("ex02", fix_allowed=False))
    plan = kit.plan(*(kit.step("enable", name) for name in ("ex01", "ex02", "ex03")))
    refusals = not_allowed(plan, inventory)

    assert [refusal.server for refusal in refusals] == [EX02, EX03]
    assert {refusal.hint for refusal in refusals} == {"write `fix: allowed` at the server"}


MIXED = {EX01: Standing.NOT_READY, EX02: Standing.READY, EX03: Standing.READY, EX04: Standing.NOT_READY}


@pytest.mark.parametrize(
    ("phase", "standings", "peers"),
    [
        (Phase.MOVING, MIXED, [EX02]),
        (Phase.MOVING, {}, []),
        (Phase.MOVING, None, [EX02, EX04]),
        (Phase.IDLE, {}, [EX02, EX04]),
    ],
    ids=["moving", "none was checked", "no checks have run", "idle"],
)
def test_who_of_a_pool_may_serve_meanwhile(
    kit: Kit, phase: Phase, standings: dict[str, Standing] | None, peers: list[str]
) -> None:
    """Another server of the pool; while moving one that passed all checks, as far as checks have run."""
    pools = {"ex01": "a", "ex02": "a", "ex03": "b", "ex04": "a"}
    inventory = kit.inventory(*(kit.server(name, pool=pool, phase=phase) for name, pool in pools.items()))
    found = possible_peers(kit.step("enable", pool="a"), inventory, standings)

    assert [peer.name for peer in found] == peers


@pytest.mark.parametrize(
    ("remedy", "pool", "last_node", "needed"),
    [
        ("enable", "a", False, True),
        ("enable-without-restart", "a", False, False),
        ("enable", None, False, False),
        ("enable", "a", True, False),
    ],
    ids=["restart", "no restart", "no pool", "--fix-last-node"],
)
def test_when_the_last_of_a_pool_matters(
    kit: Kit, remedy: str, pool: str | None, last_node: bool, needed: bool
) -> None:
    """Not where nobody is dropped, nobody else could serve, or somebody has decided; the pool is the inventory's."""
    inventory = kit.inventory(kit.server(pool=pool))

    assert needs_a_peer(kit.step(remedy, pool="of the plan"), inventory, Limits(last_node=last_node)) is needed


@pytest.mark.parametrize(("seen", "told"), [((), "restarts"), (("ex02 x", "ex03 y"), "restarts: ex02 x; ex03 y")])
def test_the_last_of_a_pool_is_told_with_its_peers(kit: Kit, seen: tuple[str, ...], told: str) -> None:
    """Why each of them does not count."""
    refusal = last_of_pool(kit.step("enable"), kit.inventory(kit.server(pool="a")), seen)

    assert refusal.reason == f"no other server of pool a is known to be ready while this one {told}"
    assert "--fix-last-node" in refusal.hint


def test_a_maintenance_is_told() -> None:
    """It is somebody's, and that one ends it."""
    refusal = in_maintenance(EX01, "its health check is down")

    assert (refusal.server, refusal.reason) == (EX01, "it is in maintenance: its health check is down")
    assert "end the maintenance" in refusal.hint
