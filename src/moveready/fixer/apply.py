"""Carries out one step of a plan, action by action. May import the plan, hands, journal.

What an earlier action took away, a later one gives back (`restores`): that one is done even where something between
them failed, or somebody asked to stop. Nothing is decided here that the plan does not say, and nothing is done twice.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from moveready.errors import EvidenceError, FixError, MovereadyError
from moveready.evidence import EndpointKind
from moveready.fixer.hands import utc_now
from moveready.fixer.plan import Kind
from moveready.questions import Channel, Cmdlet

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime

    from moveready.fixer.hands import Hands
    from moveready.fixer.journal import Interrupted, Journal
    from moveready.fixer.plan import Action, Step
    from moveready.inventory import FixPolicy, Server

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
_RESET_WITHOUT_FORCE = Cmdlet("iisreset", "/noforce")


class Audience(Protocol):
    """Who is shown what happens; called from the threads of several pools."""

    def tell(self, line: str) -> None:
        """Show a line."""

    def count_down(self, server: str, seconds_left: float) -> None:
        """Show how long a wait still takes; called about once a second."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a step is carried out with.

    Attributes:
        stop: Set where somebody asked to stop; waits end at once, and only what restores is still done.
        timeout_seconds: How long one server may take to come back.
    """

    hands: Hands
    journal: Journal
    policy: FixPolicy
    audience: Audience
    stop: threading.Event
    timeout_seconds: float


class StepRun:
    """One step on one server, from its first action or from where a killed run left it.

    Attributes:
        story: What was done, a line each.
        owed: What was taken away and could not be given back: what is to be done by hand, or with --fix resume.
    """

    def __init__(self, step: Step, server: Server, around: Surroundings, resumed: Interrupted | None = None) -> None:
        """Know what is done already; do nothing yet."""
        self._step = step
        self._server = server
        self._around = around
        self._hands = around.hands
        self.story: list[str] = []
        self.owed: list[str] = []
        self._resumed = resumed
        self._carried: set[int] = set()
        self._done = set(resumed.done) if resumed else set[int]()
        self._touched = set(resumed.touched) if resumed else set[int]()

    def carry_out(self) -> None:
        """Do all of it.

        Raises:
            FixError: The server is not as the plan has it, or did not come back.
            EvidenceError: An action failed.
            KeyboardInterrupt: Somebody asked to stop.

        Whatever is raised, what was taken away was given back, or is `owed`.
        """
        try:
            if self._resumed is None:
                self._must_be_as_planned()
            for number, action in enumerate(self._step.actions):
                self._must_go_on()
                self._do(number, action)
        except BaseException:
            self._give_back()
            raise

    def roll_back(self) -> None:
        """Give back what a killed run took away, and do nothing else; raises `FixError` where that fails."""
        self._give_back()
        if self.owed:
            raise FixError(self._step.server, "it could not be rolled back", "Look at the server, then resume again.")

    def told_of(self, error: BaseException) -> str:
        """Why the step ended before its end, for people: what happened, and what is still owed."""
        if isinstance(error, MovereadyError):
            happened = str(error)
        elif isinstance(error, KeyboardInterrupt):
            happened = "stopped on request."
        else:
            happened = f"moveready failed on it ({type(error).__name__}: {error}). Please report this line."
        if self.owed:
            return f"{happened} NOT given back, do it yourself: {'; '.join(self.owed)}"
        lost = any(action.restores in self._touched for action in self._step.actions)
        return f"{happened} What was taken away was given back." if lost else happened

    def _must_be_as_planned(self) -> None:
        found = self._hands.read_flag(self._server, self._step.identity, self._step.domain_controller).directory
        if (found.identity, found.mrsproxy_enabled) != (self._step.identity, self._step.before):
            raise FixError(
                self._step.server,
                f"the flag of {found.identity} is {found.mrsproxy_enabled},"
                f" the plan was made for {self._step.identity} with {self._step.before}",
                "Somebody changed it since. Make a new plan.",
            )

    def _must_go_on(self) -> None:
        if self._around.stop.is_set():
            raise KeyboardInterrupt

    def _give_back(self) -> None:
        """Do what restores, as far as something was taken away; nothing that fails here may hide the first failure."""
        for number, action in enumerate(self._step.actions):
            if action.restores in self._touched and number not in self._done | self._carried:
                self._give_one_back(number, action)

    def _give_one_back(self, number: int, action: Action) -> None:
        """Without waiting for the effect, and even where neither the terminal nor the journal can be written to."""
        _quietly(self._around.audience.tell, f"{self._step.server}: giving back: {action.told}")
        try:
            if not self._is_given_back(number, action):
                _quietly(self._around.journal.begin, self._step, number)
                self._run(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next one must be given back too
            self.owed.append(action.told)
            _quietly(self._around.journal.failed, self._step, number, str(error))
            _quietly(self._around.audience.tell, f"NOT given back: {error} Do it yourself: {action.told}")
        else:
            _quietly(self._finish, number)

    def _is_given_back(self, number: int, action: Action) -> bool:
        """Whether the killed run had done so already; what nobody can say is done once more."""
        return action.kind is not Kind.RUN and _holds(lambda: self._happened_before_the_crash(number, action))

    def _do(self, number: int, action: Action) -> None:
        if number in self._done:
            return
        if self._happened_before_the_crash(number, action):
            self._finish(number)
            return
        self._journalled(number, action)

    def _journalled(self, number: int, action: Action) -> None:
        worker = self._hands.worker_started_at(self._server) if action.kind is Kind.RESTART else None
        self._around.audience.tell(f"{self._step.server}: {action.told}")
        self._touched.add(number)
        self._around.journal.begin(self._step, number, worker)
        try:
            self._act(number, action, worker)
        except BaseException as error:
            self._around.journal.failed(self._step, number, str(error) or type(error).__name__)
            raise
        self._finish(number)

    def _finish(self, number: int) -> None:
        self._done.add(number)
        self.story.append(f"{utc_now():%Y-%m-%d %H:%M:%S}Z {self._step.actions[number].told}")
        self._around.journal.done(self._step, number)

    def _act(self, number: int, action: Action, worker_before: datetime | None) -> None:
        if action.kind is Kind.WAIT:
            self._wait(action.seconds)
        elif action.kind is Kind.READ_BACK:
            self._read_back(action)
        elif worker_before is not None:
            self._restart(number, action, worker_before)
        else:
            self._run(number)
            self._await_service(action.kind)

    def _run(self, number: int) -> None:
        action = self._step.actions[number]
        self._hands.run(self._server, action.channel or Channel.EXCHANGE, action.command)
        self._carried.add(number)

    def _wait(self, seconds: float) -> None:
        ends = monotonic() + seconds
        while (left := ends - monotonic()) > 0:
            self._around.audience.count_down(self._step.server, left)
            if self._around.stop.wait(min(1.0, left)):
                raise KeyboardInterrupt

    def _read_back(self, action: Action) -> None:
        found = self._hands.read_flag(self._server, self._step.identity, self._step.domain_controller).directory
        if found.mrsproxy_enabled != action.value:
            raise FixError(
                self._step.server,
                f"{found.identity} was set to {action.value} and reads {found.mrsproxy_enabled}",
                "Nothing is restarted. Look who else changes it, and at replication.",
            )

    def _restart(self, number: int, action: Action, worker_before: datetime) -> None:
        self._run(number)
        self._await_return(worker_before)
        if self._around.policy.escalate and action.cmdlet != "iisreset" and self._is_still_off():
            self._around.audience.tell(f"{self._step.server}: still 403, {_RESET_WITHOUT_FORCE}")
            before = self._hands.worker_started_at(self._server)
            self._hands.run(self._server, Channel.WINDOWS, _RESET_WITHOUT_FORCE)
            self._await_return(before)

    def _is_still_off(self) -> bool:
        return self._hands.endpoint(self._server) is EndpointKind.MRSPROXY_OFF

    def _await_return(self, worker_before: datetime) -> None:
        """The services run, the endpoint answers (which makes IIS start the worker), and the worker is a new one."""
        self._until(
            lambda: (
                self._hands.is_running(self._server)
                and self._hands.endpoint(self._server) is not EndpointKind.BACK_END
                and self._hands.worker_started_at(self._server) > worker_before
            ),
            "it did not come back after the restart",
            "Look at W3SVC, WAS and the application pools of the server now.",
        )

    def _await_service(self, kind: Kind) -> None:
        """Load balancers follow the health check; what runs through the server is given time to move."""
        if kind in {Kind.DRAIN, Kind.ACTIVATE}:
            wanted = kind is Kind.ACTIVATE
            self._until(
                lambda: self._hands.is_in_service(self._server) is wanted,
                f"its health check did not go {'up' if wanted else 'down'}",
                "Look at Get-ServerComponentState: another requester may hold EwsProxy.",
            )

    def _until(self, holds: Callable[[], bool], happened: str, next_step: str) -> None:
        """Ask until it holds, ever less often; what cannot be asked yet does not hold yet."""
        ends = monotonic() + self._around.timeout_seconds
        pause = FIRST_PAUSE_SECONDS
        while not _holds(holds):
            if monotonic() >= ends:
                raise FixError(self._step.server, f"{happened} within {self._around.timeout_seconds:g} s", next_step)
            if self._around.stop.wait(min(pause, max(0.0, ends - monotonic()))):
                raise KeyboardInterrupt
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _happened_before_the_crash(self, number: int, action: Action) -> bool:
        """Whether the action that was under way when the last run died took effect: the server is asked."""
        if self._resumed is None or number != self._resumed.begun:
            return False
        if action.kind is Kind.SET_FLAG:
            found = self._hands.read_flag(self._server, self._step.identity, self._step.domain_controller)
            return found.directory.mrsproxy_enabled == action.value
        if action.kind is Kind.RESTART:
            return self._restarted_since(self._resumed.worker_before)
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
        self._await_return(worker_before)
        return True

    def _has_a_worker(self) -> bool:
        """Asking the endpoint makes IIS start one: since the restart perhaps nobody did."""
        if not self._hands.is_running(self._server):
            return False
        self._hands.endpoint(self._server)
        self._hands.worker_started_at(self._server)
        return True


def _quietly(write: Callable[..., None], *arguments: object) -> None:
    with suppress(OSError):
        write(*arguments)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except EvidenceError:
        return False
