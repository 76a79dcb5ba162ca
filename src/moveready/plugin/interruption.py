"""The signals that end a run early: Ctrl-C, SIGTERM, SIGHUP, Ctrl-Break.

pytest ends in order at Ctrl-C alone; a CI system that cancels a job, or a terminal that goes away, would kill it with
sessions open and nothing reported. Here all of them are like Ctrl-C, and none of them costs the reports.
"""

from __future__ import annotations

import _thread
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from moveready.plugin.lasting import let_output_go_away

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

INTERRUPTION = "moveready.plugin.interruption"
"""Name of the plugin that is there on the controller, where there is an inventory."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""SIGHUP is not on Windows, SIGBREAK (Ctrl-Break) only there."""


class Interruption:
    """A pytest plugin of the controller: what signals do to it.

    They raise `KeyboardInterrupt`, but within `first_calls`; once the run ends they do nothing.

    """

    def __init__(self) -> None:
        """Take no signal yet."""
        self._first: signal.Signals | None = None
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
        self._called: threading.Event | None = None
        self._is_held = False

    @property
    def name(self) -> str:
        """Of the first signal that came (`SIGTERM`); "" where none did."""
        return self._first.name if self._first is not None else ""

    def listen(self) -> None:
        """Take over the signals that do what they do by default; a signal that is ignored (nohup) stays ignored."""
        for kind in signals_by_default():
            self._before[kind] = signal.signal(kind, self._take)

    def restore(self) -> None:
        """Give the signals back."""
        while self._before:
            signal.signal(*self._before.popitem())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """SIGHUP says that the terminal is gone: what is written to it must not end the run."""
        let_output_go_away(session.config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """From now on signals change nothing: the run ends already, and another one must not cost its reports."""
        self._is_held = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """As above; the fixer, which comes first, has its own ways."""
        self._is_held = True

    def repeat(self) -> None:
        """As if the signal came once more; for any thread."""
        if self._first is not None:
            _thread.interrupt_main(self._first)

    @contextmanager
    def first_calls(self, stop: Callable[[], None]) -> Iterator[None]:
        """Within the block the first signal calls `stop`, on another thread; only the next raises.

        Nothing that the main thread does is cut in two by it, and `stop` may take any lock.
        """
        called, ended = threading.Event(), threading.Event()

        def wait_for_it() -> None:
            called.wait()
            if not ended.is_set():
                stop()

        thread = threading.Thread(target=wait_for_it, name="moveready-interruption", daemon=True)
        thread.start()
        self._called = called
        try:
            yield
        finally:
            self._called = None
            if not called.is_set():
                ended.set()
                called.set()
            thread.join()

    def _take(self, number: int, _: FrameType | None) -> None:
        if self._is_held:
            return
        is_first = self._first is None
        self._first = self._first or signal.Signals(number)
        if is_first and self._called is not None:
            self._called.set()
        else:
            raise KeyboardInterrupt(self.name)


def ignore_signals() -> None:
    """Leave the end of a pytest-xdist worker to its controller, as a signal often goes to both."""
    for kind in signals_by_default():
        # Not SIG_IGN, which a process that is started from here would inherit.
        signal.signal(kind, lambda *_: None)


def signals_by_default() -> list[int]:
    """Those of the signals that do what they do by default: nobody ignores them or takes them himself."""
    if threading.current_thread() is not threading.main_thread():
        return []
    return [kind for kind in ending_signals() if signal.getsignal(kind) in {signal.SIG_DFL, signal.default_int_handler}]


def ending_signals() -> list[int]:
    """The signals that end a run, as far as this system has them."""
    return [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
