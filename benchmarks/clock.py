"""pytest plugin that only measures time: `-p benchmarks.clock` writes how long each part of a run of (a) took.

The suite asks everything before its first test runs, so asking and judging do not overlap. Written to the file that
BENCHMARK_CLOCK names: `[part, wall seconds, CPU seconds]` each. May import nothing of moveready.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

PARTS = ("collecting", "asking", "judging", "reporting")
"""The parts in order; the rest of the run's time is the start and the end of Python and pytest."""

_MARKS: list[tuple[float, float]] = []


def _mark() -> None:
    _MARKS.append((perf_counter(), process_time()))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Measure the collecting, which is all that happens inside."""
    _mark()
    collected = yield
    _mark()
    return collected


def pytest_runtestloop() -> None:
    """The suite's own hook comes before this one and asks; pytest's comes after it and runs the tests."""
    _mark()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish() -> Generator[None, object, object]:
    """Measure the reporting, which happens inside."""
    _mark()
    finished = yield
    _mark()
    return finished


def pytest_unconfigure() -> None:
    """Write the times."""
    steps = zip(PARTS, _MARKS, _MARKS[1:], strict=False)
    parts = [[part, to[0] - since[0], to[1] - since[1]] for part, since, to in steps]
    Path(os.environ["BENCHMARK_CLOCK"]).write_text(json.dumps(parts), encoding="utf-8")
