"""One fixer an organization at a time, also across processes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from moveready.errors import LockHeldError
from moveready.fixer.lock import organization_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from moveready.fixer.lock import organization_lock

with organization_lock("contoso.com", print, Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
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


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="modes are POSIX's")
def test_another_account_may_take_it_later(tmp_path: Path) -> None:
    """The file stays, and must not shut out whoever did not make it."""
    with organization_lock("contoso.com", print, tmp_path):
        pass
    (file,) = tmp_path.glob("*.lock")

    assert file.stat().st_mode & 0o777 == 0o666


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is denied to root")
def test_a_lock_that_may_not_be_touched_is_refused(tmp_path: Path) -> None:
    """In words."""
    with organization_lock("contoso.com", print, tmp_path):
        pass
    (file,) = tmp_path.glob("*.lock")
    file.chmod(0)

    with (
        pytest.raises(LockHeldError, match="a process of another account"),
        organization_lock("contoso.com", print, tmp_path),
    ):
        raise AssertionError
