"""A process that writes a history, for tests of several writers, of a killed one and of a full disk.

`python -m tests.history.writer FILE WHAT NUMBERS...`: it prints `ready` or `begun`, and goes on when it is sent a line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from moveready.history.errors import HistoryError
from moveready.history.store import History
from moveready.history.writing import write_run
from tests.history.days import run_on

FLEET = {f"ex{number:03d}": "F.F" for number in range(300)}
"""Enough that a transaction does not fit into the small memory that `begin` gives it."""


def add(file: Path, numbers: list[int]) -> None:
    """Add the run of each of these days, as its own run does; print how many were new."""
    _wait("ready")
    new = 0
    for number in numbers:
        with History(file) as history:
            new += history.add(run_on(number, {"ex01": "F."}))
    print(new, flush=True)  # noqa: T201 - what the test reads


def begin(file: Path, numbers: list[int]) -> None:
    """Write the runs, parts of which reach the file, and never come to the end of the transaction."""
    with History(file) as history:
        history.database.rows("PRAGMA cache_size = 5")
        with history.database.transaction():
            for number in numbers:
                write_run(history.database, run_on(number, FLEET))
            _wait("begun")


def fill(file: Path, numbers: list[int]) -> None:
    """Add runs, where no file may grow by more than a little; print what happened."""
    import resource

    most = file.stat().st_size + 4096
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    try:
        with History(file) as history:
            for number in numbers:
                history.add(run_on(number, FLEET))
    except HistoryError as error:
        print(error, flush=True)  # noqa: T201 - what the test reads


def _wait(word: str) -> None:
    print(word, flush=True)  # noqa: T201 - what the test reads
    sys.stdin.readline()


if __name__ == "__main__":
    {"add": add, "begin": begin, "fill": fill}[sys.argv[2]](Path(sys.argv[1]), [int(text) for text in sys.argv[3:]])
