"""What signals do to a run, in this process; whole runs are in tests/acceptance/test_interrupted.py."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from moveready.plugin.interruption import Interruption, ignore_signals, signals_by_default

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process that is sent SIGTERM")


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    """One that listens; the signals are given back at the end of the test."""
    interruption = Interruption()
    before = signal.getsignal(signal.SIGTERM)
    interruption.listen()
    yield interruption
    interruption.restore()
    assert signal.getsignal(signal.SIGTERM) == before


def test_signal_is_like_ctrl_c(interruption: Interruption) -> None:
    """Pytest knows how to end at that."""
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
        signal.raise_signal(signal.SIGTERM)

    assert interruption.name == "SIGTERM"


def test_first_signal_calls_and_the_next_raises(interruption: Interruption) -> None:
    """What is called may take its time, on a thread of its own."""
    called = threading.Event()
    with interruption.first_calls(called.set):
        signal.raise_signal(signal.SIGTERM)
        assert called.wait(60)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_without_a_signal_nothing_is_called(interruption: Interruption) -> None:
    """And no thread stays behind."""
    called = threading.Event()
    before = threading.active_count()
    with interruption.first_calls(called.set):
        pass

    assert (called.is_set(), threading.active_count()) == (False, before)


@pytest.mark.parametrize("hook", ["pytest_keyboard_interrupt", "pytest_sessionfinish"])
def test_signals_do_nothing_once_the_run_ends(interruption: Interruption, hook: str) -> None:
    """Its reports are being written."""
    getattr(interruption, hook)()
    signal.raise_signal(signal.SIGTERM)

    assert not interruption.name


def test_signal_that_somebody_else_takes_is_left_alone() -> None:
    """So is one that is ignored."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        assert signal.SIGTERM not in signals_by_default()
        Interruption().listen()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_worker_hears_no_signals() -> None:
    """Its controller is signalled as well, and decides."""
    before = {kind: signal.getsignal(kind) for kind in signals_by_default()}
    ignore_signals()
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def test_only_the_main_thread_takes_signals() -> None:
    """Python allows no other; pytest may be called on any."""
    taken: list[list[int]] = []
    thread = threading.Thread(target=lambda: taken.append(signals_by_default()))
    thread.start()
    thread.join()

    assert taken == [[]]
