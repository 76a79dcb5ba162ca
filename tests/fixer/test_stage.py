"""Where people see what happens; with a living pytest, see tests/fixer_acceptance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moveready.fixer.rolling import Ending
from moveready.fixer.stage import Stage

if TYPE_CHECKING:
    from tests.fixer.conftest import Kit


class Terminal:
    """A terminal reporter that keeps what it is told."""

    def __init__(self, isatty: bool) -> None:
        """At a terminal or not."""
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


def stage_at(terminal: Terminal | None) -> Stage:
    """A stage with that terminal."""
    config: Any = Config(terminal)
    results: Any = None
    return Stage(config, results)


def test_lines_are_written_whole() -> None:
    """At the width of the terminal."""
    terminal = Terminal(isatty=True)
    stage = stage_at(terminal)
    stage.tell("ex01: repaired")

    assert (terminal.lines, stage.width) == (["ex01: repaired"], 123)


def test_without_a_terminal_nothing_is_written() -> None:
    """`-p no:terminal` is allowed; plans are 80 columns wide then."""
    stage = stage_at(None)
    stage.tell("ex01: repaired")
    stage.count_down("ex01", 60.0)

    assert stage.width == 80


def test_a_terminal_counts_down_in_place() -> None:
    """Each second on the same line."""
    terminal = Terminal(isatty=True)
    for left in (3.0, 2.02, 0.98):
        stage_at(terminal).count_down("ex01", left)

    assert terminal.rewritten == ["ex01: 3 s to wait", "ex01: 2 s to wait", "ex01: 1 s to wait"]
    assert terminal.lines == []


def test_a_log_file_is_told_every_half_minute() -> None:
    """Of each server, and once, however often it is asked."""
    terminal = Terminal(isatty=False)
    stage = stage_at(terminal)
    for left in (61.0, 60.2, 59.9, 31.0, 30.0):
        stage.count_down("ex01", left)
    stage.count_down("ex02", 30.0)

    assert terminal.lines == ["ex01: 60 s to wait", "ex01: 30 s to wait", "ex02: 30 s to wait"]


def test_a_step_that_was_not_verified_has_no_second_report(kit: Kit) -> None:
    """There is nothing new to tell: the finding stands."""
    stage_at(None).report(Ending(kit.step("enable"), None, "it broke", ()))
