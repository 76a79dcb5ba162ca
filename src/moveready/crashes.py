"""Faults of our own code: whose they are, and what a person needs who reports them. Pure.

People are told in words that moveready itself failed. What stands here is for whoever repairs it: what was raised, and
where, with the files of moveready by their place in it, so that no folder of a machine is told.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from moveready.cleaning import cleaned

_PACKAGE = Path(__file__).parent
_LONGEST_MESSAGE = 300


def is_own(error: BaseException, check_file: str = "") -> bool:
    """Whether code of moveready raised it, or called what did; a check of that file that did so itself is not ours."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    inside = files[::-1].index(check_file) if check_file in files else len(files)
    return any(Path(file).is_relative_to(_PACKAGE) for file in files[len(files) - inside :])


def crash_report(error: BaseException) -> str:
    """`KeyError: 'x' at evidence/events.py:120 in read_events, fleet.py:98 in _visit`: innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[::-1]
    places = ", ".join(f"{_told(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames)
    message = " ".join(cleaned(str(error)).split())[:_LONGEST_MESSAGE]
    return f"{type(error).__name__}: {message}" + (f" at {places}" if places else "")


def place_in(error: BaseException, check_file: str) -> str:
    """`test_own.py, line 9`: where in a check's file it was raised; the file alone where none of it was running."""
    name = Path(check_file).name
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == check_file), None)
    return f"{name}, line {line}" if line else name


def _told(filename: str) -> str:
    """A file of moveready by its place in the package, any other by its name."""
    path = Path(filename)
    return path.relative_to(_PACKAGE).as_posix() if path.is_relative_to(_PACKAGE) else path.name
