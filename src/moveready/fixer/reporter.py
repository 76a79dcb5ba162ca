"""Where people see what the fixer does: the terminal, and the reports of the checks that are called again.

Lines come from several threads; one lock keeps them whole.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from moveready.cleaning import cleaned
from moveready.errors import FixError
from moveready.findings.controls import kb_of
from moveready.findings.judging import text_of
from moveready.findings.outcomes import Result
from moveready.plugin.lasting import output_is_gone
from moveready.plugin.recording import ATTRIBUTE, Payload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from moveready.findings.outcomes import Outcome
    from moveready.findings.verdicts import Verdict
    from moveready.fixer.plan import Step
    from moveready.plugin.results import Results

BEFORE_THE_FIX = "before the fix"
"""How pytest's last line counts what was checked again."""

_SECONDS_BETWEEN_LINES = 30
"""How often a wait is told where lines cannot be written over."""


class PytestReporter:
    """Shows what the fixer does in a run under pytest.

    Attributes:
        set_aside: How many reports of pytest were of checks that were called again after a fix.
    """

    def __init__(self, config: pytest.Config, results: Results) -> None:
        """Write to pytest's own terminal reporter."""
        self._config = config
        self._results = results
        self._lock = threading.Lock()
        self._told_seconds: dict[str, int] = {}
        self._answer_for_all: bool | None = None
        self.set_aside = 0

    @property
    def _terminal(self) -> pytest.TerminalReporter | None:
        """Looked up late: pytest registers it after this reporter is set."""
        return self._config.pluginmanager.get_plugin("terminalreporter")

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        terminal = self._terminal
        return terminal._tw.fullwidth if terminal else 80  # noqa: SLF001 - the width has no other door

    def tell(self, line: str) -> None:
        """Show a line, whole; raises `FixError` where the output is gone."""
        if terminal := self._terminal:
            with self._lock:
                terminal.ensure_newline()
                terminal.write_line(cleaned(line))
                terminal.flush()
            self._must_be_seen()

    def count_down(self, server: str, seconds_left: float) -> None:
        """Rewrite the line each second at a terminal; elsewhere tell it every half minute. Raises as `tell` does."""
        seconds = round(seconds_left)
        terminal = self._terminal
        if terminal and terminal.isatty:
            with self._lock:
                terminal.rewrite(f"{server}: {seconds} s to wait", erase=True)
                terminal.flush()
            self._must_be_seen()
        elif seconds % _SECONDS_BETWEEN_LINES == 0 and self._told_seconds.get(server) != seconds:
            self._told_seconds[server] = seconds
            self.tell(f"{server}: {seconds} s to wait")

    def _must_be_seen(self) -> None:
        if output_is_gone(self._config):
            raise FixError(
                "this run", "its output cannot be written any more", "Nothing is changed where nobody sees it."
            )

    def approve(self, pool: str, steps: tuple[Step, ...]) -> bool:
        """Ask about one pool: yes, no, or yes to all that follow. Ctrl-C and the end of the input are no to all."""
        if self._answer_for_all is not None:
            return self._answer_for_all
        _give_the_keyboard_back(self._config)
        servers = ", ".join(step.server for step in steps)
        try:
            answer = input(f"Repair {servers} (pool {pool})? [y/n/all] ").strip().lower()
        except (EOFError, KeyboardInterrupt):
            self._answer_for_all = False
            answer = ""
        if answer == "all":
            self._answer_for_all = True
        is_approved = answer in {"y", "yes", "all"}
        if not is_approved:
            self.tell(f"{servers}: not approved, left alone")
        return is_approved

    def report(self, outcomes: Iterable[Outcome], verdicts: Mapping[str, Verdict]) -> None:
        """Give pytest a second report of each check, after the fix, which counts instead of the first.

        `verdicts` are those on its server, by KB.
        """
        for outcome in outcomes:
            self.set_aside_reports_of(self._results.nodeid_of(outcome))
            self._report_one(outcome, verdicts.get(kb_of(outcome.control)))

    def _report_one(self, outcome: Outcome, verdict: Verdict | None) -> None:
        """What decides, and the teardown with which pytest-html and pytest's own junit writer finish a test.

        As in a check, what could not be evaluated ends in the setup: pytest counts it as an error.
        """
        nodeid = _after_the_fix(self._results.nodeid_of(outcome))
        location = (nodeid.partition("::")[0], None, nodeid.partition("::")[2])
        passed = outcome.result is Result.PASSED
        decides = pytest.TestReport(
            nodeid=nodeid,
            location=location,
            keywords={},
            outcome="passed" if passed else "failed",
            longrepr=None if passed else text_of(outcome),
            when="setup" if outcome.result is Result.ERROR else "call",
            sections=[("what the fixer did", "\n".join(outcome.story))],
        )
        setattr(decides, ATTRIBUTE, Payload(outcome, verdict, self._results.check_of(outcome.control)))
        teardown = pytest.TestReport(nodeid, location, keywords={}, outcome="passed", longrepr=None, when="teardown")
        for report in (decides, teardown):
            self._config.hook.pytest_runtest_logreport(report=report)

    def set_aside_reports_of(self, nodeid: str) -> None:
        """Let pytest count what was before the fix under a name of its own, so that its other counts are ours."""
        if (terminal := self._terminal) is None:
            return
        for category in ("failed", "error", "passed"):
            reports = terminal.stats.pop(category, [])
            aside = [report for report in reports if getattr(report, "nodeid", "") == nodeid]
            if kept := [report for report in reports if report not in aside]:
                terminal.stats[category] = kept
            if aside:
                self.set_aside += len(aside)
                terminal._add_stats(BEFORE_THE_FIX, aside)  # noqa: SLF001 - a new name and its color have no other door


def _after_the_fix(nodeid: str) -> str:
    """The id of the check that is made then. pytest takes ids apart at the bracket that the server closes."""
    return f"{nodeid.removesuffix(']')} after the fix]"


def must_have_a_terminal(config: pytest.Config) -> None:
    """Refuse to ask where nobody can answer; raises `pytest.UsageError`."""
    _give_the_keyboard_back(config)
    if not sys.stdin.isatty():
        raise pytest.UsageError("--fix-approve asks at a terminal, and this is none: leave it out, or use --plan FILE")


def _give_the_keyboard_back(config: pytest.Config) -> None:
    """Undo that pytest takes standard input away together with the output; the next test takes it again."""
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    capture.suspend_global_capture(in_=True)
