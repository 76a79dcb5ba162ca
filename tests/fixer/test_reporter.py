"""Where people see what happens; with a living pytest, see tests/fixer_acceptance."""

from __future__ import annotations

import io
from typing import Any

import pytest

from moveready.errors import FixError
from moveready.fixer.reporter import PytestReporter
from moveready.plugin.lasting import LastingOutput


class Terminal:
    """A terminal reporter that keeps what it is told."""

    def __init__(self, isatty: bool) -> None:
        """At a terminal or not."""
        self._file = LastingOutput(io.StringIO())
        self.stats: dict[str, list[pytest.TestReport]] = {}
        self.isatty = isatty
        self.lines: list[str] = []
        self.rewritten: list[str] = []
        self._tw = self
        self.fullwidth = 123

    def ensure_newline(self) -> None:
        """Nothing is half written here."""

    def write_line(self, line: str) -> None:
        """Keep it."""
        self.lines.append(line)

    def flush(self) -> None:
        """Nothing is buffered here."""

    def _add_stats(self, category: str, reports: list[pytest.TestReport]) -> None:
        self.stats.setdefault(category, []).extend(reports)

    def rewrite(self, line: str, erase: bool) -> None:
        """Keep it."""
        assert erase
        self.rewritten.append(line)


class Config:
    """A configuration that knows one terminal, or none."""

    def __init__(self, terminal: Terminal | None) -> None:
        """Be its own plugin manager."""
        self.pluginmanager = self
        self._terminal = terminal

    def get_plugin(self, name: str) -> Terminal | None:
        """The terminal."""
        assert name == "terminalreporter"
        return self._terminal


def reporter_at(terminal: Terminal | None) -> PytestReporter:
    """A reporter with that terminal."""
    config: Any = Config(terminal)
    results: Any = None
    return PytestReporter(config, results)


def test_lines_are_written_whole() -> None:
    """At the width of the terminal."""
    terminal = Terminal(isatty=True)
    reporter = reporter_at(terminal)
    reporter.show("ex01: repaired")

    assert (terminal.lines, reporter.width) == (["ex01: repaired"], 123)


def test_without_a_terminal_nothing_is_written() -> None:
    """`-p no:terminal` is allowed; plans are 80 columns wide then."""
    reporter = reporter_at(None)
    reporter.show("ex01: repaired")
    reporter.count_down("ex01", 60.0)

    assert reporter.width == 80


def test_a_terminal_counts_down_in_place() -> None:
    """Each second on the same line."""
    terminal = Terminal(isatty=True)
    for left in (3.0, 2.02, 0.98):
        reporter_at(terminal).count_down("ex01", left)

    assert terminal.rewritten == ["ex01: 3 s to wait", "ex01: 2 s to wait", "ex01: 1 s to wait"]
    assert terminal.lines == []


def test_a_log_file_is_told_every_half_minute() -> None:
    """Of each server, and once, however often it is asked."""
    terminal = Terminal(isatty=False)
    reporter = reporter_at(terminal)
    for left in (61.0, 60.2, 59.9, 31.0, 30.0):
        reporter.count_down("ex01", left)
    reporter.count_down("ex02", 30.0)

    assert terminal.lines == ["ex01: 60 s to wait", "ex01: 30 s to wait", "ex02: 30 s to wait"]


@pytest.mark.parametrize("isatty", [False, True])
def test_an_output_that_is_gone_is_an_error(isatty: bool) -> None:
    """Nothing is changed where nobody sees it, whether a line is told or a wait is counted down."""
    terminal = Terminal(isatty=isatty)
    reporter = reporter_at(terminal)
    terminal._file.is_gone = True

    with pytest.raises(FixError, match="this run: its output cannot be written any more"):
        reporter.show("ex01: repaired")
    with pytest.raises(FixError, match="this run: its output cannot be written any more"):
        reporter.count_down("ex01", 30.0)


def test_what_is_checked_again_is_counted_once() -> None:
    """The report before the fix has a count of its own; those of other tests stay where they are."""
    terminal = Terminal(isatty=False)
    mine, another = [
        pytest.TestReport(name, ("", 0, ""), {}, "failed", None, "call") for name in ("a[ex01]", "a[ex02]")
    ]
    terminal.stats = {"failed": [mine, another], "": [mine]}
    reporter = reporter_at(terminal)
    reporter.report([], {})
    assert reporter.set_aside == 0
    reporter.set_aside_reports_of("a[ex01]")

    assert terminal.stats == {"failed": [another], "": [mine], "before the fix": [mine]}
    assert reporter.set_aside == 1
