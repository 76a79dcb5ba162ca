"""The tables of a history file, and how a file of an earlier schema becomes one of this schema.

`PRAGMA user_version` is the number of the schema, `PRAGMA application_id` says that the file is a history at all. A
change of the tables is a new function at the end of `MIGRATIONS`; one that has been released is never changed, because
there are files that it has made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moveready.findings.outcomes import Result
from moveready.findings.verdicts import Standing

if TYPE_CHECKING:
    import sqlite3

Migration = Callable[["sqlite3.Connection"], None]
"""Turns the tables of one schema into those of the next, inside a transaction that it did not begin."""

APPLICATION = 0x4D565244
"""`MVRD`: marks a SQLite file as a history of moveready."""
RESULT_CODES = {Result.PASSED: 0, Result.FAILED: 1, Result.ERROR: 2, Result.WAIVED: 3}
STANDING_CODES = {Standing.READY: 0, Standing.NOT_READY: 1, Standing.UNKNOWN: 2}
"""What the file has for a word. Never change a number: files have them."""
RESULTS = {code: result for result, code in RESULT_CODES.items()}
STANDINGS = {code: standing for standing, code in STANDING_CODES.items()}

_TABLES = (
    """CREATE TABLE run (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL,
        organization TEXT NOT NULL, inventory TEXT NOT NULL, fingerprint TEXT NOT NULL,
        started_at TEXT NOT NULL, finished_at TEXT NOT NULL,  -- as `text_of_time`
        limited_to TEXT NOT NULL, controls TEXT NOT NULL, phase TEXT NOT NULL,
        complete INTEGER NOT NULL, version TEXT NOT NULL,
        UNIQUE (id, started_at))""",
    "CREATE TABLE server (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE control (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    # Groups, sites, pools and titles.
    "CREATE TABLE label (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE sentence (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    # A selection is a set of controls that was asked of a server; nearly all servers of all runs share one.
    "CREATE TABLE selection (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE selected (
        selection INTEGER NOT NULL REFERENCES selection, control INTEGER NOT NULL REFERENCES control,
        PRIMARY KEY (selection, control)) WITHOUT ROWID""",
    """CREATE TABLE run_control (
        run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, control INTEGER NOT NULL REFERENCES control,
        title INTEGER NOT NULL REFERENCES label, severity TEXT NOT NULL,
        PRIMARY KEY (run, control)) WITHOUT ROWID""",
    """CREATE TABLE checked (
        run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, server INTEGER NOT NULL REFERENCES server,
        selection INTEGER NOT NULL REFERENCES selection, standing INTEGER NOT NULL,
        server_group INTEGER REFERENCES label, site INTEGER REFERENCES label, pool INTEGER REFERENCES label,
        PRIMARY KEY (run, server)) WITHOUT ROWID""",
    "CREATE INDEX checked_by_server ON checked (server)",
    # What did not pass. What a server was asked, and is not here, has passed: that keeps the file small.
    """CREATE TABLE problem (
        run INTEGER NOT NULL, server INTEGER NOT NULL, control INTEGER NOT NULL REFERENCES control,
        result INTEGER NOT NULL, sentence INTEGER NOT NULL REFERENCES sentence,
        PRIMARY KEY (run, server, control),
        FOREIGN KEY (run, server) REFERENCES checked ON DELETE CASCADE) WITHOUT ROWID""",
    "CREATE INDEX problem_by_sentence ON problem (sentence)",
    """CREATE VIEW outcome AS
        SELECT checked.run, checked.server, selected.control, coalesce(problem.result, 0) AS result, problem.sentence
        FROM checked JOIN selected ON selected.selection = checked.selection
        LEFT JOIN problem
        ON problem.run = checked.run AND problem.server = checked.server AND problem.control = selected.control""",
)


def create_tables(connection: sqlite3.Connection) -> None:
    """From an empty file to schema 1."""
    for statement in _TABLES:
        connection.execute(statement)


def text_of_time(time: datetime) -> str:
    """ISO 8601 in UTC, always of the same length: the order of the texts is that of the times."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def time_from(text: str) -> datetime:
    """The time that is kept as this text."""
    return datetime.fromisoformat(text)


MIGRATIONS: Sequence[Migration] = (create_tables,)
"""The first makes schema 1 of an empty file, the second schema 2 of schema 1, and so on."""
