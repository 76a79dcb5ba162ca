"""The server of one step: how its actions change and read it, and how long they wait for it.

It is the `Target` of the actions.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError, FixError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from moveready.evidence.questions import Channel, Cmdlet
    from moveready.fixer.context import StepContext
    from moveready.fixer.plan import Step
    from moveready.fixer.readings import Reading, Value
    from moveready.inventory import Server

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0


def growing_pauses(first: float = FIRST_PAUSE_SECONDS, longest: float = LONGEST_PAUSE_SECONDS) -> Iterator[float]:
    """Seconds between two attempts: each pause is twice the last one, up to a limit."""
    pause = first
    while True:
        yield pause
        pause = min(pause * 2, longest)


class ServerOfStep:
    """The server of one step."""

    def __init__(self, step: Step, server: Server, context: StepContext) -> None:
        """Read nothing yet."""
        self._step = step
        self._server = server
        self._context = context
        self._executor = context.executor

    def run(self, channel: Channel, command: Cmdlet) -> None:
        """Carry out one cmdlet; raises `EvidenceError`."""
        self._executor.run(self._server, channel, command)

    def read(self, setting: str) -> Reading:
        """The value of a setting, from the object and domain controller of the precondition; raises `EvidenceError`.

        For a setting without a precondition, the object is searched.
        """
        known = self._step.precondition_of(setting)
        if known is None:
            return self._executor.read(setting, self._server)
        return self._executor.read(setting, self._server, known.where, known.domain_controller)

    def settled(self, setting: str) -> Reading:
        """The value after it has been stable for a while: a change without an answer may still take effect."""
        found, pauses = self.read(setting), growing_pauses()
        ends = monotonic() + self._context.settle_seconds
        latest = ends + self._context.timeout_seconds
        while (left := min(ends, latest) - monotonic()) > 0 and not self._context.give_up.wait(min(next(pauses), left)):
            before, found = found, self.read(setting)
            if before.value != found.value:
                ends = monotonic() + self._context.settle_seconds
        return found

    def must_be_as_planned(self) -> None:
        """Raise `FixError` if an object or its value is not the one that the plan was made for."""
        for wanted in self._step.preconditions:
            found = self.read(wanted.setting)
            if (found.where, found.value) != (wanted.where, wanted.value):
                raise FixError(
                    self._step.server,
                    f"{wanted.setting} of {found.where} reads {found.value},"
                    f" the plan was made for {wanted.where} with {wanted.value}",
                    "Somebody changed it since. Make a new plan.",
                )

    def must_read(self, setting: str, value: Value) -> None:
        """Raise `FixError` if the value is not what was set."""
        found = self.read(setting)
        if found.value != value:
            raise FixError(
                self._step.server,
                f"{setting} of {found.where} was set to {value} and reads {found.value}",
                "Nothing is restarted. Look who else changes it, and at replication.",
            )

    def worker_started_at(self) -> datetime:
        """When its worker process was started; raises `EvidenceError`."""
        return self._executor.worker_started_at(self._server)

    def component_is_active(self, component: str) -> bool:
        """Whether no requester holds the component inactive; raises `EvidenceError`."""
        return self._executor.component_is_active(self._server, component)

    def is_in_service(self) -> bool:
        """Whether it is in service by the health check."""
        return self._executor.is_in_service(self._server)

    def wait(self, seconds: float) -> None:
        """Wait and count down; raises `KeyboardInterrupt` as soon as somebody asks to stop."""
        ends = monotonic() + seconds
        while (left := ends - monotonic()) > 0:
            self._context.reporter.count_down(self._step.server, left)
            if self._context.stop.wait(min(1.0, left)):
                raise KeyboardInterrupt

    def await_return(self, worker_before: datetime) -> None:
        """Wait until services run, the endpoint answers (which makes IIS start the worker), and the worker is new."""
        self._until(
            lambda: (
                self._executor.is_running(self._server)
                and self._executor.endpoint(self._server).is_of_something_that_runs
                and self.worker_started_at() > worker_before
            ),
            "it did not come back after the restart",
            "Look at W3SVC, WAS and the application pools of the server now.",
        )

    def await_service(self, *, up: bool) -> None:
        """Wait for the health check, which load balancers follow, so that work has time to move to other servers."""
        self._until(
            lambda: self.is_in_service() is up,
            f"its health check did not go {'up' if up else 'down'}",
            "Look at Get-ServerComponentState: another requester may hold EwsProxy.",
        )

    def has_restarted(self, worker_before: datetime) -> bool:
        """Whether a new worker process runs; if so, wait until it serves."""
        self._until(self._has_a_worker, "IIS does not run", "Look at W3SVC and WAS now.")
        if self.worker_started_at() <= worker_before:
            return False
        self.await_return(worker_before)
        return True

    def _has_a_worker(self) -> bool:
        """Ask the endpoint, because IIS starts a worker only for a request, and there may be none since the restart."""
        if not self._executor.is_running(self._server):
            return False
        self._executor.endpoint(self._server)
        self.worker_started_at()
        return True

    def _until(self, condition: Callable[[], bool], happened: str, next_step: str) -> None:
        """Ask until it is true, with growing pauses; if asking fails, it is not true yet."""
        ends = monotonic() + self._context.timeout_seconds
        for pause in growing_pauses():
            if holds(condition):
                return
            if monotonic() >= ends:
                raise FixError(self._step.server, f"{happened} within {self._context.timeout_seconds:g} s", next_step)
            if self._context.stop.wait(min(pause, max(0.0, ends - monotonic()))):
                raise KeyboardInterrupt


def holds(condition: Callable[[], bool]) -> bool:
    """Whether it is true; if asking fails, it is not."""
    try:
        return condition()
    except EvidenceError:
        return False
