"""Where people see what the fixer does: the terminal, and the reports of the checks that are called again.

May import outcomes, recording, rolling. Lines come from several threads; one lock keeps them whole.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.outcomes import Result
from moveready.recording import ATTRIBUTE, carried_by, text_of

if TYPE_CHECKING:
    from moveready.fixer.plan import Step
    from moveready.fixer.rolling import Ending
    from moveready.outcomes import Outcome
    from moveready.results import Results

_SECONDS_BETWEEN_LINES = 30
"""How often a wait is told where lines cannot be written over."""


class Stage:
    """The audience of a run under pytest."""

    def __init__(self, config: pytest.Config, results: Results) -> None:
        """Write to pytest's own terminal reporter."""
        self._config = config
        self._results = results
        self._lock = threading.Lock()
        self._told_seconds: dict[str, int] = {}
        self._all_approved = False

    @property
    def _terminal(self) -> pytest.TerminalReporter | None:
        """Looked up late: pytest registers it after this stage is set."""
        return self._config.pluginmanager.get_plugin("terminalreporter")

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        terminal = self._terminal
        return terminal._tw.fullwidth if terminal else 80  # noqa: SLF001 - the width has no other door

    def tell(self, line: str) -> None:
        """Show a line, whole."""
        if terminal := self._terminal:
            with self._lock:
                terminal.ensure_newline()
                terminal.write_line(line)

    def count_down(self, server: str, seconds_left: float) -> None:
        """Rewrite the line each second at a terminal; elsewhere tell it every half minute."""
        seconds = round(seconds_left)
        terminal = self._terminal
        if terminal and terminal.isatty:
            with self._lock:
                terminal.rewrite(f"{server}: {seconds} s to wait", erase=True)
        elif seconds % _SECONDS_BETWEEN_LINES == 0 and self._told_seconds.get(server) != seconds:
            self._told_seconds[server] = seconds
            self.tell(f"{server}: {seconds} s to wait")

    def approve(self, pool: str, steps: tuple[Step, ...]) -> bool:
        """Ask about one pool: yes, no, or yes to all that follow."""
        if self._all_approved:
            return True
        capture: Any = self._config.pluginmanager.get_plugin("capturemanager")
        servers = ", ".join(step.server for step in steps)
        with capture.global_and_fixture_disabled():
            answer = input(f"Repair {servers} (pool {pool})? [y/n/all] ").strip().lower()
        self._all_approved = answer == "all"
        return answer in {"y", "yes", "all"}

    def report(self, ending: Ending) -> None:
        """Give pytest a second report of each check: after the fix."""
        if ending.verified is None:
            return
        for outcome in ending.verified.outcomes:
            told = replace(outcome, story=(*ending.story, f"verified: {outcome.result.value}"))
            self._config.hook.pytest_runtest_logreport(report=self._report_of(told, ending))

    def _report_of(self, outcome: Outcome, ending: Ending) -> pytest.TestReport:
        assert ending.verified is not None  # noqa: S101 - `report` looked
        nodeid = f"{self._results.nodeid_of(outcome)} after the fix"
        passed = outcome.result is Result.PASSED
        place = self._results.check_of(outcome.control)
        report = pytest.TestReport(
            nodeid=nodeid,
            location=(nodeid.partition("::")[0], None, nodeid.partition("::")[2]),
            keywords={},
            outcome="passed" if passed else "failed",
            longrepr=None if passed else text_of(outcome),
            when="call",
            sections=[("what the fixer did", "\n".join(outcome.story))],
        )
        setattr(report, ATTRIBUTE, carried_by(outcome, ending.verified.diagnosis, place))
        return report


def must_have_a_terminal() -> None:
    """Refuse to ask where nobody can answer; raises `pytest.UsageError`."""
    if not sys.stdin.isatty():
        raise pytest.UsageError("--fix-approve asks at a terminal, and this is none: leave it out, or use --plan FILE")
