"""What the fixer refuses, at the limits of each rule."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.diagnosis import Verdict
from moveready.fixer.guards import (
    Limits,
    closed_by_now,
    last_of_pool,
    not_allowed,
    plan_refusals,
)
from moveready.inventory import Window

if TYPE_CHECKING:
    from tests.fixer.conftest import Kit

SECOND = timedelta(seconds=1)
AT_NOON = Window(None, time(12), time(13), "UTC")
EX01, EX02, EX03 = (f"ex0{number}.contoso.com" for number in (1, 2, 3))


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
    assert (refusal.server, refusal.lift) == (EX01, "wait for it, or change fix.window")
    assert closed_by_now(step, kit.inventory(), late) is None


@pytest.mark.parametrize(("servers", "refused"), [(0, False), (4, False), (5, False), (6, True)])
def test_no_more_servers_than_allowed(kit: Kit, servers: int, refused: bool) -> None:
    """Five by default, and five are allowed."""
    plan = kit.plan(*(kit.step("enable", f"ex0{number}") for number in range(servers)))
    told = ("the plan changes 6 servers, --fix-max allows 5: raise it, or --limit",)

    assert plan_refusals(plan, kit.inventory(), Limits(), kit.noon) == (told if refused else ())
    assert plan_refusals(plan, kit.inventory(), Limits(most_servers=6), kit.noon) == ()


def test_every_broken_rule_is_told(kit: Kit) -> None:
    """Nobody mends one to be told the next."""
    plan = kit.plan(*[kit.step("enable")] * 6)
    late = kit.noon + timedelta(hours=9)

    assert len(plan_refusals(plan, kit.inventory(window=AT_NOON), Limits(), late)) == 2


def test_a_server_must_be_allowed(kit: Kit) -> None:
    """By its own line in the inventory; one that is not in it is not allowed either."""
    inventory = kit.inventory(kit.server("ex01"), kit.server("ex02", fix_allowed=False))
    plan = kit.plan(*(kit.step("enable", name) for name in ("ex01", "ex02", "ex03")))
    refusals = not_allowed(plan, inventory)

    assert [refusal.server for refusal in refusals] == [EX02, EX03]
    assert {refusal.lift for refusal in refusals} == {"write `fix: allowed` at the server"}


@pytest.mark.parametrize(
    ("verdicts", "refused"),
    [
        ({EX02: Verdict.READY}, False),
        ({EX02: Verdict.STALE, EX03: Verdict.READY}, True),
        ({EX02: Verdict.UNTIL_RECYCLE}, True),
        ({EX01: Verdict.READY}, True),
        ({}, True),
    ],
    ids=["another is ready", "only of another pool", "none is ready", "only itself", "none was checked"],
)
def test_the_last_ready_server_of_a_pool_is_not_restarted(
    kit: Kit, verdicts: dict[str, Verdict], refused: bool
) -> None:
    """Somebody must serve meanwhile."""
    servers = (kit.server("ex01", pool="a"), kit.server("ex02", pool="a"), kit.server("ex03", pool="b"))
    refusal = last_of_pool(kit.step("enable", pool="a"), kit.inventory(*servers), verdicts, Limits())

    assert (refusal is not None) is refused
    assert refusal is None or "no other server of pool a" in refusal.reason


@pytest.mark.parametrize(
    ("remedy", "pool", "last_node"),
    [("enable-without-restart", "a", False), ("enable", None, False), ("enable", "a", True)],
    ids=["no restart", "no pool", "--fix-last-node"],
)
def test_when_the_last_of_a_pool_does_not_matter(kit: Kit, remedy: str, pool: str | None, last_node: bool) -> None:
    """Nobody is dropped, nobody else could serve, or somebody has decided."""
    inventory = kit.inventory(kit.server(pool=pool))

    assert last_of_pool(kit.step(remedy, pool=pool), inventory, {}, Limits(last_node=last_node)) is None
