"""A plan across its pools: order, halting, and what the guards know by then."""

from __future__ import annotations

import signal
import threading
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.controls import Severity
from moveready.findings.outcomes import Outcome, Result
from moveready.findings.verdicts import Standing, Verdict
from moveready.fixer.context import StepContext
from moveready.fixer.guards import Limits
from moveready.fixer.journal import Journal, interrupted_steps
from moveready.fixer.readings import Reading
from moveready.fixer.rollout import Rollout, approved_part, interrupts_set, steps_by_pool
from moveready.fixer.verify import Verified
from moveready.inventory import Window
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.builders import verdict_of

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.fixer.plan import Step
    from tests.fixer.conftest import Kit

PLAN = [("ex01", "a"), ("ex02", "a"), ("ex03", "b"), ("ex04", "b")]
GIVES = "-MRSProxyEnabled:$true"
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def ready(*names: str) -> dict[str, tuple[Verdict, ...]]:
    """These servers, each ready."""
    return {f"{name}.contoso.com": (verdict_of(Conclusion.READY, f"{name}.contoso.com"),) for name in names}


def standings_of(fleet: Fleet) -> dict[str, dict[str, Standing]]:
    """How each server stands, by KB."""
    return {
        name.partition(".")[0]: {verdict.kb: verdict.standing for verdict in verdicts}
        for name, verdicts in fleet.rollout.verdicts.items()
    }


class Fleet:
    """Four disabled servers in two pools, and what becomes of their plan."""

    def __init__(self, kit: Kit, folder: Path, **given: Any) -> None:
        """Each pool has a ready server, unless `verdicts` says otherwise."""
        self.kit = kit
        self.steps = [kit.step("enable", name, pool) for name, pool in PLAN]
        self.plan = kit.plan(*self.steps)
        self.world = kit.world(
            **{name: kit.machine_for(step) for (name, _), step in zip(PLAN, self.steps, strict=True)},
            ex05=kit.machine(),
            ex06=kit.machine(),
        )
        self.file = folder / "j.jsonl"
        journal = Journal(self.file, self.plan)
        journal.open_run()
        self.listener = kit.listener()
        self.stop = threading.Event()
        self.unverified: set[str] = set()
        self.verified_as: list[str] = []
        servers = [kit.server(name, pool=pool) for name, pool in [*PLAN, ("ex05", "a"), ("ex06", "b")]]
        usual: dict[str, Any] = {
            "inventory": kit.inventory(*servers, window=given.pop("window", None)),
            "context": StepContext(self.world, journal, kit.policy(), self.listener, self.stop, 5.0, 0.1),
            "limits": Limits(),
            "verify": self.verify,
            "verdicts": ready("ex05", "ex06"),
        }
        self.rollout = Rollout(**usual | given)

    def verify(self, step: Step) -> Verified:
        """As the endpoint is, unless the test says that it is not repaired."""
        name = step.server.partition(".")[0]
        self.verified_as.append(name)
        passed = name not in self.unverified
        conclusion = Conclusion.READY if passed else Conclusion.STALE
        result = Result.PASSED if passed else Result.FAILED
        outcome = Outcome("KB", "T", Severity.HIGH, "s", step.server, result, "", "", {}, 0.0)
        return Verified((outcome,), (verdict_of(conclusion, step.server),))

    def repaired(self, pools_at_once: int = 1) -> list[str]:
        """Carry it out; the servers that were repaired, in their order."""
        self.rollout.carry_out(self.plan, pools_at_once)
        return [ending.step.server.partition(".")[0] for ending in self.rollout.endings if ending.is_repaired]

    @property
    def restarted(self) -> list[str]:
        """The servers that were restarted."""
        return [change.partition(":")[0] for change in self.world.changes if change.endswith("iisreset")]


def test_pools_go_one_after_the_other(kit: Kit, tmp_path: Path) -> None:
    """And the servers of each in the plan's order, each verified before the next; nothing is left to resume."""
    fleet = Fleet(kit, tmp_path)

    assert fleet.repaired() == fleet.restarted == fleet.verified_as == ["ex01", "ex02", "ex03", "ex04"]
    assert interrupted_steps(fleet.file)[1] == ()
    assert all(ending.story for ending in fleet.rollout.endings)


def test_servers_without_a_pool_are_each_their_own(kit: Kit) -> None:
    """They keep the plan's order."""
    plan = kit.plan(kit.step("enable", "ex01"), kit.step("enable", "ex02", "a"), kit.step("enable", "ex03", "a"))

    assert {pool: len(steps) for pool, steps in steps_by_pool(plan).items()} == {"ex01.contoso.com": 1, "a": 2}


@pytest.mark.parametrize("how", ["unverified", "restart", "bug"])
def test_the_first_that_is_not_repaired_halts_the_rest(kit: Kit, tmp_path: Path, how: str) -> None:
    """Whatever kept it; it is told, and the others are not touched."""
    fleet = Fleet(kit, tmp_path)
    if how == "unverified":
        fleet.unverified = {"ex02"}
    else:
        fleet.world.before_call = lambda what: _fail_at(fleet, how) if "worker ex02" in what else None

    assert fleet.repaired() == ["ex01"]
    assert not {"ex03", "ex04"} & set(fleet.restarted)
    assert any(line.startswith("ex02.contoso.com: NOT repaired: ") for line in fleet.listener.lines)
    assert interrupted_steps(fleet.file)[1] == ()


def _fail_at(fleet: Fleet, how: str) -> None:
    raise RuntimeError("a bug") if how == "bug" else fleet.world.failure


def test_a_pool_beside_the_failing_one_finishes_its_server(kit: Kit, tmp_path: Path) -> None:
    """And begins no other."""
    fleet = Fleet(kit, tmp_path)
    fleet.unverified = {"ex01"}
    has_failed, has_begun = threading.Event(), threading.Event()

    def in_order(what: str) -> None:
        if what.startswith("flag ex03"):
            has_begun.set()
        if what == "run iisreset" and threading.current_thread().name.endswith("_1"):
            assert has_failed.wait(10)

    def verify(step: Step) -> Verified:
        if step.server == "ex01.contoso.com":
            assert has_begun.wait(10)
        return fleet.verify(step)

    def show(line: str) -> None:
        if "NOT repaired" in line:
            has_failed.set()

    fleet.listener.show = show  # type: ignore[method-assign] # of this test alone
    fleet.world.before_call, fleet.rollout.verify = in_order, verify

    assert fleet.repaired(pools_at_once=2) == ["ex03"]
    assert sorted(fleet.restarted) == ["ex01", "ex03"]


def test_a_repaired_server_counts_as_ready(kit: Kit, tmp_path: Path) -> None:
    """So the last of the pool may go; the first of it had nobody beside it."""
    none_ready = Fleet(kit, tmp_path, verdicts=ready("ex02"))
    none_ready.plan = kit.plan(*none_ready.steps[:2])
    none_ready.world["ex02"].worker_flag = True

    assert none_ready.repaired() == ["ex01", "ex02"]
    assert standings_of(none_ready)["ex01"] == {"KB3063913": Standing.READY}


def test_the_last_of_a_pool_is_refused_and_the_rest_goes_on(kit: Kit, tmp_path: Path) -> None:
    """A refusal is no failure."""
    fleet = Fleet(kit, tmp_path, verdicts=ready("ex06"))

    assert fleet.repaired() == ["ex03", "ex04"]
    assert [refusal.server for refusal in fleet.rollout.refusals] == ["ex01.contoso.com", "ex02.contoso.com"]


def test_a_server_that_is_not_repaired_is_not_ready(kit: Kit, tmp_path: Path) -> None:
    """What was known of it before no longer counts."""
    fleet = Fleet(kit, tmp_path)
    fleet.unverified = {"ex01"}
    fleet.repaired()

    assert standings_of(fleet)["ex01"] == {"KB3063913": Standing.NOT_READY}


def test_the_window_is_looked_at_before_each_server(kit: Kit, tmp_path: Path) -> None:
    """It may close while earlier ones are repaired."""
    late = kit.noon + timedelta(hours=1)
    times = iter([kit.noon, kit.noon, late, late, kit.noon, kit.noon])
    fleet = Fleet(kit, tmp_path, window=Window(None, time(12), time(13), "UTC"), now=lambda: next(times))

    assert fleet.repaired() == ["ex01", "ex04"]
    assert ["closed" in refusal.reason for refusal in fleet.rollout.refusals] == [True, True]


def test_a_window_that_closes_before_the_restart_ends_the_run(kit: Kit, tmp_path: Path) -> None:
    """Nothing is restarted any more, and no further server is touched."""
    times = iter([kit.noon, kit.noon + timedelta(hours=1)])
    fleet = Fleet(kit, tmp_path, window=Window(None, time(12), time(13), "UTC"), now=lambda: next(times))

    assert fleet.repaired() == fleet.restarted == []
    assert "it is not restarted: the change window" in fleet.rollout.endings[0].problem


def test_a_stop_while_peers_are_asked_ends_before_the_restart(kit: Kit, tmp_path: Path) -> None:
    """Asking them takes a while."""
    fleet = Fleet(kit, tmp_path)
    asked: list[str] = []

    def stop_at_second(what: str) -> None:
        asked.extend([what] if what.startswith("endpoint ex05") else [])
        if len(asked) == 2:
            fleet.stop.set()

    fleet.world.before_call = stop_at_second

    assert fleet.repaired() == fleet.restarted == []
    assert fleet.rollout.endings[0].problem.startswith("stopped on request")


def test_a_pool_that_is_not_approved_is_left_alone(kit: Kit, tmp_path: Path) -> None:
    """Each is asked about once, with its servers."""
    asked: list[tuple[str, int]] = []

    def approve(pool: str, steps: tuple[Step, ...]) -> bool:
        asked.append((pool, len(steps)))
        return pool == "b"

    approved = approved_part(Fleet(kit, tmp_path).plan, approve)

    assert [step.server.partition(".")[0] for step in approved.steps] == ["ex03", "ex04"]
    assert asked == [("a", 2), ("b", 2)]


@pytest.mark.parametrize("when", ["during", "before"])
def test_a_stop_lets_no_further_server_begin(kit: Kit, tmp_path: Path, when: str) -> None:
    """The one under way gives back and ends."""
    fleet = Fleet(kit, tmp_path)
    if when == "before":
        fleet.stop.set()
    fleet.world.before_call = lambda what: fleet.stop.set() if what == "run iisreset" else None

    assert fleet.repaired() == fleet.restarted == ([] if when == "before" else ["ex01"])
    assert not any("ex02" in call for call in fleet.world.calls)
    assert len(fleet.rollout.endings) == (0 if when == "before" else 1)


def test_what_could_not_be_given_back_is_left_to_resume(kit: Kit, tmp_path: Path) -> None:
    """It is told with the problem; the journal keeps the server open."""
    fleet = owing_fleet(kit, tmp_path)
    fleet.world.failing_commands = {GIVES}

    assert fleet.repaired() == []
    assert "NOT given back, do it yourself: Set-WebServicesVirtualDirectory" in fleet.rollout.endings[0].problem
    assert len(interrupted_steps(fleet.file)[1]) == 1


def test_what_is_owed_is_tried_once_more_when_all_pools_have_ended(kit: Kit, tmp_path: Path) -> None:
    """It is told as given back then, and the server is left."""
    fleet = owing_fleet(kit, tmp_path)
    fleet.world.failing_commands = {GIVES}
    fleet.listener.show = lambda line: fleet.world.failing_commands.clear() if "NOT repaired" in line else None  # type: ignore[method-assign] # of this test alone

    assert fleet.repaired() == []
    (ending,) = fleet.rollout.endings
    assert ending.problem.endswith("What was taken away was given back.")
    reading = ending.readings["MRSProxyEnabled"]
    assert isinstance(reading, Reading)
    assert reading.value is True
    assert interrupted_steps(fleet.file)[1] == ()


def test_who_asked_twice_to_stop_does_not_wait_for_it(kit: Kit, tmp_path: Path) -> None:
    """It stays not restored."""
    fleet = owing_fleet(kit, tmp_path)
    fleet.world.failing_commands = {GIVES}
    fleet.rollout.context.give_up.set()
    fleet.repaired()
    tried = [call for call in fleet.world.calls if GIVES in call]

    assert len(tried) == 2
    assert len(interrupted_steps(fleet.file)[1]) == 1


def owing_fleet(kit: Kit, folder: Path) -> Fleet:
    """A plan for one stale server."""
    fleet = Fleet(kit, folder)
    fleet.plan = kit.plan(kit.step("toggle", "ex01", "a"))
    fleet.world.machines["ex01.contoso.com"] = kit.machine_for(fleet.plan.steps[0])
    journal = Journal(fleet.file, fleet.plan)
    journal.open_run()
    fleet.rollout.context = StepContext(fleet.world, journal, kit.policy(), fleet.listener, fleet.stop, 0.1, 0.1)
    return fleet


def test_a_step_that_failed_tells_its_flag(kit: Kit, tmp_path: Path) -> None:
    """As it reads then, or why it cannot be read; a server that was not touched has none."""
    fleet = Fleet(kit, tmp_path)
    fleet.world.failing_commands = {"iisreset"}
    fleet.repaired()
    (ending,) = fleet.rollout.endings

    assert ending.has_begun
    reading = ending.readings["MRSProxyEnabled"]
    assert isinstance(reading, Reading)
    assert reading.value is True


def test_a_server_that_is_not_as_planned_was_not_begun(kit: Kit, tmp_path: Path) -> None:
    """Nothing was done to it."""
    fleet = Fleet(kit, tmp_path)
    fleet.world["ex01"].flag = True
    fleet.repaired()

    assert [(ending.has_begun, ending.readings) for ending in fleet.rollout.endings] == [(False, {})]


def test_a_terminal_that_is_gone_halts_all(kit: Kit, tmp_path: Path) -> None:
    """What nobody can see is not continued; how the servers ended is kept."""
    fleet = Fleet(kit, tmp_path)

    def show(line: str) -> None:
        if "repaired" in line:
            raise OSError("gone")

    fleet.listener.show = show  # type: ignore[method-assign] # of this test alone

    assert fleet.repaired() == ["ex01"]
    assert fleet.restarted == ["ex01"]
    assert [str(fault) for fault in fleet.rollout.faults] == ["gone"]


@pytest.mark.parametrize("kind", SIGNALS)
def test_signals_set_the_event(kind: signal.Signals) -> None:
    """Instead of cutting a step in two; afterwards they do again what they did before."""
    # A run in the background of a shell may have been told to ignore it.
    stop, before = threading.Event(), signal.signal(kind, signal.SIG_DFL)
    try:
        with interrupts_set(stop, threading.Event()):
            signal.raise_signal(kind)
            assert stop.is_set()

        assert signal.getsignal(kind) is signal.SIG_DFL
    finally:
        signal.signal(kind, before)


def test_a_second_signal_asks_to_give_up() -> None:
    """The first one alone does not end giving back."""
    kind = SIGNALS[0]
    stop, give_up, before = threading.Event(), threading.Event(), signal.signal(SIGNALS[0], signal.SIG_DFL)
    try:
        with interrupts_set(stop, give_up):
            signal.raise_signal(kind)
            assert not give_up.is_set()
            signal.raise_signal(kind)
            assert give_up.is_set()
    finally:
        signal.signal(kind, before)


def test_an_ignored_signal_stays_ignored() -> None:
    """`nohup` means it."""
    stop, before = threading.Event(), signal.signal(SIGNALS[-1], signal.SIG_IGN)
    try:
        with interrupts_set(stop, threading.Event()):
            signal.raise_signal(SIGNALS[-1])
        assert not stop.is_set()
    finally:
        signal.signal(SIGNALS[-1], before)
