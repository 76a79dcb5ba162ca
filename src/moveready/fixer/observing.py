"""What is looked at on one server while a step changes it, and how long it is waited for. May import hands, plan."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError, FixError
from moveready.fixer.plan import Condition, Kind
from moveready.kb.kb3063913 import EndpointKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from moveready.evidence import EwsDirectory
    from moveready.fixer.journal import Interrupted
    from moveready.fixer.plan import Action, Step
    from moveready.fixer.surroundings import Surroundings
    from moveready.inventory import Server

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
_MEANING = {Condition.STILL_OFF: EndpointKind.MRSPROXY_OFF, Condition.STILL_ON: EndpointKind.ALIVE}


def growing_pauses(first: float = FIRST_PAUSE_SECONDS, longest: float = LONGEST_PAUSE_SECONDS) -> Iterator[float]:
    """Seconds between two looks: each pause twice the last one, up to a bound."""
    pause = first
    while True:
        yield pause
        pause = min(pause * 2, longest)


class Observer:
    """Looks at the server of one step."""

    def __init__(self, step: Step, server: Server, around: Surroundings) -> None:
        """Look at nothing yet."""
        self._step = step
        self._server = server
        self._around = around
        self._hands = around.hands

    def flag(self) -> EwsDirectory:
        """The flag, from the domain controller that the step writes to; raises `EvidenceError`."""
        return self._hands.read_flag(self._server, self._step.identity, self._step.domain_controller).directory

    def settled_flag(self) -> EwsDirectory:
        """The flag once it has stayed the same for a while: a change that nobody answered may still take effect."""
        found, pauses = self.flag(), growing_pauses()
        ends = monotonic() + self._around.settle_seconds
        latest = ends + self._around.timeout_seconds
        while (left := min(ends, latest) - monotonic()) > 0 and not self._around.give_up.wait(min(next(pauses), left)):
            before, found = found, self.flag()
            if before.mrsproxy_enabled != found.mrsproxy_enabled:
                ends = monotonic() + self._around.settle_seconds
        return found

    def must_be_as_planned(self) -> None:
        """Raises `FixError` where object or flag are others than those that the plan was made for."""
        found = self.flag()
        if (found.identity, found.mrsproxy_enabled) != (self._step.identity, self._step.before):
            raise FixError(
                self._step.server,
                f"the flag of {found.identity} is {found.mrsproxy_enabled},"
                f" the plan was made for {self._step.identity} with {self._step.before}",
                "Somebody changed it since. Make a new plan.",
            )

    def must_read_back(self, action: Action) -> None:
        """Raises `FixError` where the flag is not what was set."""
        found = self.flag()
        if found.mrsproxy_enabled != action.value:
            raise FixError(
                self._step.server,
                f"{found.identity} was set to {action.value} and reads {found.mrsproxy_enabled}",
                "Nothing is restarted. Look who else changes it, and at replication.",
            )

    def component_is_active(self, action: Action) -> bool:
        """Whether nobody holds the component inactive that the action is about; raises `EvidenceError`."""
        return self._hands.component_is_active(self._server, str((action.parameters or {})["Component"]))

    def wait(self, seconds: float) -> None:
        """Wait and count down; raises `KeyboardInterrupt` as soon as somebody asks to stop."""
        ends = monotonic() + seconds
        while (left := ends - monotonic()) > 0:
            self._around.audience.count_down(self._step.server, left)
            if self._around.stop.wait(min(1.0, left)):
                raise KeyboardInterrupt

    def is_still(self, condition: Condition) -> bool:
        """Whether it holds now; raises `EvidenceError` where the endpoint cannot be asked."""
        return self._hands.endpoint(self._server).kind is _MEANING[condition]

    def await_return(self, worker_before: datetime) -> None:
        """The services run, the endpoint answers (which makes IIS start the worker), and the worker is a new one."""
        self._until(
            lambda: (
                self._hands.is_running(self._server)
                and self._hands.endpoint(self._server).is_of_something_that_runs
                and self._hands.worker_started_at(self._server) > worker_before
            ),
            "it did not come back after the restart",
            "Look at W3SVC, WAS and the application pools of the server now.",
        )

    def await_service(self, kind: Kind) -> None:
        """Load balancers follow the health check; what runs through the server is given time to move."""
        if kind in {Kind.DRAIN, Kind.ACTIVATE}:
            wanted = kind is Kind.ACTIVATE
            self._until(
                lambda: self._hands.is_in_service(self._server) is wanted,
                f"its health check did not go {'up' if wanted else 'down'}",
                "Look at Get-ServerComponentState: another requester may hold EwsProxy.",
            )

    def took_effect(self, action: Action, interrupted: Interrupted) -> bool:
        """Whether the action that was under way when the last run died took effect: the server is asked."""
        if action.kind is Kind.SET_FLAG:
            return self.flag().mrsproxy_enabled == action.value
        if action.kind is Kind.RESTART:
            return self._restarted_since(interrupted.worker_before)
        if action.kind in {Kind.DRAIN, Kind.ACTIVATE}:
            return self._hands.is_in_service(self._server) is (action.kind is Kind.ACTIVATE)
        if action.kind is Kind.RUN:
            raise FixError(
                self._step.server,
                f"nobody knows whether `{action.told}` happened before the last run died",
                "Look at the server, then run the checks and make a new plan.",
            )
        return False

    def _restarted_since(self, worker_before: datetime | None) -> bool:
        if worker_before is None:
            return False
        self._until(self._has_a_worker, "IIS does not run", "Look at W3SVC and WAS now.")
        if self._hands.worker_started_at(self._server) <= worker_before:
            return False
        self.await_return(worker_before)
        return True

    def _has_a_worker(self) -> bool:
        """Asking the endpoint makes IIS start one: since the restart perhaps nobody did."""
        if not self._hands.is_running(self._server):
            return False
        self._hands.endpoint(self._server)
        self._hands.worker_started_at(self._server)
        return True

    def _until(self, condition: Callable[[], bool], happened: str, next_step: str) -> None:
        """Ask until it holds, ever less often; what cannot be asked yet does not hold yet."""
        ends = monotonic() + self._around.timeout_seconds
        for pause in growing_pauses():
            if holds(condition):
                return
            if monotonic() >= ends:
                raise FixError(self._step.server, f"{happened} within {self._around.timeout_seconds:g} s", next_step)
            if self._around.stop.wait(min(pause, max(0.0, ends - monotonic()))):
                raise KeyboardInterrupt


def holds(condition: Callable[[], bool]) -> bool:
    """Whether it holds; what cannot be asked does not."""
    try:
        return condition()
    except EvidenceError:
        return False
