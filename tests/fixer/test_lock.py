"""One fixer an organization at a time, also across processes."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

from moveready.errors import FixError, LockHeldError
from moveready.fixer.lock import FOLDER_VARIABLE, machine_folder, organization_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from moveready.fixer.lock import organization_lock

folder = Path(sys.argv[2]) if sys.argv[2:] else None
with organization_lock(sys.argv[1], print, folder):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLD, "contoso.com", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    """It is told who holds the lock, and what to do; another organization is free."""
    told: list[str] = []

    with (
        pytest.raises(LockHeldError, match=rf"another fixer works on contoso\.com: process {holder.pid} on .* Wait"),
        organization_lock("contoso.com", told.append, tmp_path),
    ):
        raise AssertionError
    with organization_lock("fabrikam.com", told.append, tmp_path):
        assert told == []


def test_the_lock_of_a_dead_process_is_taken_over(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    """With a note of who it was; the next one has nothing to tell."""
    told: list[str] = []
    holder.kill()
    holder.wait()

    for _ in range(2):
        with organization_lock("contoso.com", told.append, tmp_path):
            pass

    (line,) = told
    assert line.startswith(f"taking over the lock of contoso.com from process {holder.pid} on ")


def test_it_is_given_back_after_a_failure(tmp_path: Path) -> None:
    """In order, so that nothing is told."""
    told: list[str] = []
    with pytest.raises(ZeroDivisionError), organization_lock("contoso.com", told.append, tmp_path):
        raise ZeroDivisionError
    with organization_lock("contoso.com", told.append, tmp_path):
        assert told == []


@pytest.mark.parametrize("same", ["CONTOSO.com", "contoso.COM"])
def test_case_makes_no_other_organization(tmp_path: Path, same: str) -> None:
    """Names of organizations are compared as domains are."""
    with (
        organization_lock("contoso.com", print, tmp_path),
        pytest.raises(LockHeldError),
        organization_lock(same, print, tmp_path),
    ):
        raise AssertionError


def test_a_name_is_no_path(tmp_path: Path) -> None:
    """Whatever stands in it, the file is in its folder."""
    with organization_lock("../a b/ü", print, tmp_path):
        assert {file.parent for file in tmp_path.rglob("*.lock")} == {tmp_path}


def test_a_holder_without_a_note_has_just_begun(tmp_path: Path) -> None:
    """The note is written after the lock is taken."""
    with organization_lock("contoso.com", print, tmp_path):
        (note,) = tmp_path.glob("*.holder")
        note.unlink()
        with (
            pytest.raises(LockHeldError, match="a process that has just begun"),
            organization_lock("contoso.com", print, tmp_path),
        ):
            raise AssertionError


def test_it_holds_whatever_folder_for_temporary_files_a_process_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs and accounts of one machine have folders of their own; the lock is the machine's."""
    monkeypatch.delenv(FOLDER_VARIABLE)
    organization = f"{uuid.uuid4()}.invalid"
    places = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(tmp_path))}
    command = [sys.executable, "-c", HOLD, organization]
    with (
        organization_lock(organization, print),
        subprocess.Popen(command, env=places, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as other,
    ):
        _, complained = other.communicate()

    assert f"another fixer works on {organization}: process {os.getpid()} on" in complained
    assert not list(machine_folder().glob(f"*{organization}*"))


def test_its_files_do_not_pile_up(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    """Not even those of a process that died; what always stays is one gate for all organizations."""
    holder.kill()
    holder.wait()
    for organization in ("contoso.com", "fabrikam.com"):
        with organization_lock(organization, print, tmp_path):
            pass

    assert [file.name for file in tmp_path.iterdir()] == ["moveready-fixer.lock"]


def test_a_folder_can_be_given_to_machines_that_share_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment; otherwise it is one that all accounts may write to."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert machine_folder() == tmp_path

    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert machine_folder().is_dir()
    assert machine_folder() != tmp_path


def test_a_folder_without_locks_is_told(tmp_path: Path) -> None:
    """What happened, and what to write where."""
    file = tmp_path / "file"
    file.touch()
    with (
        pytest.raises(FixError, match=rf"its lock .* cannot be made: .*{FOLDER_VARIABLE}"),
        organization_lock("contoso.com", print, file),
    ):
        raise AssertionError


def test_a_note_is_never_written_through_a_link(tmp_path: Path) -> None:
    """Whoever may write to the folder could have laid one to any file of ours."""
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    note = tmp_path / "moveready-fixer-contoso.com.holder"
    try:
        note.symlink_to(victim)
    except OSError:
        pytest.skip("this account may make no links")
    with organization_lock("contoso.com", print, tmp_path):
        pass

    assert victim.read_text(encoding="utf-8") == "mine"


def test_no_control_character_of_a_note_is_shown(tmp_path: Path) -> None:
    """Any account may have written it."""
    told: list[str] = []
    (tmp_path / "moveready-fixer-contoso.com.holder").write_text("process 1\x1b[2J\n", encoding="utf-8")
    with organization_lock("contoso.com", told.append, tmp_path):
        pass

    assert told == ["taking over the lock of contoso.com from process 1[2J, which ended without giving it back"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="modes are POSIX's")
def test_another_account_may_take_it_later(tmp_path: Path) -> None:
    """Nobody is shut out by whoever came first, whatever that one's usual mode of files is."""
    before = os.umask(0o077)
    try:
        with organization_lock("contoso.com", print, tmp_path):
            modes = {file.stat().st_mode & 0o777 for file in tmp_path.glob("*.lock")}
    finally:
        os.umask(before)

    assert modes == {0o666}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is denied to root")
def test_a_lock_that_may_not_be_touched_is_refused(tmp_path: Path) -> None:
    """In words."""
    file = tmp_path / "moveready-fixer-contoso.com.lock"
    file.touch(0)

    with (
        pytest.raises(LockHeldError, match="a process of another account"),
        organization_lock("contoso.com", print, tmp_path),
    ):
        raise AssertionError
