"""Carries out one step of a plan, action by action.

If an earlier action took something away, a later one gives it back (`restores`), even if an action between them failed,
or somebody asked to stop. The plan decides everything that is done here, and nothing that took effect is done twice.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError, FixError
from moveready.fixer.giving_back import NEVER_BEGUN, GivingBack, StepProgress
from moveready.fixer.target import ServerOfStep
from moveready.fixer.words import failure_text

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.fixer.actions import Action
    from moveready.fixer.context import StepContext
    from moveready.fixer.journal import Interrupted
    from moveready.fixer.plan import Step
    from moveready.fixer.readings import Reading
    from moveready.inventory import Server


class StepRun:
    """One step on one server, from its first action or from where a killed run left it."""

    def __init__(self, step: Step, server: Server, context: StepContext, resumed: Interrupted | None = None) -> None:
        """Load what is done already; do nothing yet."""
        self._step = step
        self._context = context
        self._resumed = resumed
        self._progress = StepProgress.from_journal(resumed)
        self._target = ServerOfStep(step, server, context)
        self._giving_back = GivingBack(step, context, self._target, self._progress)

    @property
    def story(self) -> list[str]:
        """What was done, one line each."""
        return self._progress.story

    @property
    def not_restored(self) -> list[str]:
        """What was taken away and is not as before: it must be done by hand, or with --fix resume."""
        return self._giving_back.not_restored

    @property
    def has_begun(self) -> bool:
        """Whether anything was done to the server."""
        return bool(self._progress.touched)

    def carry_out(self) -> None:
        """Do all of it.

        Raises:
            FixError: The server is not as the plan says, or did not come back.
            EvidenceError: An action failed.
            KeyboardInterrupt: Somebody asked to stop.

        Even if it raises, what was taken away was given back, or is in `not_restored`.
        """
        try:
            self._do_all()
        except BaseException:
            self._giving_back.give_back(self._context.timeout_seconds)
            raise
        else:
            self.roll_back()
        finally:
            self._context.gate.end(self._step, is_incomplete=bool(self.not_restored))

    def roll_back(self) -> None:
        """Give back what was taken away, and do nothing else; raises `FixError` if that fails."""
        self._giving_back.give_back(self._context.timeout_seconds)
        self._context.gate.end(self._step, is_incomplete=bool(self.not_restored))
        if self.not_restored:
            raise FixError(self._step.server, "what was taken away is not there again", "Look at the server.")

    def give_back_again(self) -> None:
        """Try once more to restore what is missing."""
        if self.not_restored:
            self._giving_back.give_back(0.0)

    def readings_now(self) -> dict[str, Reading | EvidenceError]:
        """The value of each setting after a step that ended early, or why it is unknown; empty if nothing was done.

        Only the settings that the step was made for, by their names.
        """
        wanted = self._step.preconditions if self.has_begun else ()
        return {known.setting: self._reading_now(known.setting) for known in wanted}

    def _reading_now(self, setting: str) -> Reading | EvidenceError:
        try:
            return self._target.settled(setting) if self._progress.uncertain else self._target.read(setting)
        except EvidenceError as error:
            return error

    def message_of(self, error: BaseException) -> str:
        """Why the step ended early, as text for people: what happened, and what is still not restored."""
        happened = failure_text(error)
        if self.not_restored:
            return f"{happened} NOT given back, do it yourself: {'; '.join(self.not_restored)}"
        lost = any(action.restores in self._progress.touched for action in self._step.actions)
        return f"{happened} What was taken away was given back." if lost else happened

    def _do_all(self) -> None:
        if self._resumed is None:
            self._target.must_be_as_planned()
        for number, action in enumerate(self._step.actions):
            self._must_go_on()
            self._do(number, action)

    def _must_go_on(self) -> None:
        if self._context.stop.is_set():
            raise KeyboardInterrupt

    def _do(self, number: int, action: Action) -> None:
        if number in self._progress.done:
            return
        if self._happened_before_the_crash(number, action):
            self._finish(number)
        elif not action.is_wanted(self._target):
            self._progress.done.add(number)
            self._context.journal.skipped(self._step, number)
        else:
            self._journalled(number, action)

    def _journalled(self, number: int, action: Action) -> None:
        """Do it only if it can be written to the journal first."""
        self._context.gate.enter(self._step, number, self._context.stop, self._context.reporter.show)
        if action.takes_away:
            self._context.guard(self._step, number)
            self._must_go_on()
        worker = action.worker_before(self._target)
        self._context.reporter.show(f"{self._step.server}: {action.text}")
        self._context.journal.begin(self._step, number, worker)
        self._progress.touched.add(number)
        try:
            self._act(number, action, worker)
        except BaseException as error:
            with suppress(OSError):  # it would hide the first error
                self._context.journal.failed(self._step, number, str(error) or type(error).__name__)
            raise
        self._finish(number)
        self._context.gate.leave(self._step, number)

    def _finish(self, number: int) -> None:
        self._progress.finish(number, self._step.actions[number].text)
        self._context.journal.done(self._step, number)

    def _act(self, number: int, action: Action, worker_before: datetime | None) -> None:
        try:
            action.do(self._target, worker_before)
        except Exception as error:
            if not isinstance(error, (*NEVER_BEGUN, FixError)):
                self._progress.uncertain.add(number)
            raise

    def _happened_before_the_crash(self, number: int, action: Action) -> bool:
        """Whether the action that was interrupted when the last run died took effect."""
        if self._resumed is None or number != self._resumed.begun:
            return False
        return action.took_effect(self._target, self._resumed.worker_before)
