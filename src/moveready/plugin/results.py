"""What becomes of the outcomes on the controller: terminal, files, exit code.

Registered by the plugin only where there is an inventory, and never on a pytest-xdist worker.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready import __version__
from moveready.evidence.cost import Cost
from moveready.findings.controls import installed_controls
from moveready.findings.judging import text_of
from moveready.findings.outcomes import Outcome, Result, Run, RunScope, value_from
from moveready.gate.exit_code import exit_code_for
from moveready.plugin.html_page import HtmlPage
from moveready.plugin.interruption import INTERRUPTION
from moveready.plugin.publication import Publication
from moveready.plugin.recording import ATTRIBUTE, Recorder, RunStart
from moveready.plugin.report_folder import PAGE_FILE, ReportFolder
from moveready.plugin.report_settings import read_report_settings
from moveready.plugin.settings import is_judging
from moveready.plugin.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from moveready.plugin.report_settings import ReportSettings
    from moveready.plugin.selection import CheckPlace, Selection
    from moveready.plugin.suite import Suite

_DIED = "the worker process that judged it died"


class Results:
    """Collects what the tests report and writes it down at the end."""

    def __init__(self, suite: Suite, folder: ReportFolder, settings: ReportSettings) -> None:
        """Start recording."""
        self._suite = suite
        self._settings = settings
        self._publication = Publication(folder, settings)
        self._recorder = Recorder(suite.inventory, _start_of(suite, settings))
        self._not_kept: list[str] = []
        self._is_audited = True
        self._deaths = 0
        self.page = HtmlPage(suite.inventory, self._recorder)
        self.terminal = Terminal(self._recorder, self._publication, self._not_kept)

    @classmethod
    def prepared(cls, suite: Suite, config: pytest.Config) -> Results:
        """The results of a run; where it judges, its folder is made and pytest-html told where to write its draft.

        Raises:
            pytest.UsageError: The report folder cannot be made.
        """
        folder = ReportFolder(suite.settings.report_dir)
        settings = read_report_settings(config, suite.inventory, folder.folder)
        if is_judging(config):
            try:
                folder.prepare()
                if settings.gate:
                    folder.forget_gate()
            except OSError as error:
                folder.close()
                at = error.filename or folder.folder
                raise pytest.UsageError(f"--report-dir {folder.folder}: {error.strerror} ({at})") from None
            config.add_cleanup(folder.close)
            if folder.drafts and getattr(config.option, "htmlpath", "") is None:
                config.option.htmlpath = str(folder.drafts / PAGE_FILE)
                config.option.self_contained_html = True
        return cls(suite, folder, settings)

    def check_of(self, control: str) -> CheckPlace:
        """Where the function of a control stands that this run has called."""
        return self._recorder.check_of(control)

    def nodeid_of(self, outcome: Outcome) -> str:
        """The node id of the test that first gave this outcome."""
        return self._recorder.nodeid_of(outcome)

    @property
    def run(self) -> Run:
        """The run as it stands."""
        return self._recorder.run()

    @property
    def has_judged(self) -> bool:
        """Whether any test has ended."""
        return self._recorder.has_judged

    def expect(self, selection: Selection) -> None:
        """Know what is to be judged."""
        self._recorder.expect(selection)

    def lose(self, nodeid: str, why: str) -> None:
        """A test that was selected will not be run."""
        self._recorder.lose(nodeid, why)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any) -> None:  # noqa: ANN401 - xdist is not typed
        """Make the control that a dead worker ran an `error` of its server; a plain test stays xdist's."""
        carried = self._recorder.unjudged(crashitem, _DIED)
        if carried is not None:
            setattr(report, ATTRIBUTE, carried)
            report.when = "setup"  # to pytest an error, as all that could not be evaluated
            report.longrepr = text_of(carried.outcome)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record."""
        self._recorder.record(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record what could not be collected."""
        if report.failed:
            self._recorder.record_uncollected(report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Whatever ends the tests: what was not judged has an outcome, before anybody works with the run."""
        try:
            return (yield)
        finally:
            self._recorder.end(self._why_not_all(session))

    def _why_not_all(self, session: pytest.Session) -> str:
        """Why something may not have been judged."""
        interruption = session.config.pluginmanager.get_plugin(INTERRUPTION)
        if interruption is not None and interruption.name:
            return f"the run was interrupted ({interruption.name})"
        if session.shouldfail:
            failures = session.config.getoption("maxfail")
            return f"stopped after {'the first failure' if failures == 1 else f'{failures} failures'}"
        return "a worker process died" if self._deaths else "the run ended early"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ANN401 - xdist is not typed
        """Take what a worker hands back; where it died, that is nothing."""
        self._deaths += bool(error)
        handed = getattr(node, "workeroutput", {}).get("moveready", {})
        self._recorder.add_costs({name: value_from(cost, Cost) for name, cost in handed.get("costs", {}).items()})
        self._tell_missing(handed.get("not_kept", []), handed.get("not_audited", []))
        self._recorder.add_seen(handed.get("seen", ()))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Settle what is known, let the others write (pytest-html its page), publish, and settle the exit code."""
        self._settle()
        try:
            yield
        except OSError as error:
            self._publication.unwritten = error
        self._publication.forget_the_draft(session.config)
        if is_judging(session.config) and self.has_judged:
            run = self.run
            if session.testsfailed and not _has_failures(run):
                self._recorder.add_unknown_failure()
                run = self.run
            session.exitstatus = exit_code(run, int(session.exitstatus), self._settings)
            self._publication.publish(run, session.config, is_replay=self._suite.recorded is not None)
        if self._publication.has_failed or not self._is_audited:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _settle(self) -> None:
        self._recorder.add_costs(self._suite.costs())
        if self._suite.recorded is not None:
            self._recorder.add_costs(self._suite.recorded.costs)
        self._tell_missing(self._suite.not_kept(), self._suite.not_audited())
        self._recorder.add_seen(self._suite.seen())
        # Reports of a large fleet take as much memory as its answers, and nobody needs the answers any more.
        self._suite.close()

    def _tell_missing(self, not_kept: Iterable[str], not_audited: Sequence[str]) -> None:
        """Raw answers are extras; an audit that lacks lines is a report that was lost."""
        self._not_kept += [*not_kept, *not_audited]
        self._is_audited = self._is_audited and not not_audited


def _start_of(suite: Suite, settings: ReportSettings) -> RunStart:
    recorded = suite.recorded
    return RunStart(
        path=suite.path,
        version=__version__,
        id=suite.bounds.run,
        started_at=recorded.started_at if recorded else suite.started_at,
        finished_at=recorded.finished_at if recorded else None,
        waived_at=suite.started_at,
        scope=replace(_scope_of(suite), fail_on_unlisted=settings.fail_on_unlisted),
        controls=tuple(each.control for each in installed_controls()),
        incomplete="" if recorded is None or recorded.complete else f"the recorded run: {recorded.incomplete}",
    )


def _scope_of(suite: Suite) -> RunScope:
    """What was asked for; where a recorded run is judged again, what that one has left out is left out here too."""
    scope = suite.settings.scope_of(suite.inventory)
    if suite.recorded is None:
        return scope
    then = suite.recorded.scope
    return replace(
        scope,
        limit=scope.limit or then.limit,
        controls=scope.controls or then.controls,
        cut_pools=tuple(dict.fromkeys((*scope.cut_pools, *then.cut_pools))),
    )


def _has_failures(run: Run) -> bool:
    """Whether the run knows of anything that pytest may count as failed, or the fixer has repaired something."""
    failed = any(test.has_failed for test in run.plain_tests)
    bad = {Result.FAILED, Result.ERROR}
    return failed or bool(run.before_fix) or any(outcome.result in bad for outcome in run.outcomes)


def exit_code(run: Run, pytests: int, settings: ReportSettings) -> int:
    """The code of what was found where pytest ended with 0 or 1; pytest's other codes stand."""
    if pytests not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        return pytests
    return exit_code_for(run, settings.fail_on, fail_on_unknown=settings.fail_on_unknown)
