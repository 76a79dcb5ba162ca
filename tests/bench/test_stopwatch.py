"""The measuring process."""

from __future__ import annotations

import sys

import pytest

from benchmarks.stopwatch import took

CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'bytearray(200_000_000)'])"


def test_it_tells_how_a_command_ended() -> None:
    """The code is the command's own."""
    assert took([sys.executable, "-c", "raise SystemExit(3)"])["code"] == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no account of a process and its children")
def test_children_count() -> None:
    """The memory of pytest-xdist's workers is told too."""
    peak_mb = took([sys.executable, "-c", CHILD])["peak_mb"]

    assert peak_mb is not None
    assert peak_mb > 190
