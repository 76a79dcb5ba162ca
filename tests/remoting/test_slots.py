"""Exchange sessions are counted over all processes of this account."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from moveready.errors import DeadlineError
from moveready.remoting.deadline import Deadline
from moveready.remoting.slots import SessionSlots

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys
from pathlib import Path
from moveready.remoting.deadline import Deadline
from moveready.remoting.slots import SessionSlots

with SessionSlots("contoso.com", 1, Path(sys.argv[1])).taken(Deadline(10)):
    print("held", flush=True)
    sys.stdin.read()
"""


CROWD = """
import sys
from pathlib import Path
from time import sleep
from moveready.remoting.deadline import Deadline
from moveready.remoting.slots import SessionSlots

slots, desk = SessionSlots("contoso.com", 2, Path(sys.argv[1])), Path(sys.argv[2])
for number in range(15):
    with slots.taken(Deadline(60)):
        mark = desk / f"{sys.argv[3]}-{number}"
        mark.touch()
        sleep(0.02)
        print(len(list(desk.iterdir())), flush=True)
        mark.unlink()
"""


def test_all_slots_can_be_had(tmp_path: Path) -> None:
    """Two of two, and again when they are given back."""
    slots = SessionSlots("contoso.com", 2, tmp_path)
    for _ in range(2):
        with slots.taken(Deadline(10)), slots.taken(Deadline(10)):
            pass


def test_one_more_is_refused_in_time(tmp_path: Path) -> None:
    """With what to do about it."""
    slots = SessionSlots("contoso.com", 2, tmp_path)
    with ExitStack() as held:
        held.enter_context(slots.taken(Deadline(10)))
        held.enter_context(slots.taken(Deadline(10)))
        with pytest.raises(DeadlineError, match=r"none of the 2 sessions .* --max-sessions"):
            held.enter_context(slots.taken(Deadline(0.2)))


def test_who_waits_gets_the_slot_that_becomes_free(tmp_path: Path) -> None:
    """Without being refused."""
    slots = SessionSlots("contoso.com", 1, tmp_path)
    taken = threading.Event()

    def wait_for_it() -> None:
        with slots.taken(Deadline(30)):
            taken.set()

    with ThreadPoolExecutor(1) as pool:
        with slots.taken(Deadline(10)):
            waiting = pool.submit(wait_for_it)
            assert not taken.wait(0.3)
        waiting.result(30)


def test_whoever_leaves_stops_waiting(tmp_path: Path) -> None:
    """A cut deadline ends the wait, as it ends every other."""
    slots = SessionSlots("contoso.com", 1, tmp_path)
    deadline = Deadline(60)
    with slots.taken(Deadline(10)), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: slots.taken(deadline).__enter__())
        deadline.cut()
        with pytest.raises(DeadlineError):
            waiting.result(10)


def test_file_that_cannot_be_locked_is_told(tmp_path: Path) -> None:
    """Another account's, or no file at all; a slot beside it is taken all the same."""
    (blocked,) = taken_files(SessionSlots("contoso.com", 1, tmp_path), tmp_path)
    blocked.unlink(missing_ok=True)
    blocked.mkdir()
    with pytest.raises(DeadlineError, match=rf"none of the 1 sessions .* \(of .*{blocked.name} the system says: .+\)"):
        SessionSlots("contoso.com", 1, tmp_path).taken(Deadline(0.2)).__enter__()
    with SessionSlots("contoso.com", 2, tmp_path).taken(Deadline(10)):
        pass


def test_no_file_of_a_slot_is_left(tmp_path: Path) -> None:
    """Not of a process that was killed either: one empty file for each account stays, however many runs."""
    for organization in ("contoso.com", "fabrikam.com"):
        command = [sys.executable, "-c", HOLDER.replace("contoso.com", organization), str(tmp_path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            holder.kill()
    with SessionSlots("tailspin.com", 3, tmp_path).taken(Deadline(30)):
        pass

    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_in_use_is_never_removed(tmp_path: Path) -> None:
    """Processes that take and give back at once never hold more slots than there are."""
    desk = tmp_path / "desk"
    desk.mkdir()
    folder = tmp_path / "slots"
    folder.mkdir()
    commands = [[sys.executable, "-c", CROWD, str(folder), str(desk), name] for name in "abcd"]
    crowd = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    seen = [line for process in crowd for line in process.communicate(timeout=600)[0].split()]

    assert len(seen) == 60
    assert set(seen) <= {"1", "2"}
    assert len(list(folder.iterdir())) == 1


def taken_files(slots: SessionSlots, folder: Path) -> set[Path]:
    """The files of the slots that are taken for a moment."""
    with slots.taken(Deadline(10)):
        taken = set(folder.iterdir())
    return taken - set(folder.iterdir())


def test_each_organization_has_its_own(tmp_path: Path) -> None:
    """One does not wait for another; names of any characters make a file."""
    one, other = SessionSlots("contoso.com", 1, tmp_path), SessionSlots("fabrikam/é com", 1, tmp_path)
    with one.taken(Deadline(10)), other.taken(Deadline(1)):
        pass


def test_other_processes_count_and_a_dead_one_gives_back(tmp_path: Path) -> None:
    """The operating system holds the lock for the process and frees it with it."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        slots = SessionSlots("contoso.com", 1, tmp_path)
        with pytest.raises(DeadlineError):
            slots.taken(Deadline(0.2)).__enter__()
        holder.kill()
        with slots.taken(Deadline(30)):
            pass
