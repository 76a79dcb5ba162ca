"""Shows people what the fixer does: in the terminal, and in the reports of the checks that are called again.

Lines come from several threads; one lock keeps them from mixing.
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
"""The word in pytest's last line for the first reports of checks that ran again."""

_SECONDS_BETWEEN_LINES = 30
"""How often a wait is shown if lines cannot be overwritten."""


class PytestReporter:
    """Shows what the fixer does in a run under pytest.

    Attributes:
        set_aside: How many reports of pytest belong to checks that were called again after a fix.
    """

    def __init__(self, config: pytest.Config, results: Results) -> None:
        """Write to pytest's own terminal reporter."""
        self._config = config
        self._results = results
        self._lock = threading.Lock()
        self._shown_seconds: dict[str, int] = {}
        self._answer_for_all: bool | None = None
        self.set_aside = 0

    @property
    def _terminal(self) -> pytest.TerminalReporter | None:
        """The terminal reporter of pytest; looked up late, because pytest registers it after this reporter is made."""
        return self._config.pluginmanager.get_plugin("terminalreporter")

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        terminal = self._terminal
        return terminal._tw.fullwidth if terminal else 80  # noqa: SLF001 - pytest has no public way to the width

    def show(self, line: str) -> None:
        """Show a line as one piece; raises `FixError` if the output is gone."""
        if terminal := self._terminal:
            with self._lock:
                terminal.ensure_newline()
                terminal.write_line(cleaned(line))
                terminal.flush()
            self._must_be_seen()

    def count_down(self, server: str, seconds_left: float) -> None:
        """Rewrite the line each second at a terminal; elsewhere show it every half minute. Raises like `show`."""
        seconds = round(seconds_left)
        terminal = self._terminal
        if terminal and terminal.isatty:
            with self._lock:
                terminal.rewrite(f"{server}: {seconds} s to wait", erase=True)
                terminal.flush()
            self._must_be_seen()
        elif seconds % _SECONDS_BETWEEN_LINES == 0 and self._shown_seconds.get(server) != seconds:
            self._shown_seconds[server] = seconds
            self.show(f"{server}: {seconds} s to wait")

    def _must_be_seen(self) -> None:
        if output_is_gone(self._config):
            raise FixError(
                "this run", "its output cannot be written any more", "Nothing is changed where nobody sees it."
            )

    def approve(self, pool: str, steps: tuple[Step, ...]) -> bool:
        """Ask about one pool: yes, no, or yes to all that follow. Ctrl-C and the end of the input mean no to all."""
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
            self.show(f"{servers}: not approved, left alone")
        return is_approved

    def report(self, outcomes: Iterable[Outcome], verdicts: Mapping[str, Verdict]) -> None:
        """Give pytest a second report of each check, after the fix, which counts instead of the first.

        `verdicts` are those on its server, by KB.
        """
        for outcome in outcomes:
            self.set_aside_reports_of(self._results.nodeid_of(outcome))
            self._report_one(outcome, verdicts.get(kb_of(outcome.control)))

    def _report_one(self, outcome: Outcome, verdict: Verdict | None) -> None:
        """Send the report that counts, and the teardown report that pytest-html and pytest's junit writer need.

        As for a check, an outcome that could not be evaluated is a setup report, so that pytest counts an error.
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
        """Let pytest count the reports from before the fix separately, so that its other counts agree with ours."""
        if (terminal := self._terminal) is None:
            return
        for category in ("failed", "error", "passed"):
            reports = terminal.stats.pop(category, [])
            aside = [report for report in reports if getattr(report, "nodeid", "") == nodeid]
            if kept := [report for report in reports if report not in aside]:
                terminal.stats[category] = kept
            if aside:
                self.set_aside += len(aside)
                terminal._add_stats(BEFORE_THE_FIX, aside)  # noqa: SLF001 - pytest has no public way to add a count


def _after_the_fix(nodeid: str) -> str:
    """The id of the check after the fix; the text goes inside the brackets, because pytest splits ids there."""
    return f"{nodeid.removesuffix(']')} after the fix]"


def must_have_a_terminal(config: pytest.Config) -> None:
    """Raise `pytest.UsageError` if nobody can answer questions."""
    _give_the_keyboard_back(config)
    if not sys.stdin.isatty():
        raise pytest.UsageError("--fix-approve asks at a terminal, and this is none: leave it out, or use --plan FILE")


def _give_the_keyboard_back(config: pytest.Config) -> None:
    """Give back the standard input, which pytest captures with the output; the next test captures it again."""
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    capture.suspend_global_capture(in_=True)
