"""Each error of a history file says which file, what happened, and what to do."""

from __future__ import annotations

import pickle
import sqlite3
from pathlib import Path

import pytest

from moveready.errors import MovereadyError
from moveready.history.errors import HistoryError, explained

FILE = Path("history.sqlite")


def failure(code: int) -> sqlite3.OperationalError:
    """An error of SQLite with that result code."""
    error = sqlite3.OperationalError("its own words")
    error.sqlite_errorcode = code
    return error


def test_it_reads_as_one_sentence_and_what_to_do() -> None:
    """The file first."""
    error = HistoryError(FILE, "is damaged", "Begin a new one.")

    assert str(error) == "history.sqlite: is damaged. Begin a new one."
    assert isinstance(error, MovereadyError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_NOTADB, "is no SQLite database"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
        (sqlite3.SQLITE_BUSY, "is in use by another process"),
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, "cannot be read or written"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "may only be read"),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, "cannot be opened"),
        (sqlite3.SQLITE_MISUSE, "its own words"),
    ],
)
def test_codes_of_sqlite_are_explained(code: int, words: str) -> None:
    """By their kind; an extended code counts as its kind."""
    assert words in explained(FILE, failure(code)).happened


def test_an_error_without_a_code_keeps_its_own_words() -> None:
    """Some errors of the Python module have none."""
    assert "its own words" in str(explained(FILE, sqlite3.ProgrammingError("its own words")))


def test_an_error_of_the_file_system_keeps_its_words() -> None:
    """In the words of the system."""
    assert str(explained(FILE, PermissionError(13, "Permission denied"))).startswith(
        "history.sqlite: cannot be made: Permission denied."
    )


def test_hostile_words_are_harmless() -> None:
    """A file's name or an id may hold anything."""
    assert "\x1b" not in str(HistoryError(Path("a\x1b[31m"), "has no run \x1b", "Look \u202e."))
