"""Runs of the checks in processes of their own, which a test can send signals to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

StartChecks = Callable[..., subprocess.Popen[str]]

SECONDS = 600
"""Longest time for anything these tests wait for; most of it takes a second."""


def _hear_signals() -> None:
    """As at a terminal: what runs in the background of a shell is told to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start_checks(tmp_path: Path) -> Iterator[StartChecks]:
    """Start pytest in the test's folder; what is still there at the end of the test is killed."""
    with ExitStack() as opened:

        def start(*args: str, **changes: object) -> subprocess.Popen[str]:
            streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            options = {"preexec_fn": _hear_signals if os.name == "posix" else None, **streams, **changes}
            process = subprocess.Popen(  # type: ignore[call-overload] # the options are given by name
                [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args],
                cwd=tmp_path,
                env={**os.environ, "COLUMNS": "200"},
                text=True,
                encoding="utf-8",
                **options,
            )
            opened.callback(process.communicate)
            opened.callback(process.kill)
            return process  # type: ignore[no-any-return] # as above

        yield start


@pytest.fixture(scope="session")
def await_that() -> Callable[[Callable[[], object]], None]:
    """Wait until something holds."""

    def wait(condition: Callable[[], object]) -> None:
        ends = monotonic() + SECONDS
        while not condition():
            assert monotonic() < ends, "what was waited for did not happen"
            sleep(0.01)

    return wait
