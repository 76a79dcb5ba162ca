"""A file is opened as it is, refused as it is, or brought to this schema whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from moveready.history.database import opened
from moveready.history.errors import HistoryError
from moveready.history.schema import APPLICATION, MIGRATIONS, create_tables
from moveready.history.store import History
from tests.history.days import run_on

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.history.database import Database


def schema_1(connection: sqlite3.Connection) -> None:
    """An old form: one word a note."""
    connection.execute("CREATE TABLE note (word TEXT NOT NULL)")


def schema_2(connection: sqlite3.Connection) -> None:
    """A number for each word."""
    connection.execute("ALTER TABLE note ADD COLUMN number INTEGER NOT NULL DEFAULT 7")


def schema_3(connection: sqlite3.Connection) -> None:
    """Twice that number."""
    connection.execute("UPDATE note SET number = 2 * number")


def broken(connection: sqlite3.Connection) -> None:
    """Fails after it has changed something."""
    connection.execute("UPDATE note SET number = 0")
    connection.execute("UPDATE note SET missing = 0")


def _write_and_fail(database: Database) -> None:
    database.write("INSERT INTO note VALUES (?)", [("lost",)])
    raise KeyError


def plainly(file: Path, *statements: str) -> list[tuple[object, ...]]:
    """Carry statements out without any of our code; the rows of the last one."""
    rows: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            rows = connection.execute(statement).fetchall()
    return rows


def test_a_new_file_has_this_schema(file: Path) -> None:
    """And is marked as a history; folders on the way to it are made."""
    inside = file.parent / "a" / "b" / "history.sqlite"
    with opened(inside):
        pass

    assert plainly(inside, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert plainly(inside, "PRAGMA application_id") == [(APPLICATION,)]


def test_an_empty_file_becomes_a_history(file: Path) -> None:
    """A job may have made it with the rights that it needs."""
    file.touch()
    with History(file) as history:
        assert history.add(run_on(1))


@pytest.mark.parametrize(
    "content",
    [b"ab", b"x" * 99, b"x" * 511, b"organization: contoso\n" * 200, b"\0" * 5000],
    ids=["2 bytes", "99 bytes", "511 bytes", "text", "zeros"],
)
def test_a_file_that_is_no_database_is_refused(file: Path, content: bytes) -> None:
    """And stays as it is."""
    file.write_bytes(content)
    with pytest.raises(HistoryError, match=r"history\.sqlite: is no SQLite database\. .*--history"), opened(file):
        pass

    assert file.read_bytes() == content


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE bookmark (address TEXT)"],
        ["CREATE TABLE bookmark (address TEXT)", "PRAGMA user_version = 1"],
        ["PRAGMA application_id = 7"],
    ],
    ids=["tables", "version", "id"],
)
def test_a_database_of_another_program_is_refused(file: Path, statements: list[str]) -> None:
    """Whatever number it has for its own schema."""
    plainly(file, *statements)
    before = file.read_bytes()
    with pytest.raises(HistoryError, match="is a SQLite database of another program"), opened(file):
        pass

    assert file.read_bytes() == before


def test_a_newer_schema_is_refused(file: Path) -> None:
    """What it means is not known here, so nothing is written to it."""
    with opened(file, [schema_1, schema_2, schema_3]):
        pass
    before = file.read_bytes()
    with pytest.raises(HistoryError, match="has schema 3, and this moveready knows no later one than 1"), opened(file):
        pass

    assert file.read_bytes() == before


def test_an_older_schema_becomes_this_one(file: Path) -> None:
    """By every step in between, each once, with what was in it."""
    with opened(file, [schema_1]):
        pass
    plainly(file, "INSERT INTO note VALUES ('kept')")
    for _ in range(2):
        with opened(file, [schema_1, schema_2, schema_3]) as database:
            assert database.rows("SELECT word, number FROM note") == [("kept", 14)]

    assert plainly(file, "PRAGMA user_version") == [(3,)]


def test_a_migration_that_fails_changes_nothing(file: Path) -> None:
    """Neither the steps before it nor its own first half."""
    with opened(file, [schema_1]):
        pass
    plainly(file, "INSERT INTO note VALUES ('kept')")
    with pytest.raises(HistoryError, match="no such column"), opened(file, [schema_1, schema_2, broken]):
        pass

    assert plainly(file, "PRAGMA user_version") == [(1,)]
    assert plainly(file, "SELECT * FROM note") == [("kept",)]


def test_files_of_schema_1_are_read(file: Path) -> None:
    """The first migration has made them, and it never changes: every later version reads the files of today."""
    with opened(file, [create_tables]):
        pass
    with History(file) as history:
        assert history.add(run_on(1))


def test_a_transaction_is_whole_or_not_at_all(file: Path) -> None:
    """An error inside takes back what was written before it, and is the caller's to see."""
    with opened(file, [schema_1]) as database:
        with pytest.raises(KeyError), database.transaction():
            _write_and_fail(database)
        with database.transaction():
            database.write("INSERT INTO note VALUES (?)", [("kept",)])

    assert plainly(file, "SELECT * FROM note") == [("kept",)]


def test_a_writer_that_cannot_wait_any_longer_says_so(file: Path) -> None:
    """The other one has the file; here the wait is none."""
    with opened(file) as one, opened(file) as other, one.transaction():
        other.rows("PRAGMA busy_timeout = 0")
        with pytest.raises(HistoryError, match="is in use by another process"), other.transaction():
            pass


def test_readers_do_not_wait_for_a_writer(file: Path) -> None:
    """Until it ends, they see what was there before."""
    with opened(file, [schema_1]) as one, opened(file, [schema_1]) as other:
        with one.transaction():
            one.write("INSERT INTO note VALUES (?)", [("new",)])
            assert other.rows("SELECT * FROM note") == []
        assert other.rows("SELECT * FROM note") == [("new",)]


def test_a_question_that_makes_no_sense_names_the_file(file: Path) -> None:
    """As every other error of the database."""
    with opened(file) as database, pytest.raises(HistoryError, match=r"history\.sqlite: cannot be used: .*nothing"):
        database.rows("SELECT nothing")


def test_a_folder_is_no_history(tmp_path: Path) -> None:
    """Nor is a file in the place of its folder."""
    with pytest.raises(HistoryError, match="cannot be opened"), opened(tmp_path):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="cannot be made"), opened(tmp_path / "file" / "history.sqlite"):
        pass


def test_names_that_mean_something_to_sqlite_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`:memory:` would be a history that nobody ever sees again."""
    monkeypatch.chdir(tmp_path)
    with History(type(tmp_path)("x:memory:").with_name(":memory:")) as history:
        history.add(run_on(1))

    assert (tmp_path / ":memory:").exists()
