"""Gives back what a step took away, and reads whether it is there again.

A Set that was answered may have changed nothing, and a Set without an answer may take effect later. So the state that
is read decides, not the answer: it is set again until it reads as before, or the time is over. What is not as before by
then is `not_restored`: it is reported, and the journal keeps the server open.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from moveready.errors import AuthenticationError, FixError, MissingCommandError
from moveready.fixer.executor import utc_now
from moveready.fixer.target import growing_pauses, holds

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.fixer.actions import Action
    from moveready.fixer.context import StepContext
    from moveready.fixer.journal import Interrupted
    from moveready.fixer.plan import Step
    from moveready.fixer.target import ServerOfStep

NEVER_BEGUN = (MissingCommandError, AuthenticationError)
"""After these errors a change has not happened, and will not. After any other error it may still happen."""


@dataclass
class StepProgress:
    """How far a step is; its actions by number.

    Attributes:
        done: Those that succeeded, in the journal too.
        touched: Those that were ever begun: what they took away must be given back.
        uncertain: Those that were begun, and nobody knows whether they took effect, or still will.
        proved: Those that give back, and whose effect was read.
        story: What was done, a line each.
    """

    done: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    uncertain: set[int] = field(default_factory=set)
    proved: set[int] = field(default_factory=set)
    story: list[str] = field(default_factory=list)

    @classmethod
    def from_journal(cls, resumed: Interrupted | None) -> StepProgress:
        """The progress that a killed run left; none at all without such a run."""
        if resumed is None:
            return cls()
        begun = set() if resumed.begun is None else {resumed.begun}
        return cls(set(resumed.done), set(resumed.touched), uncertain=begun)

    def finish(self, number: int, line: str) -> None:
        """Note that an action succeeded."""
        self.done.add(number)
        self.uncertain.discard(number)
        self.add_line(line)

    def add_line(self, line: str) -> None:
        """Add a line to the story, with its time."""
        self.story.append(f"{utc_now():%Y-%m-%d %H:%M:%S}Z {line}")


class GivingBack:
    """Restores what one step took away from its server."""

    def __init__(self, step: Step, context: StepContext, target: ServerOfStep, progress: StepProgress) -> None:
        """Begin with what the step has taken away so far."""
        self._step = step
        self._context = context
        self._target = target
        self._progress = progress
        self._problems: dict[int, str] = {}

    @property
    def not_restored(self) -> list[str]:
        """The cmdlets with which people can give back what the last attempt could not."""
        return [self._step.actions[number].text for number in self._problems]

    def give_back(self, timeout_seconds: float) -> None:
        """Set and read all that was taken away, with growing pauses, until it is as before or the time is over.

        It is always tried once; a second request to stop ends the waiting. Nothing is raised: an error here must
        neither hide why the step ended, nor stop the next action that gives back.
        """
        ends = monotonic() + timeout_seconds
        for pause in growing_pauses():
            for number in self._outstanding():
                self._try(number)
            left = ends - monotonic()
            if not self._problems or left <= 0 or self._context.give_up.wait(min(pause, left)):
                break
        for number, problem in self._problems.items():
            self._show(f"NOT given back: {problem} Do it yourself: {self._step.actions[number].text}")

    def _outstanding(self) -> list[int]:
        return [
            number
            for number, action in enumerate(self._step.actions)
            if action.restores in self._progress.touched and not self._is_proved(number, action)
        ]

    def _is_proved(self, number: int, action: Action) -> bool:
        """Whether its effect was read now, or a finished action of the step proves it."""
        if number in self._progress.proved:
            return True
        done = (after for place, after in enumerate(self._step.actions) if place >= number and self._is_done(place))
        return self._is_done(number) and any(action.is_proved_by(after) for after in done)

    def _is_done(self, number: int) -> bool:
        return number in self._progress.done

    def _try(self, number: int) -> None:
        action = self._step.actions[number]
        try:
            if not self._is_there(action):
                self._set(number, action)
                self._must_be_there(number, action)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next one must be given back too
            self._fail(number, str(error))
        else:
            self._succeed(number, action)

    def _is_there(self, action: Action) -> bool:
        """Whether nothing must be done; if the state cannot be read, it is set."""
        return holds(lambda: action.reads_so(self._target)) and self._is_certain(action)

    def _is_certain(self, action: Action) -> bool:
        """Whether it stays as before: a change without an answer may take effect later, so wait for it.

        Raises:
            FixError: Somebody asked to stop waiting.
            EvidenceError: It cannot be read.
        """
        if action.restores not in self._progress.uncertain:
            return True
        ends = monotonic() + self._context.settle_seconds
        for pause in growing_pauses():
            if not action.reads_so(self._target):
                return False
            if (left := ends - monotonic()) <= 0:
                break
            if self._context.give_up.wait(min(pause, left)):
                happened = "a change that was not answered may still take effect"
                raise FixError(self._step.server, happened, "Look again in some minutes.")
        self._progress.uncertain.discard(action.restores)
        return True

    def _set(self, number: int, action: Action) -> None:
        self._show(f"{self._step.server}: giving back: {action.text}")
        self._quietly(self._context.journal.begin, self._step, number)
        action.give_back(self._target)
        self._progress.add_line(action.text)

    def _must_be_there(self, number: int, action: Action) -> None:
        if not (action.reads_so(self._target) and self._is_certain(action)):
            raise FixError(
                self._step.server,
                f"action {number + 1} of the plan was answered without an error, but {action.subject} is not as before",
                "Look who else changes it, and at replication.",
            )

    def _fail(self, number: int, problem: str) -> None:
        self._quietly(self._context.journal.failed, self._step, number, problem)
        if self._problems.get(number) != problem:
            self._show(f"{self._step.server}: not given back yet: {problem}")
        self._problems[number] = problem

    def _succeed(self, number: int, action: Action) -> None:
        self._problems.pop(number, None)
        self._progress.proved.add(number)
        self._progress.done.add(number)
        self._progress.uncertain.discard(number)
        self._progress.add_line(f"{action.state}, as before")
        self._quietly(self._context.journal.done, self._step, number)

    def _show(self, line: str) -> None:
        self._quietly(self._context.reporter.show, line)

    @staticmethod
    def _quietly(write: Callable[..., None], *arguments: object) -> None:
        """Ignore a terminal or a journal that cannot be written: giving back goes on without it."""
        with suppress(Exception):
            write(*arguments)
