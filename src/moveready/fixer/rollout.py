"""A plan carried out: one server of a pool at a time, pools side by side, stopped at the first that is not repaired.

Ctrl-C and SIGTERM let it end in order: waits end, what was taken away is given back, and then it stops. A second one
ends the waiting for what cannot be given back.
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
from moveready.fixer.after import verdicts_after
from moveready.fixer.apply import StepRun
from moveready.fixer.executor import utc_now
from moveready.fixer.live_guards import LiveGuards
from moveready.plugin.interruption import ending_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from moveready.errors import EvidenceError
    from moveready.findings.verdicts import Verdict
    from moveready.fixer.context import StepContext
    from moveready.fixer.guards import Limits
    from moveready.fixer.plan import Plan, Refusal, Step
    from moveready.fixer.readings import Reading
    from moveready.fixer.verify import Verified
    from moveready.inventory import Inventory


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended.

    Attributes:
        verified: What the checks say afterwards; None where it did not get so far.
        problem: Why it did not, one or two sentences; "" where it did.
        story: What was done, a line each.
        has_begun: Whether anything was done to the server.
        readings: Where it was not verified: what each setting reads now, or why it is unknown.
    """

    step: Step
    verified: Verified | None
    problem: str
    story: tuple[str, ...]
    has_begun: bool = True
    readings: Mapping[str, Reading | EvidenceError] = field(default_factory=dict)

    @property
    def is_repaired(self) -> bool:
        """Whether the checks passed."""
        return self.verified is not None and self.verified.is_repaired


@dataclass
class Rollout:
    """What happens to a plan, across its pools.

    Attributes:
        verify: Checks a server again after its step.
        verdicts: What is the matter with each server, by name; kept up to date as servers are repaired.
        now: The time.
        faults: What ended a pool and was no step's: the terminal is gone, or moveready itself failed.
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
    _owing: list[tuple[StepRun, Step, BaseException]] = field(default_factory=list)

    def carry_out(self, plan: Plan, pools_at_once: int) -> None:
        """All pools of the plan; at the end, what is still not restored is tried once more."""
        with interrupts_set(self.context.stop, self.context.give_up):
            with ThreadPoolExecutor(pools_at_once, "moveready-fix") as workers:
                running = [workers.submit(self._roll, steps) for steps in steps_by_pool(plan).values()]
                # In slices, so that the main thread stays open to signals on every system.
                while wait(running, timeout=0.2).not_done:
                    pass
            for run, step, error in self._owing:
                self._once_more(run, step, error)

    def _roll(self, steps: tuple[Step, ...]) -> None:
        """The servers of one pool; whatever goes wrong, no further server of any pool is touched."""
        try:
            for step in steps:
                if self._halted.is_set() or self.context.stop.is_set():
                    return
                if refusal := self._guards.refusal_of(step):
                    self.refusals.append(refusal)
                else:
                    self._keep(self._ending_of(step))
        except BaseException as error:  # noqa: BLE001 - it is told with the endings of all pools
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
            self.context.reporter.tell(f"{step.server}: checking again")
            verified = self.verify(step)
        except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - whatever it is, no further server is touched
            if run.not_restored:
                self._owing.append((run, step, error))
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
        """Where the journal cannot be written any more, the server is resumed, which finds nothing left to do."""
        with suppress(OSError):
            self.context.journal.left(step, ending)

    def _once_more(self, run: StepRun, step: Step, error: BaseException) -> None:
        """No other pool restarts anything now that may have been in the way; not for who asked twice to stop."""
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
            self.context.reporter.tell(f"{ending.step.server}: repaired")
        else:
            # Other pools finish the server they are at; no further one is touched.
            self._halted.set()
            self.context.reporter.tell(f"{ending.step.server}: NOT repaired: {ending.problem}")


def approved_part(plan: Plan, approve: Callable[[str, tuple[Step, ...]], bool]) -> Plan:
    """The plan without the pools that are not approved; each is asked about once."""
    pools = [steps for name, steps in steps_by_pool(plan).items() if approve(name, steps)]
    return replace(plan, steps=tuple(chain.from_iterable(pools)))


def steps_by_pool(plan: Plan) -> dict[str, tuple[Step, ...]]:
    """The steps of each pool, in the plan's order; a server without a pool is one of its own."""
    pools: dict[str, tuple[Step, ...]] = {}
    for step in plan.steps:
        name = step.pool or step.server
        pools[name] = (*pools.get(name, ()), step)
    return pools


@contextmanager
def interrupts_set(stop: threading.Event, give_up: threading.Event) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a terminal that goes away set the event, and a second time the other one.

    Nothing is cut in two: what is under way ends in order. A signal that is ignored (nohup) stays ignored.
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
