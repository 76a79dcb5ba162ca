"""Carries out a plan: one server of a pool at a time, several pools at once; the first failed repair stops all.

Ctrl-C and SIGTERM end it in an orderly way: waits end, what was taken away is given back, and then it stops. A second
one ends the waiting for what cannot be given back.
"""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from moveready.findings.verdicts import Standing, worst_of
from moveready.fixer.after import StepResult, verdicts_after
from moveready.fixer.apply import StepRun
from moveready.fixer.executor import utc_now
from moveready.fixer.live_guards import LiveGuards
from moveready.plugin.interruption import ending_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from moveready.findings.verdicts import Verdict
    from moveready.fixer.context import StepContext
    from moveready.fixer.guards import Limits
    from moveready.fixer.plan import Plan, Refusal, Step
    from moveready.fixer.verify import Verified
    from moveready.inventory import Inventory


@dataclass
class Rollout:
    """Carries out a plan, over all its pools.

    Attributes:
        verify: Checks a server again after its step.
        verdicts: The verdicts on each server, by name; kept up to date as servers are repaired.
        now: The time.
        faults: Errors that ended a pool and belong to no step: the terminal is gone, or moveready itself failed.
    """

    inventory: Inventory
    context: StepContext
    limits: Limits
    verify: Callable[[Step], Verified]
    verdicts: dict[str, tuple[Verdict, ...]]
    now: Callable[[], datetime] = utc_now
    endings: list[StepResult] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _halted: threading.Event = field(default_factory=threading.Event)
    _incomplete: list[tuple[StepRun, Step, BaseException]] = field(default_factory=list)

    def carry_out(self, plan: Plan, pools_at_once: int) -> None:
        """Carry out all pools of the plan; at the end, try once more to restore what is missing."""
        with interrupts_set(self.context.stop, self.context.give_up):
            with ThreadPoolExecutor(pools_at_once, "moveready-fix") as workers:
                running = [workers.submit(self._roll, steps) for steps in steps_by_pool(plan).values()]
                # Wait in short slices, so that the main thread can receive signals on every system.
                while wait(running, timeout=0.2).not_done:
                    pass
            for run, step, error in self._incomplete:
                self._once_more(run, step, error)

    def _roll(self, steps: tuple[Step, ...]) -> None:
        """Carry out the servers of one pool; after any failure, no further server of any pool is touched."""
        try:
            for step in steps:
                if self._halted.is_set() or self.context.stop.is_set():
                    return
                if refusal := self._guards.refusal_of(step):
                    self.refusals.append(refusal)
                else:
                    self._keep(self._ending_of(step))
        except BaseException as error:  # noqa: BLE001 - it is reported with the results of all pools
            self._halted.set()
            self.faults.append(error)

    @property
    def _guards(self) -> LiveGuards:
        worst = ((name, worst_of(verdicts)) for name, verdicts in self.verdicts.items())
        standings = {name: verdict.standing if verdict else Standing.UNKNOWN for name, verdict in worst}
        return LiveGuards(self.inventory, self.context.executor, self.limits, standings, self.now)

    def _ending_of(self, step: Step) -> StepResult:
        context = replace(self.context, guard=self._guards.must_allow)
        run = StepRun(step, self.inventory.server(step.server), context)
        try:
            run.carry_out()
            self.context.reporter.show(f"{step.server}: checking again")
            verified = self.verify(step)
        except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - whatever it is, no further server is touched
            if run.not_restored:
                self._incomplete.append((run, step, error))
            return self._unverified(run, step, error)
        problem = "" if verified.is_repaired else "the checks still do not pass"
        self._leave(step, problem or "verified")
        return StepResult(step, verified, problem, tuple(run.story))

    def _unverified(self, run: StepRun, step: Step, error: BaseException) -> StepResult:
        problem = run.message_of(error)
        if not run.not_restored:
            self._leave(step, problem)
        return StepResult(step, None, problem, tuple(run.story), run.has_begun, run.readings_now())

    def _leave(self, step: Step, ending: str) -> None:
        """Write that the server is finished. If this fails, a resume finds nothing left to do."""
        with suppress(OSError):
            self.context.journal.left(step, ending)

    def _once_more(self, run: StepRun, step: Step, error: BaseException) -> None:
        """Give back again now that no other pool restarts anything; not if somebody asked twice to stop."""
        if self.context.give_up.is_set():
            return
        run.give_back_again()
        now = self._unverified(run, step, error)
        self.endings[:] = [now if ending.step is step else ending for ending in self.endings]

    def _keep(self, ending: StepResult) -> None:
        with self._lock:
            self.endings.append(ending)
            known = self.verdicts.get(ending.step.server, ())
            self.verdicts[ending.step.server] = verdicts_after(ending, known)
        if ending.is_repaired:
            self.context.reporter.show(f"{ending.step.server}: repaired")
        else:
            # Other pools finish their present server; no further one is touched.
            self._halted.set()
            self.context.reporter.show(f"{ending.step.server}: NOT repaired: {ending.problem}")


def approved_part(plan: Plan, approve: Callable[[str, tuple[Step, ...]], bool]) -> Plan:
    """The plan without the pools that were not approved; the question is asked once for each pool."""
    pools = [steps for name, steps in steps_by_pool(plan).items() if approve(name, steps)]
    return replace(plan, steps=tuple(chain.from_iterable(pools)))


def steps_by_pool(plan: Plan) -> dict[str, tuple[Step, ...]]:
    """The steps of each pool, in the plan's order; a server without a pool counts as a pool."""
    pools: dict[str, tuple[Step, ...]] = {}
    for step in plan.steps:
        name = step.pool or step.server
        pools[name] = (*pools.get(name, ()), step)
    return pools


@contextmanager
def interrupts_set(stop: threading.Event, give_up: threading.Event) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal set the first event; a second signal sets the other one.

    No action is interrupted in the middle. A signal that is ignored (nohup) stays ignored.
    """
    heard = [kind for kind in ending_signals() if signal.getsignal(kind) not in {signal.SIG_IGN, None}]

    def hear(*_: object) -> None:
        (give_up if stop.is_set() else stop).set()

    before = {kind: signal.signal(kind, hear) for kind in heard}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
