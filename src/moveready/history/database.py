"""A history file as a SQLite database: opened, brought to this schema, read, and written in transactions.

The journal is SQLite's usual one, a rollback journal, and not a write-ahead log: that one needs memory that all
processes share, so it does not work on network drives, where the history of several jobs often lies.

A writer locks the file from its beginning with `BEGIN IMMEDIATE`, and waits for another writer up to `BUSY_SECONDS`. So
two runs write one after the other, and what a writer has read is still so when it writes.

A writer that is killed leaves its journal beside the file, and whoever opens the file next takes back what it began. So
a `-journal` beside a history belongs to it, and a history is copied only while nothing writes to it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from moveready.history.errors import HistoryError, explained
from moveready.history.schema import APPLICATION, MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from moveready.history.schema import Migration

BUSY_SECONDS = 30.0
"""How long to wait for another process that writes; adding a large run takes about a second."""

Row = tuple[Any, ...]


class Database:
    """An open file; every error of SQLite is a `HistoryError` that names it."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        """Work on this connection."""
        self.file = file
        self._connection = connection

    def rows(self, statement: str, *values: object) -> list[Row]:
        """What a `SELECT` finds."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise explained(self.file, error) from error

    def write(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Carry the statement out once a row; only inside `transaction`."""
        self._connection.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside, or nothing of it."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                # After some errors SQLite has taken everything back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise explained(self.file, error) from error

    def migrate(self, migrations: Sequence[Migration]) -> None:
        """Bring the file to the last schema; one that is not ours, or is newer, is refused and stays as it is."""
        if self._schema(len(migrations)) == len(migrations):
            return
        with self.transaction():
            # Another process may have done it since we looked.
            for migration in migrations[self._schema(len(migrations)) :]:
                migration(self._connection)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
            self._connection.execute(f"PRAGMA user_version = {len(migrations)}")

    def _schema(self, newest: int) -> int:
        """The schema of the file; 0 of an empty one."""
        ((application,),) = self.rows("PRAGMA application_id")
        ((schema,),) = self.rows("PRAGMA user_version")
        ((tables,),) = self.rows("SELECT count(*) FROM sqlite_master")
        if application != APPLICATION and (application or schema or tables):
            raise HistoryError(
                self.file,
                "is a SQLite database of another program",
                "Nothing was changed. Name another file with --history.",
            )
        if schema > newest:
            raise HistoryError(
                self.file,
                f"has schema {schema}, and this moveready knows no later one than {newest}",
                "Use the moveready that wrote it or a later one, or name another file with --history.",
            )
        return int(schema)


@contextmanager
def opened(file: Path, migrations: Sequence[Migration] = MIGRATIONS) -> Iterator[Database]:
    """The database of that file, which is made where there is none; raises `HistoryError`."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Absolute, for SQLite has a meaning of its own for names such as `:memory:`.
        connection = sqlite3.connect(file.absolute(), timeout=BUSY_SECONDS, isolation_level=None)
    except (sqlite3.Error, OSError) as error:
        raise explained(file, error) from error
    with closing(connection):
        database = Database(file, connection)
        # A commit lasts, even where the power fails right after it.
        database.rows("PRAGMA synchronous = EXTRA")
        database.rows("PRAGMA foreign_keys = ON")
        database.migrate(migrations)
        yield database
