"""What is looked at right before a server is taken away from its clients."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import EvidenceError, FixError, MissingCommandError, UnreachableError
from moveready.evidence.questions import Channel
from moveready.findings.verdicts import Standing
from moveready.fixer.actions import Set
from moveready.fixer.guards import Limits
from moveready.fixer.live_guards import LiveGuards, out_of_service
from moveready.inventory import Phase, Window

if TYPE_CHECKING:
    from moveready.fixer.plan import Step
    from tests.fixer.conftest import Kit
    from tests.fixer.world import World

EX01, EX02, EX03 = (f"ex0{number}.contoso.com" for number in (1, 2, 3))
READY = {EX02: Standing.READY, EX03: Standing.READY}
NEVER = Window(None, time(1), time(2), "UTC")
DRAIN, RESTART = 2, 3
"""Actions of resolution 1 with draining."""


@pytest.fixture
def world(kit: Kit) -> World:
    """A disabled server and two that serve."""
    return kit.world(ex01=kit.machine(flag=False, worker_flag=False), ex02=kit.machine(), ex03=kit.machine())


def step_of(kit: Kit, **policy: Any) -> Step:
    """Resolution 1."""
    return kit.step("enable", pool="a", **{"drain": True, **policy})


def guards_of(kit: Kit, world: World, phase: Phase = Phase.MOVING, **changes: Any) -> LiveGuards:
    """Three servers of one pool, all of whose peers have passed the checks."""
    servers = [kit.server(f"ex0{number}", pool="a", phase=phase) for number in (1, 2, 3)]
    inventory = kit.inventory(*servers, window=changes.pop("window", None))
    usual: dict[str, Any] = {"limits": Limits(), "standings": READY, "now": lambda: kit.noon}
    return LiveGuards(inventory, world, **usual | changes)


def reason_of(guards: LiveGuards, step: Step) -> str:
    """Why it must not be begun, or nothing."""
    refusal = guards.refusal_of(step)
    return refusal.reason if refusal else ""


def test_where_nothing_stands_against_it_it_is_allowed(kit: Kit, world: World) -> None:
    """The server itself is in service, and the first peer that serves is enough."""
    guards, step = guards_of(kit, world), step_of(kit)

    assert guards.refusal_of(step) is None
    guards.must_allow(step, DRAIN)
    guards.must_allow(step, RESTART)
    assert not any(EX03 in call for call in world.calls)


def test_each_peer_is_asked_until_one_serves(kit: Kit, world: World) -> None:
    """In the order of the inventory."""
    world["ex02"].out = True

    assert guards_of(kit, world).refusal_of(step_of(kit)) is None
    assert [call for call in world.calls if EX01 not in call] == [
        f"endpoint {EX02}",
        f"health {EX02}",
        f"version {EX02}",
        f"endpoint {EX03}",
        f"health {EX03}",
    ]


def test_a_peer_that_does_not_serve_now_does_not_count(kit: Kit, world: World) -> None:
    """Whatever its checks have said: its endpoint and the load balancer are asked."""
    world["ex02"].worker_flag = False
    world["ex03"].out = True
    told = reason_of(guards_of(kit, world), step_of(kit))

    assert "no other server of pool a is known to be ready" in told
    assert f"{EX02} answers now: MRSProxy is disabled" in told
    assert f"{EX03} is not in the load balancer now" in told


def test_a_peer_that_cannot_be_asked_does_not_count(kit: Kit, world: World) -> None:
    """Silence is not readiness."""
    world.failing = set(range(50))
    told = reason_of(guards_of(kit, world), step_of(kit, drain=False))

    assert told == "it cannot be looked at now: it broke"
    world.failing, world.calls = {4, 5}, []
    assert f"{EX02} cannot be asked now: it broke" in reason_of(guards_of(kit, world), step_of(kit))


def test_a_peer_of_exchange_2010_has_no_health_check(kit: Kit, world: World) -> None:
    """Its endpoint alone counts."""
    world["ex02"].out, world["ex02"].version = True, "Version 14.3 (Build 123.4)"

    assert guards_of(kit, world).refusal_of(step_of(kit)) is None


@pytest.mark.parametrize(
    ("on", "phase", "serves"), [(True, Phase.IDLE, True), (False, Phase.IDLE, True), (False, Phase.MOVING, False)]
)
def test_an_idle_peer_serves_with_mrsproxy_off(kit: Kit, world: World, on: bool, phase: Phase, serves: bool) -> None:
    """What keeps an idle pool serving is that EWS answers a login and the load balancer follows."""
    world["ex02"].worker_flag = world["ex03"].worker_flag = on
    standings = {} if phase is Phase.IDLE else READY

    assert (guards_of(kit, world, phase, standings=standings).refusal_of(step_of(kit)) is None) is serves


@pytest.mark.parametrize(
    "options", [{"limits": Limits(last_node=True)}, {"standings": {}}], ids=["last node", "unchecked"]
)
def test_peers_that_do_not_matter_are_not_asked(kit: Kit, world: World, options: dict[str, Any]) -> None:
    """Somebody has decided; or nobody of them had passed, which no look makes good."""
    guards_of(kit, world, **options).refusal_of(step_of(kit))

    assert not any(EX02 in call or EX03 in call for call in world.calls)


def test_a_closed_window_is_seen_again_before_each_action(kit: Kit, world: World) -> None:
    """It was open when the step began."""
    moments = iter([kit.noon, kit.noon + timedelta(hours=1)])
    guards = guards_of(kit, world, window=Window(None, time(12), time(13), "UTC"), now=lambda: next(moments))
    assert guards.refusal_of(step_of(kit)) is None

    with pytest.raises(FixError, match="it is not restarted: the change window daily 12:00-13:00 UTC has closed"):
        guards.must_allow(step_of(kit), RESTART)


@pytest.mark.parametrize("drain", [True, False])
def test_an_administrators_maintenance_is_not_touched(kit: Kit, world: World, drain: bool) -> None:
    """Neither begun, nor drained, nor restarted; only what we have drained ourselves we restart and give back."""
    step, guards = step_of(kit, drain=drain), guards_of(kit, world)
    world["ex01"].out = True

    assert reason_of(guards, step) == "it is in maintenance: its component EwsProxy is inactive"
    with pytest.raises(FixError, match="it is in maintenance"):
        guards.must_allow(step, DRAIN)
    if drain:
        guards.must_allow(step, RESTART)


@pytest.mark.parametrize("drain", [True, False])
def test_maintenance_of_the_whole_server_is_seen_after_our_own_draining(kit: Kit, world: World, drain: bool) -> None:
    """What we have drained is ours; what an administrator takes out meanwhile is not restarted."""
    step, guards = step_of(kit, drain=drain), guards_of(kit, world)
    world["ex01"].out, world["ex01"].offline = drain, True

    with pytest.raises(FixError, match="it is in maintenance: its component ServerWideOffline is inactive"):
        guards.must_allow(step, RESTART)


def test_what_restarts_nothing_may_be_done_in_a_maintenance(kit: Kit, world: World) -> None:
    """A Set changes Active Directory alone."""
    world["ex01"].out = True

    assert guards_of(kit, world).refusal_of(kit.step("enable-without-restart", pool="a")) is None


def test_what_is_done_on_the_server_itself_waits_for_the_end_of_a_maintenance(kit: Kit, world: World) -> None:
    """Whoever works there has stopped the service for a reason, too."""
    world["ex01"].out = True
    start = Set(setting="state", value="Running", channel=Channel.WINDOWS, cmdlet="Start-Service", parameters={})
    step = replace(kit.step("enable-without-restart", pool="a"), actions=(start,))
    refusal = guards_of(kit, world).refusal_of(step)

    assert refusal is not None
    assert "it is in maintenance" in refusal.reason


def test_exchange_2010_knows_no_maintenance(kit: Kit, world: World) -> None:
    """It has no components, and its health check is always down."""
    world["ex01"].out, world["ex01"].version = True, "Version 14.3 (Build 123.4)"

    assert guards_of(kit, world).refusal_of(step_of(kit, drain=False)) is None


def test_where_components_may_not_be_read_the_health_check_counts(kit: Kit, world: World) -> None:
    """Who drains needs the right anyway."""
    world.missing_commands = True
    server = kit.server()

    assert out_of_service(server, world, drains=False) == ""
    world["ex01"].out = True
    assert out_of_service(server, world, drains=False) == "its health check is down"
    with pytest.raises(MissingCommandError):
        out_of_service(server, world, drains=True)


def test_what_cannot_be_looked_at_before_an_action_stops_it(kit: Kit, world: World) -> None:
    """As any other failure of a step does."""
    world.failing = {0}
    with pytest.raises(EvidenceError) as raised:
        guards_of(kit, world).must_allow(step_of(kit), DRAIN)

    assert isinstance(raised.value, UnreachableError)
