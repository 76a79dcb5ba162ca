"""What people see while the servers are asked."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from moveready.collection.tally import Progress
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from moveready.plugin.progress import LineWatch, LiveWatch, SilentWatch, progress_line, watch_for

if TYPE_CHECKING:
    from pathlib import Path

SLOW = {"name": "ex01.contoso.com", "endpoint": "nothing"}


def test_progress_names_the_slowest() -> None:
    """An operator sees which server keeps everybody waiting."""
    line = progress_line(Progress(200, 12, 1, "ex07.contoso.com", 31.4))

    assert line == "asked 12 of 200 servers, 1 failing; slowest: ex07.contoso.com, 31 s"


def test_progress_without_trouble_is_short() -> None:
    """Nothing fails, nobody is under way."""
    assert progress_line(Progress(2, 1, 0, None, 0.0)) == "asked 1 of 2 servers"


def test_live_line_is_rewritten() -> None:
    """At a terminal; the cursor is given back at the end."""
    paper = StringIO()
    with LiveWatch(Console(file=paper, force_terminal=True, width=80)) as watch:
        watch.show(Progress(2, 1, 0, None, 0.0))

    assert "asked 1 of 2 servers" in paper.getvalue()
    assert "\x1b[?25h" in paper.getvalue()


class Terminal:
    """Keeps the lines that a terminal reporter would write."""

    def __init__(self) -> None:
        """Nothing is written yet."""
        self.lines: list[str] = []

    def ensure_newline(self) -> None:
        """Each line is one of its own here."""

    def write_line(self, line: str) -> None:
        """Keep it."""
        self.lines.append(line)


@pytest.mark.parametrize(("every_seconds", "lines"), [(0.0, 2), (60.0, 0)])
def test_lines_keep_their_distance(every_seconds: float, lines: int) -> None:
    """A log is not flooded."""
    terminal: Any = Terminal()
    with LineWatch(terminal, every_seconds) as watch:
        for done in (0, 1):
            watch.show(Progress(2, done, 0, None, 0.0))

    assert len(terminal.lines) == lines


@pytest.mark.parametrize(("flags", "kind"), [((), LineWatch), (("-q",), SilentWatch), (("-v",), LineWatch)])
def test_watch_of_a_run_without_a_terminal(pytester: pytest.Pytester, flags: tuple[str, ...], kind: type) -> None:
    """Lines, and nothing with -q."""
    config = pytester.parseconfigure(*flags)

    assert type(watch_for(config)) is kind


@pytest.mark.heavy
def test_line_is_told_in_ci(pytester: pytest.Pytester, tmp_path: Path) -> None:
    """A server that says nothing is named while it is waited for."""
    with Lab(fleet_from(servers=[SLOW]), folder=tmp_path) as lab:
        waits = ("--server-timeout=14", "--first-answer-timeout=14")
        result = pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", *waits)

    result.stdout.fnmatch_lines(["asked 0 of 1 servers; slowest: ex01.contoso.com, [0-9]* s"])
