"""Carries out one step of a plan, action by action. May import the plan, hands, journal, observing.

What an earlier action took away, a later one gives back (`restores`): that one is done even where something between
them failed, or somebody asked to stop. Nothing is decided here that the plan does not say, and nothing is done twice.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from moveready.errors import FixError, MovereadyError
from moveready.fixer.hands import utc_now
from moveready.fixer.observing import Observer, holds
from moveready.fixer.plan import Kind
from moveready.questions import Channel

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from moveready.fixer.journal import Interrupted
    from moveready.fixer.plan import Action, Step
    from moveready.fixer.surroundings import Surroundings
    from moveready.inventory import Server


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
        self._seen = Observer(step, server, around)
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
                self._seen.must_be_as_planned()
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
        return action.kind is not Kind.RUN and holds(lambda: self._happened_before_the_crash(number, action))

    def _do(self, number: int, action: Action) -> None:
        if number in self._done:
            return
        if self._happened_before_the_crash(number, action):
            self._finish(number)
        elif action.only_if is not None and not self._seen.is_still(action.only_if):
            self._done.add(number)
            self._around.journal.skipped(self._step, number)
        else:
            self._journalled(number, action)

    def _journalled(self, number: int, action: Action) -> None:
        if action.kind in {Kind.DRAIN, Kind.RESTART}:
            self._around.guard(self._step, number)
            self._must_go_on()
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
            self._seen.wait(action.seconds)
        elif action.kind is Kind.READ_BACK:
            self._seen.must_read_back(action)
        elif worker_before is not None:
            self._run(number)
            self._seen.await_return(worker_before)
        else:
            self._run(number)
            self._seen.await_service(action.kind)

    def _run(self, number: int) -> None:
        action = self._step.actions[number]
        self._hands.run(self._server, action.channel or Channel.EXCHANGE, action.command)
        self._carried.add(number)

    def _happened_before_the_crash(self, number: int, action: Action) -> bool:
        """Whether the action that was under way when the last run died took effect."""
        if self._resumed is None or number != self._resumed.begun:
            return False
        return self._seen.took_effect(action, self._resumed)


def _quietly(write: Callable[..., None], *arguments: object) -> None:
    with suppress(OSError):
        write(*arguments)
