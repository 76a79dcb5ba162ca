"""What people see while servers are asked: a live line at a terminal, a line every ten seconds in CI, nothing with -q.

Workers of pytest-xdist have no terminal and stay silent.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console
from rich.status import Status

if TYPE_CHECKING:
    import pytest

    from moveready.collection.tally import Progress

LINE_EVERY_SECONDS = 10.0
"""Where lines cannot be written over."""


class Watch(Protocol):
    """Shows how far the asking is, between entering and leaving it."""

    interval_seconds: float

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def show(self, progress: Progress) -> None:
        """Called at every interval."""


class SilentWatch:
    """Shows nothing."""

    interval_seconds = 5.0

    def __enter__(self) -> Self:
        """Nothing begins."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left."""

    def show(self, progress: Progress) -> None:
        """Not at all."""


class LiveWatch(SilentWatch):
    """One line at a terminal, rewritten; it is gone when the answers are there."""

    interval_seconds = 0.25

    def __init__(self, console: Console) -> None:
        """Write to this console."""
        self._status = Status("asking the servers", console=console)

    def __enter__(self) -> Self:
        """Draw the line."""
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the line away."""
        self._status.stop()

    def show(self, progress: Progress) -> None:
        """Draw it anew."""
        self._status.update(progress_line(progress))


class LineWatch(SilentWatch):
    """A line every ten seconds, for logs."""

    interval_seconds = 0.5

    def __init__(self, terminal: pytest.TerminalReporter, every_seconds: float = LINE_EVERY_SECONDS) -> None:
        """Write through pytest."""
        self._terminal = terminal
        self._every = every_seconds
        self._next = monotonic() + every_seconds

    def show(self, progress: Progress) -> None:
        """A line, if the last is ten seconds old."""
        if monotonic() >= self._next:
            self._next += self._every
            self._terminal.ensure_newline()
            self._terminal.write_line(progress_line(progress))


def progress_line(progress: Progress) -> str:
    """`asked 12 of 200 servers, 1 failing; slowest: ex07.contoso.com, 31 s`."""
    failing = f", {progress.failing} failing" if progress.failing else ""
    slowest = f"; slowest: {progress.slowest}, {progress.slowest_seconds:.0f} s" if progress.slowest else ""
    return f"asked {progress.done} of {progress.servers} servers{failing}{slowest}"


def tell_interrupted(config: pytest.Config) -> None:
    """Say what becomes of a run that was interrupted while servers were asked."""
    terminal: pytest.TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.ensure_newline()
        terminal.write_line("Interrupted: what has answered is judged. The next Ctrl-C leaves that out.", yellow=True)


def watch_for(config: pytest.Config) -> Watch:
    """The watch of this process: silent on a worker and with -q, live at a terminal, lines elsewhere."""
    terminal: pytest.TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or hasattr(config, "workerinput") or config.option.verbose < 0:
        return SilentWatch()
    if terminal.isatty:
        return LiveWatch(Console(file=terminal._tw._file))  # noqa: SLF001 - pytest captures sys.stdout, this is the terminal
    return LineWatch(terminal)
