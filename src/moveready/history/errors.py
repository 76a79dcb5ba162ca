"""What goes wrong with a history file, in words for a person: which file, what happened, what to do."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.errors import MovereadyError

if TYPE_CHECKING:
    from pathlib import Path

_PRIMARY = 0xFF
"""The part of an extended result code of SQLite that says what kind of error it is."""
_ANOTHER_FILE = "Nothing was changed. Name another file with --history"
_EXPLAINED = {
    sqlite3.SQLITE_NOTADB: ("is no SQLite database", f"{_ANOTHER_FILE}."),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        "Move it away and take the last whole copy of it from your backup, or begin a new history.",
    ),
    sqlite3.SQLITE_BUSY: (
        "is in use by another process, and has been for too long",
        "End the process that holds it open, or run again later. Nothing was changed.",
    ),
    sqlite3.SQLITE_FULL: (
        "cannot grow: the disk is full",
        "Make room and run again. Every earlier run is still in it.",
    ),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written",
        "Look whether the disk is full, and whether the drive is still there. Every earlier run is still in it.",
    ),
    sqlite3.SQLITE_READONLY: ("may only be read", f"Give this account the right to write to it. {_ANOTHER_FILE}."),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", f"Look at its folder and its rights. {_ANOTHER_FILE}."),
}
"""By the result code of SQLite: what happened, and what to do."""


class HistoryError(MovereadyError):
    """A history cannot be read or written, or does not have what was asked for.

    Attributes:
        file: The history file.
        happened: What happened, a sentence without its full stop.
        next_step: What to do about it, whole sentences.
    """

    def __init__(self, file: Path, happened: str, next_step: str) -> None:
        """Keep the three fields; the sentence is built from them."""
        super().__init__(file, happened, next_step)
        self.file = file
        # They may quote a file or a server.
        self.happened = cleaned(happened)
        self.next_step = cleaned(next_step)

    def __str__(self) -> str:
        """`file: what happened. What to do.`."""
        return f"{cleaned(str(self.file))}: {self.happened}. {self.next_step}"


def explained(file: Path, error: sqlite3.Error | OSError) -> HistoryError:
    """What an error of the database or of the file system means for this file."""
    if isinstance(error, OSError):
        return HistoryError(file, f"cannot be made: {error.strerror or error}", f"{_ANOTHER_FILE}.")
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    usual = (f"cannot be used: {error}", f"{_ANOTHER_FILE}.")
    return HistoryError(file, *_EXPLAINED.get(code, usual))
