"""What `--fix` does in a run: plan, apply or resume."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from moveready.errors import FixError
from moveready.findings.outcomes import Result
from moveready.fixer.after import StepResult, outcomes_after
from moveready.fixer.approval import Approval
from moveready.fixer.context import StepContext
from moveready.fixer.executor import RemoteExecutor, utc_now
from moveready.fixer.guards import plan_refusals
from moveready.fixer.journal import Journal, interrupted_steps
from moveready.fixer.lock import organization_lock
from moveready.fixer.open_journals import OpenJournals
from moveready.fixer.plan import Plan, plan_json, read_plan
from moveready.fixer.planning import load_remedies, make_plan, repaired_by
from moveready.fixer.restart_gate import RestartGate
from moveready.fixer.resuming import Resuming
from moveready.fixer.rollout import Rollout, approved_part, interrupts_set
from moveready.fixer.verify import Verified, check_again, check_at, module_at, verify
from moveready.fixer.words import counts_text, failure_text, plan_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from moveready.findings.outcomes import CheckedServer
    from moveready.findings.verdicts import Verdict
    from moveready.fixer.plan import Step
    from moveready.fixer.reporter import PytestReporter
    from moveready.fixer.settings import FixSettings
    from moveready.plugin.results import Results
    from moveready.plugin.suite import Suite

PLAN_FILE = "fix-plan.json"
JOURNAL_FILE = "fix-journal.jsonl"


class Fixing:
    """One run of the fixer, on the controller.

    Attributes:
        plan: What will be done; set as soon as it is made or read.
        endings: How each step ended.
        refused: Why nothing at all was done, one sentence each.
        faults: What went wrong after servers may have been changed, apart from the results of steps; one sentence each.
    """

    def __init__(self, settings: FixSettings, suite: Suite, results: Results, reporter: PytestReporter) -> None:
        """Do nothing yet."""
        self.settings = settings
        self.plan: Plan | None = None
        self.endings: list[StepResult] = []
        self.refused: tuple[str, ...] = ()
        self.faults: list[str] = []
        self._suite = suite
        self._results = results
        self._reporter = reporter
        self._stop = threading.Event()
        self._executor = RemoteExecutor(
            suite.inventory.organization,
            suite.settings.server_timeout_seconds,
            settings.timeout_seconds,
            suite.bounds.run,
            suite.settings.first_answer_seconds,
            logins=suite.logins,
            audit=suite.bounds.audit,
        )

    @property
    def is_unverified(self) -> bool:
        """Whether a repair is missing, or something went wrong after servers may have been changed."""
        return bool(self.faults) or any(not ending.is_repaired for ending in self.endings)

    @property
    def has_changed(self) -> bool:
        """Whether any server was changed."""
        return any(ending.has_begun for ending in self.endings)

    @property
    def counts_message(self) -> str:
        """Why pytest counts once a check that was called twice; "" if there is none."""
        return counts_text(self._reporter.set_aside)

    def show(self, line: str) -> None:
        """Show a line to people; if that is not possible, go on."""
        with suppress(FixError):
            self._reporter.show(line)

    def refuse(self, error: BaseException) -> None:
        """Keep and show why nothing was changed."""
        self.refused = (failure_text(error),)
        self.show(f"Nothing was changed: {self.refused[0]}")

    def fail(self, error: BaseException) -> None:
        """Keep and show what went wrong after servers were changed."""
        self.faults.append(failure_text(error))
        self.show(f"The run ended early: {self.faults[-1]}")

    def make_plan(self) -> None:
        """Make the plan, write it down, and show it."""
        self.plan = self._made_now()
        file = self._suite.settings.report_dir / PLAN_FILE
        file.write_text(plan_json(self.plan), encoding="utf-8", newline="\n")
        self._show_plan(self.plan)
        self._reporter.show(f"Plan: {file} (valid until {self.plan.expires_at:%Y-%m-%d %H:%M} UTC)")

    def _made_now(self, only: Collection[str] | None = None) -> Plan:
        run = self._results.run
        for control in {outcome.control for outcome in run.outcomes if outcome.result is Result.FAILED}:
            # A remedy may be in the file of its control, and with pytest-xdist this process has not imported that file.
            module_at(self._results.check_of(control).file)
        load_remedies()
        return make_plan(run, self._suite.inventory, self._executor, utc_now(), only)

    def apply(self) -> None:
        """Carry out the plan of `--plan`, or one made now.

        Raises:
            MovereadyError: The plan's file cannot be read, or another fixer holds the lock.
        """
        with organization_lock(self._suite.inventory.organization.name, self._reporter.show):
            plan = self._plan_to_apply()
            if plan is not None:
                self.refused = self._whole_refusals(plan)
                if plan.steps and not self.refused:
                    self._carry_out(plan)
        for sentence in self.refused:
            self.show(f"Nothing was changed: {sentence}")

    def resume(self) -> None:
        """Finish what a killed run left behind; the checks that follow show whether it worked.

        Raises:
            MovereadyError: The journal cannot be read, another fixer holds the lock, or a step cannot be finished.
        """
        load_remedies()
        file = self._journal_file
        with organization_lock(self._suite.inventory.organization.name, self._reporter.show):
            plan, interrupted = interrupted_steps(file)
            if plan is None:
                self._reporter.show(f"Nothing to resume in {file}")
                return
            self._must_be_ours(plan, file)
            journal = Journal(file, plan)
            context = self._context(journal)
            resuming = Resuming(plan, self._suite.inventory, self.settings.limits, context, utc_now)
            with interrupts_set(context.stop, context.give_up):
                problems = resuming.resume(interrupted)
            self._close_journal(journal)
        if problems:
            raise FixError(plan.organization, "not everything could be resumed", "\n".join(problems))

    def _must_be_ours(self, plan: Plan, file: Path) -> None:
        """Servers of another organization may have the same names, so they must not be touched at all."""
        ours = self._suite.inventory.organization.name
        if plan.organization.lower() != ours.lower():
            raise FixError(
                plan.organization,
                f"{file} is its journal, and the inventory is of {ours}",
                "Give the inventory that the plan was made with, or the folder of this one's reports.",
            )

    def _plan_to_apply(self) -> Plan | None:
        """The plan made now; with a file, the part that the file has too; None if the whole file is refused."""
        if self.settings.plan_file is None:
            self.make_plan()
            return self.plan
        approval = Approval(read_plan(self.settings.plan_file), self.settings.plan_fingerprint)
        self.refused = approval.whole_refusals(self._suite.inventory, utc_now())
        if self.refused:
            return None
        made = self._made_now({step.server for step in approval.shown.steps})
        self.plan = approval.of_now(made, self._checked())
        self._show_plan(self.plan)
        return self.plan

    @property
    def _journal_file(self) -> Path:
        return self._suite.settings.report_dir / JOURNAL_FILE

    @property
    def _open_journals(self) -> OpenJournals:
        return OpenJournals(self._suite.inventory.organization.name)

    def _close_journal(self, journal: Journal) -> None:
        """Close the run; if a step is half done, the note about the journal stays."""
        journal.close_run()
        if not interrupted_steps(self._journal_file)[1]:
            self._open_journals.close(self._journal_file)

    def _whole_refusals(self, plan: Plan) -> tuple[str, ...]:
        _, interrupted = interrupted_steps(self._journal_file)
        unfinished = [f"a killed run left {left.step.server} half done: --fix resume first" for left in interrupted]
        if elsewhere := self._open_journals.half_done_elsewhere(self._journal_file):
            journal, others = elsewhere
            resume = f"--fix resume --report-dir {journal.parent} first"
            unfinished += [f"a killed run left {left.step.server} half done: {resume}" for left in others]
        return (*unfinished, *plan_refusals(plan, self._suite.inventory, self.settings.limits, utc_now()))

    def _carry_out(self, plan: Plan) -> None:
        """Everything that can be checked before the first change is checked then; later errors are kept and shown."""
        checks = {step.server: self._checks_of(step) for step in plan.steps}
        approved = approved_part(plan, self._reporter.approve) if self.settings.ask else plan
        if not approved.steps:
            return
        journal = self._opened_journal(plan)
        context = self._context(journal)
        rollout = Rollout(
            inventory=self._suite.inventory,
            context=context,
            limits=self.settings.limits,
            verify=lambda step: self._verify(step, checks[step.server]),
            verdicts={name: server.verdicts for name, server in self._checked().items()},
            endings=self.endings,
        )
        self._kept(rollout.carry_out, approved, self.settings.pools_at_once)
        with interrupts_set(context.stop, context.give_up):
            for fault in rollout.faults:
                self.fail(fault)
            self.plan = plan.without(tuple(rollout.refusals))
            for refusal in rollout.refusals:
                self.show(f"{refusal.server}: refused: {refusal.reason}: {refusal.hint}")
            self._kept(self._close_journal, journal)
            for ending in self.endings:
                self._kept(self._report, ending, rollout.verdicts.get(ending.step.server, ()))

    def _opened_journal(self, plan: Plan) -> Journal:
        """A journal on disk that contains the plan; raises `FixError` if it cannot be written."""
        file = self._journal_file
        journal = Journal(file, plan)
        try:
            journal.open_run()
        except OSError as error:
            happened = f"the journal {file} cannot be written ({error.strerror or error})"
            raise FixError(plan.organization, happened, "What cannot be written down is not done.") from None
        self._open_journals.open(file)
        return journal

    def _kept(self, do: Callable[..., None], *arguments: object) -> None:
        """Keep errors that come after servers may have been changed: reports and exit code must not be lost."""
        try:
            do(*arguments)
        except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - see above
            self.fail(error)

    def _report(self, ending: StepResult, verdicts: tuple[Verdict, ...]) -> None:
        outcomes = outcomes_after(ending, self._results.run.by_server().get(ending.step.server, ()))
        self._reporter.report(outcomes, {verdict.kb: verdict for verdict in verdicts})

    def _context(self, journal: Journal) -> StepContext:
        return StepContext(
            executor=self._executor,
            journal=journal,
            policy=self._suite.inventory.fix,
            reporter=self._reporter,
            stop=self._stop,
            timeout_seconds=self.settings.timeout_seconds,
            settle_seconds=self._suite.settings.server_timeout_seconds,
            gate=RestartGate(host.name for host in self._suite.inventory.organization.exchange),
        )

    def _checks_of(self, step: Step) -> list[Callable[..., None]]:
        """The checks of each step, found before any change: what cannot be checked again is not repaired.

        Controls that failed after the plan was made are checked too: a move may have left an event 1309 since then.
        """
        mine = {outcome.control: outcome for outcome in self._results.run.by_server().get(step.server, [])}
        failed = tuple(found for found in mine.values() if found.result is Result.FAILED)
        failed_now = [control for repair in step.repairs for control in repaired_by(repair.remedy, failed)]
        controls = sorted({*step.controls, *failed_now})
        if missing := [control for control in controls if control not in mine]:
            happened = f"this run did not check {missing[0]}, which must pass after the repair"
            raise FixError(step.server, happened, "Run all controls together.")
        return [check_at(self._results.check_of(control)) for control in controls]

    def _verify(self, step: Step, checks: list[Callable[..., None]]) -> Verified:
        server = self._suite.inventory.server(step.server)
        # Keep the raw answers that led to the repair.
        bounds = replace(self._suite.bounds, raw_folder=None)
        return verify(
            lambda: check_again(server, checks, self._suite.inventory, bounds, self._suite.logins),
            self.settings.timeout_seconds,
            self._stop,
        )

    def _checked(self) -> dict[str, CheckedServer]:
        run = self._results.run
        judged = {outcome.server for outcome in run.outcomes}
        return {server.name: server for server in run.servers if server.name in judged}

    def _show_plan(self, plan: Plan) -> None:
        self._reporter.show(plan_text(plan, self._reporter.width))
