"""A history under stress: two writers, a killed one, a full disk. Nothing is lost, nothing is there twice."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.history.errors import HistoryError
from moveready.history.runs import earlier_run, stored_runs
from moveready.history.store import History, existing_history
from tests.history.days import EX01, RESULTS, day, outcome, run_on
from tests.history.writer import FLEET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Started = Callable[..., subprocess.Popen[str]]

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


@pytest.fixture
def started(file: Path) -> Iterator[Started]:
    """Start a process that writes this history, and read its first word; all are gone at the end."""
    with ExitStack() as processes:

        def start(what: str, *numbers: int, word: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                command(file, what, *numbers), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
            )
            processes.enter_context(process)
            processes.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == f"{word}\n"
            return process

        yield start


def command(file: Path, what: str, *numbers: int) -> list[str]:
    """The command line of a process that writes this history."""
    return [sys.executable, "-m", "tests.history.writer", str(file), what, *map(str, numbers)]


def ids(file: Path) -> list[str]:
    """The ids of the runs that a history has, the oldest first; its file is sound."""
    with History(file) as history:
        assert history.database.rows("PRAGMA integrity_check") == [("ok",)]
        assert history.database.rows("PRAGMA foreign_key_check") == []
        return [stored.id for stored in reversed(stored_runs(history))]


def test_a_run_is_there_after_it_was_added(history: History) -> None:
    """With how each control ended on each server."""
    assert history.add(run_on(1, {"ex01": ".FEW"}))
    (stored,) = stored_runs(history)

    assert earlier_run(history, stored).results == {
        (EX01, f"KB1-{number}"): RESULTS[letter] for number, letter in enumerate(".FEW", 1)
    }


def test_the_same_run_is_added_once(history: History, file: Path) -> None:
    """The second time nothing is changed, not even what was found."""
    assert history.add(run_on(1, {"ex01": "F"}))
    assert not history.add(run_on(1, {"ex01": "."}), keep=timedelta(0))
    assert ids(file) == ["00000001"]
    assert history.database.rows("SELECT result FROM problem") == [(1,)]


def test_an_id_that_comes_again_is_another_run(history: History, file: Path) -> None:
    """Ids are short; runs of the first schema have none. One that started at another time is not the same."""
    assert history.add(run_on(1, id=""))
    assert history.add(run_on(2, id=""))
    assert ids(file) == ["", ""]


@pytest.mark.parametrize("second", [range(20, 40), range(20)], ids=["other runs", "the same runs"])
def test_two_processes_write_at_once(file: Path, started: Started, second: range) -> None:
    """Into a file that neither has made yet: each run is there, once, and was new to one of them."""
    writers = [started("add", *numbers, word="ready") for numbers in (range(20), second)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    new = [int(writer.communicate(timeout=PATIENCE_SECONDS)[0]) for writer in writers]

    wanted = sorted({*range(20), *second})
    assert ids(file) == [f"{number:08x}" for number in wanted]
    assert sum(new) == len(wanted)


def test_a_killed_writer_leaves_nothing_of_its_run(file: Path, started: Started) -> None:
    """A part of it was in the file already, as its journal beside shows; the runs before it are whole."""
    with History(file) as history:
        history.add(run_on(1, {"ex01": ".F"}))
    before = file.stat().st_size
    writer = started("begin", 2, 3, word="begun")
    writer.kill()
    writer.wait(PATIENCE_SECONDS)

    assert file.stat().st_size > before
    assert file.with_name("history.sqlite-journal").stat().st_size
    assert ids(file) == ["00000001"]
    with History(file) as history:
        assert history.add(run_on(2, FLEET))
        assert history.database.rows("SELECT count(*) FROM checked") == [(1 + len(FLEET),)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot bound how large a file may grow")
def test_a_file_that_cannot_grow_loses_nothing(file: Path) -> None:
    """The error says which file and what to do; what was there is there, and the run can be added later."""
    with History(file) as history:
        history.add(run_on(1, FLEET))
    filled = subprocess.run(command(file, "fill", 2, 3), cwd=ROOT, capture_output=True, encoding="utf-8", check=True)

    assert filled.stdout.startswith(f"{file}: cannot be read or written. Look whether the disk is full")
    assert ids(file) == ["00000001"]
    with History(file) as history:
        assert history.add(run_on(2, FLEET))


def test_a_full_disk_loses_nothing(file: Path, history: History) -> None:
    """As SQLite itself reports it: here the file may not have more pages than it has."""
    history.add(run_on(1, FLEET))
    ((pages,),) = history.database.rows("PRAGMA page_count")
    history.database.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(HistoryError, match="cannot grow: the disk is full"):
        history.add(run_on(2, FLEET), keep=timedelta(0))

    assert ids(file) == ["00000001"]
    assert history.database.rows("SELECT count(*) FROM checked") == [(len(FLEET),)]


def test_older_runs_are_removed(history: History, file: Path) -> None:
    """Counted from the start of the run that is added; one that is exactly so old stays."""
    for number in range(4):
        history.add(run_on(number, {"ex01": "F"}, outcomes=(outcome(sentence=f"Day {number}."),)))
    history.add(run_on(5, {"ex01": "F"}), keep=timedelta(days=3))

    assert ids(file) == ["00000002", "00000003", "00000005"]
    assert history.database.rows("SELECT name FROM sentence ORDER BY 1") == [
        ("Day 2.",),
        ("Day 3.",),
        ("ex01.contoso.com failed.",),
    ]


def test_a_run_of_the_past_removes_nothing_that_is_newer(history: History, file: Path) -> None:
    """Whatever time it is: an old run.json can be added."""
    history.add(run_on(500))
    history.add(run_on(1), keep=timedelta(days=1))

    assert ids(file) == ["00000001", f"{500:08x}"]


def test_everything_may_be_kept(history: History, file: Path) -> None:
    """Longer than there have been years, and without any bound."""
    history.add(run_on(1))
    history.add(run_on(900), keep=timedelta(days=999_999))
    history.add(run_on(901))

    assert len(ids(file)) == 3


def test_an_empty_file_is_left_empty(file: Path) -> None:
    """Who only asks writes nothing."""
    file.touch()

    with pytest.raises(HistoryError, match="the file is empty"):
        existing_history(file)
    assert file.read_bytes() == b""


def test_an_existing_history_is_not_made(file: Path) -> None:
    """Who asks a history that is not there has mistyped its name."""
    with pytest.raises(HistoryError, match=r"there is no such file\. Name the file"):
        existing_history(file)
    assert not file.exists()

    with History(file) as history:
        history.add(run_on(1))
    with existing_history(file) as history:
        assert [stored.started_at for stored in stored_runs(history)] == [day(1)]


def test_an_interrupted_run_closes_the_file(file: Path) -> None:
    """The file can be removed and made again, on Windows as well."""
    with pytest.raises(KeyboardInterrupt), History(file):
        raise KeyboardInterrupt
    file.unlink()

    assert ids(file) == []
