"""A killed run is finished or rolled back, wherever it was killed and however often."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moveready.errors import UnreachableError
from moveready.fixer.journal import Journal, interrupted_steps
from moveready.inventory import FixPolicy, Phase, Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fixer.conftest import Bench, Kit

    MakeBench = Callable[..., Bench]

EVENTS = {
    ("enable", False): 28,
    ("enable", True): 46,
    ("toggle", False): 42,
    ("toggle", True): 60,
    ("enable-without-restart", False): 16,
    ("disable", False): 28,
    ("disable", True): 46,
}
"""The moments at which each remedy can be killed, with and without drain."""

EVERY_MOMENT = [(remedy, drain, event) for (remedy, drain), events in EVENTS.items() for event in range(1, events + 1)]


def killed(bench: Bench, event: int) -> bool:
    """Carry the step out and kill it at that moment; whether it lived to its end."""
    bench.kill_at(event)
    _, error = bench.ended()
    bench.kill_at(None)
    return error is None


def die_after(bench: Bench, changes: int) -> None:
    """Be killed right after so many changes."""

    def die() -> None:
        if len(bench.world.changes) == changes:
            bench.kill_at(1)()

    bench.world.after_change = die


def assert_whole(bench: Bench, *, begun: bool = True) -> None:
    """As the remedy wants it, or untouched; nothing that had taken effect was done twice."""
    wanted = bench.step.repairs[0].remedy != "disable"
    machine = bench.machine
    restarts = bench.step.restarts
    assert (machine.flag, machine.out) == (wanted if begun else bench.step.preconditions[0].value, False)
    assert not (begun and restarts) or machine.worker_flag is wanted
    assert max(Counter(bench.world.changes).values(), default=0) <= 1


@pytest.mark.parametrize(("remedy", "drain", "event"), EVERY_MOMENT)
def test_killed_at_any_moment_it_is_finished(bench: MakeBench, remedy: str, drain: bool, event: int) -> None:
    """Before or after any call, before, in or after any line of the journal; then there is nothing left to resume."""
    made = bench(remedy, {"drain": drain})
    killed(made, event)
    begun = bool(interrupted_steps(made.file)[1])

    assert made.resume() == ()
    assert_whole(made, begun=begun)
    assert interrupted_steps(made.file)[1] == ()


@pytest.mark.parametrize(("remedy", "drain"), EVENTS)
def test_the_moments_reach_to_the_end(bench: MakeBench, remedy: str, drain: bool) -> None:
    """Else the test above would prove less than it says."""
    made = bench(remedy, {"drain": drain})
    killer = made.kill_at(None)
    made.ended()

    assert killer.events == EVENTS[remedy, drain]


@given(events=st.lists(st.integers(1, 60), min_size=1, max_size=4), drain=st.booleans())
def test_killed_again_and_again_it_is_finished(kit: Kit, folder: Path, events: list[int], drain: bool) -> None:
    """The resuming run may be killed too; nothing is done twice even then."""
    made = kit.bench(folder, kit.step("toggle", drain=drain))
    killed(made, events[0])
    begun = bool(interrupted_steps(made.file)[1])
    for event in events[1:]:
        made.kill_at(event)
        try:
            made.resume()
        except kit.killed:
            continue
    made.kill_at(None)

    assert made.resume() == ()
    assert_whole(made, begun=begun)


@given(event=st.integers(1, 60), failing=st.sets(st.integers(0, 14), min_size=1, max_size=3), lost=st.booleans())
@example(event=12, failing={1}, lost=True)
def test_a_run_that_had_failed_is_rolled_back(
    kit: Kit, folder: Path, event: int, failing: set[int], lost: bool
) -> None:
    """Killed while it gave back: the rest is given back, and nothing else is done."""
    made = kit.bench(folder, kit.step("toggle", drain=True))
    made.world.failing, made.world.is_lost_on_the_way_back = failing, lost
    killed(made, event)
    made.world.failing = set()
    found = interrupted_steps(made.file)[1]
    made.world.changes.clear()

    assert made.resume() == ()
    assert (made.machine.flag, made.machine.out) == (True, False)
    if found and found[0].has_failed:
        assert not any("iisreset" in change or "Inactive" in change for change in made.world.changes)


def test_what_was_given_back_is_not_given_back_twice(bench: MakeBench) -> None:
    """The run had failed, and was killed right after the Set that made it good."""
    made = bench("toggle", {"wait_seconds": 0.001})
    made.world.failing_commands = {"-MRSProxyEnabled:$false"}
    made.world.is_lost_on_the_way_back = True
    die_after(made, changes=2)
    made.ended()
    made.kill_at(None)

    assert made.resume() == ()
    assert [change.count("$true") for change in made.world.changes] == [0, 1]


def test_what_could_not_be_given_back_is_resumed(bench: MakeBench) -> None:
    """Again and again, until it is given back; the run itself had ended in order."""
    made = bench("toggle")
    made.world.failing_commands = {"-MRSProxyEnabled:$true"}
    made.ended()
    made.journal.close_run()
    (problem,) = made.resume()
    assert "NOT given back" in problem
    assert len(interrupted_steps(made.file)[1]) == 1
    made.world.failing_commands = set()

    assert made.resume() == ()
    assert made.machine.flag
    assert interrupted_steps(made.file)[1] == ()


def test_a_restart_is_not_repeated_where_nobody_asked_since(bench: MakeBench) -> None:
    """IIS starts a worker process only for a request: none is there, and still it was restarted."""
    made = bench("enable")
    made.machine.takes = 1
    die_after(made, changes=2)
    made.ended()
    made.kill_at(None)
    assert made.machine.started_at is None

    assert made.resume() == ()
    assert made.world.changes.count("ex01: iisreset") == 1


def test_an_iis_that_stays_down_is_told(bench: MakeBench) -> None:
    """It is not restarted a second time blindly."""
    made = bench("enable")
    made.machine.takes = 10**9
    die_after(made, changes=2)
    made.ended()
    made.kill_at(None)

    (problem,) = made.resume()
    assert "IIS does not run within 0.02 s. Look at W3SVC and WAS now." in problem
    assert made.world.changes.count("ex01: iisreset") == 1


def test_a_restart_without_its_worker_is_done(bench: MakeBench) -> None:
    """The line may be of an earlier version; a second restart does no harm, a missing one does."""
    made = bench("enable")
    made.journal.begin(made.step, 2)
    made.machine.flag = True
    made.resume()

    assert made.world.changes[-1] == "ex01: iisreset"


@pytest.mark.parametrize("took_effect", [False, True])
def test_an_action_of_ones_own_is_asked_for_too(kit: Kit, folder: Path, took_effect: bool) -> None:
    """Whether it took effect before the crash; then it is not done again."""
    step = replace(kit.step("enable"), actions=(kit.set_other("a", value=True),))
    made = kit.bench(folder, step)
    made.machine.others = {"a": took_effect}
    made.journal.begin(made.step, 0)

    assert made.resume() == ()
    assert made.world.changes == ([] if took_effect else ["ex01: Set-Other -Name a -Value:$true"])


@pytest.mark.parametrize("remedy", ["enable", "toggle"])
def test_a_roll_back_that_was_killed_is_a_roll_back_still(bench: MakeBench, kit: Kit, remedy: str) -> None:
    """Whenever it was killed, and even where the server might be repaired by now."""
    for event in range(1, 40):
        made = bench(remedy, {"drain": True})
        killed(made, 25)
        changes = len(made.world.changes)
        closed = kit.inventory(kit.server(), window=Window(None, time(1), time(2), "UTC"))
        made.kill_at(event)
        with suppress(kit.killed):
            made.resume(closed)
        made.kill_at(None)
        is_undecided = any(not left.has_failed for left in interrupted_steps(made.file)[1])
        assert not (is_undecided and made.world.changes[changes:])

        assert made.resume() == ()
        assert not made.machine.out
        assert made.machine.flag
        assert is_undecided or not any("Inactive" in change for change in made.world.changes[changes:])


SETS_APART = 8
"""The event at which resolution 2 is killed with the flag off."""
NEVER = Window(None, time(1), time(2), "UTC")


@pytest.mark.parametrize(
    ("server", "changes", "hours", "told"),
    [
        ({}, {"fix": FixPolicy(NEVER)}, 0, "the change window daily 01:00-02:00 UTC has closed"),
        ({"fix_allowed": False}, {}, 0, "the inventory does not let the fixer change it"),
        ({}, {}, 4, "the plan expired at 2026-03-02 16:00 UTC"),
        ({}, {"fingerprint": "0"}, 0, "the plan was made with another inventory"),
        ({"phase": Phase.IDLE}, {}, 0, "its phase is idle now, the plan was made for moving"),
        ({"pool": "a"}, {}, 0, "no other server of pool a is known to be ready"),
    ],
    ids=["window", "not allowed", "expired", "inventory", "phase", "last of pool"],
)
def test_what_an_apply_would_not_touch_now_is_rolled_back(  # noqa: PLR0913, PLR0917 - the fixtures, and a case
    bench: MakeBench, kit: Kit, server: dict[str, Any], changes: dict[str, Any], hours: int, told: str
) -> None:
    """The flag is on again at once; the restart is not ours to do now."""
    made = bench("toggle")
    killed(made, SETS_APART)
    assert len(made.world.changes) == 1
    inventory = replace(kit.inventory(kit.server(**server)), **changes)

    assert made.resume(inventory, kit.noon + timedelta(hours=hours)) == ()
    assert made.machine.flag
    assert "ex01: iisreset" not in made.world.changes
    assert any(told in line for line in made.listener.lines)


def test_the_last_of_a_pool_may_be_allowed(bench: MakeBench, kit: Kit) -> None:
    """As at an apply."""
    made = bench("toggle")
    killed(made, SETS_APART)
    made.resume(kit.inventory(kit.server(pool="a")), last_node=True)

    assert made.world.changes[-1] == "ex01: iisreset"


def test_a_peer_that_answers_now_is_enough(bench: MakeBench, kit: Kit) -> None:
    """No checks have run before a resume: what it answers is all that is known of it."""
    made = bench("toggle")
    killed(made, SETS_APART)
    made.world.machines["ex02.contoso.com"] = kit.machine()
    made.resume(kit.inventory(kit.server(pool="a"), kit.server("ex02", pool="a")))

    assert made.world.changes[-1] == "ex01: iisreset"


def test_a_maintenance_that_began_since_is_not_touched(bench: MakeBench) -> None:
    """The flag is on again, and no more; what we have drained ourselves is given back and restarted."""
    made = bench("toggle", {"drain": True})
    killed(made, SETS_APART)
    made.machine.out = True

    assert made.resume() == ()
    assert made.machine.flag
    assert not any("EwsProxy" in change or "iisreset" in change for change in made.world.changes)


def test_one_that_cannot_be_resumed_does_not_keep_the_next(kit: Kit, tmp_path: Path) -> None:
    """Each is tried, each problem is told; one that is not in the inventory stays to be resumed."""
    steps = [kit.step("toggle", name) for name in ("ex01", "ex02", "ex03")]
    made = kit.bench(tmp_path, steps[0])
    made.plan = kit.plan(*steps)
    made.file.unlink()
    made.journal = Journal(made.file, made.plan)  # type: ignore[assignment] # nobody is killed here
    made.journal.open_run()
    for step in steps:
        made.world.machines[step.server] = kit.machine_for(step)
        made.world.machines[step.server].flag = False
        made.journal.begin(step, 0)
    made.machine.identity = "another"
    made.world.failure = UnreachableError("ex01.contoso.com", "Exchange endpoint", "gone", "Look.")
    made.world.failing = {0, 1}
    inventory = kit.inventory(kit.server("ex01"), kit.server("ex03"))
    problems = made.resume(inventory)

    assert [problem.partition(".")[0] for problem in problems] == ["ex01", "ex02"]
    assert made.world["ex03"].flag
    assert "ex02.contoso.com is not in this inventory" in problems[1]
    assert "ex02.contoso.com" in {left.step.server for left in interrupted_steps(made.file)[1]}
