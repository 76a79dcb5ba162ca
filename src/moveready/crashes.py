"""Faults of our own code: how to recognise them, and what a bug report needs. Pure.

People read in words that moveready itself failed. The report made here is for developers: what was raised, and where.
Files are named by their place in moveready, so that no folder of the user's machine is shown.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from moveready.cleaning import cleaned

_PACKAGE = Path(__file__).parent
_LONGEST_MESSAGE = 300


def is_own(error: BaseException, check_file: str = "") -> bool:
    """Whether moveready's code raised it, directly or not; an error that the check in that file caused is not ours."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    inside = files[::-1].index(check_file) if check_file in files else len(files)
    return any(Path(file).is_relative_to(_PACKAGE) for file in files[len(files) - inside :])


def crash_report(error: BaseException) -> str:
    """`KeyError: 'x' at evidence/events.py:120 in read_events, fleet.py:98 in _visit`: innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[::-1]
    places = ", ".join(f"{_place_of(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames)
    message = " ".join(cleaned(str(error)).split())[:_LONGEST_MESSAGE]
    return f"{type(error).__name__}: {message}" + (f" at {places}" if places else "")


def place_in(error: BaseException, check_file: str) -> str:
    """`test_own.py, line 9`: where in a check's file it was raised; only the file if no line of it was running."""
    name = Path(check_file).name
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == check_file), None)
    return f"{name}, line {line}" if line else name


def _place_of(filename: str) -> str:
    """The place of a moveready file in the package; for any other file, its name."""
    path = Path(filename)
    return path.relative_to(_PACKAGE).as_posix() if path.is_relative_to(_PACKAGE) else path.name
