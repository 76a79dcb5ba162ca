"""Allows one fixer at a time for an organization on this machine.

The operating system locks a file: a process that dies gives the lock back. The note about the last holder is only for
people.

The file has a fixed place on the machine, which does not depend on a job's or account's folder for temporary files. It
exists while the lock is held. Removing a file that another process has opened and is about to lock would let two
processes hold the lock; so a process must hold the gate, a file that always stays, to open, lock or remove the file of
an organization.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from moveready.errors import FixError, LockHeldError
from moveready.inventory.names import file_name_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER_VARIABLE = "MOVEREADY_LOCK_FOLDER"
"""An environment variable: the folder of the lock, for machines or containers that share one."""

_GATE_SECONDS = 10.0
"""How long to wait for the gate; it is held for milliseconds only."""
_LONGEST_NOTE = 200
_ANY_ACCOUNT = 0o666
"""Any account of this machine may take a free lock."""


@contextmanager
def organization_lock(organization: str, show: Callable[[str], None], folder: Path | None = None) -> Iterator[None]:
    """Hold the organization's lock.

    Args:
        organization: Its name.
        show: Called with a line where the last holder died without giving the lock back.
        folder: Where the lock's files are; `machine_folder()` if left out.

    Raises:
        LockHeldError: Another fixer holds it, or only another account may take it.
        FixError: A lock cannot be made in that folder.
    """
    place = folder or machine_folder()
    file = place / f"moveready-fixer-{file_name_from(organization)}.lock"
    note = file.with_suffix(".holder")
    gate = FileLock(place / "moveready-fixer.lock", mode=_ANY_ACCOUNT)
    lock = _acquired(organization, file, note, gate)
    try:
        if holder := _last_holder(note):
            show(f"taking over the lock of {organization} from {holder}, which ended without giving it back")
        write_note(note, _holder())
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()
        _remove_unheld(file, gate)


def machine_folder() -> Path:
    """The folder that every account and every job of this machine sees and may write to.

    This is the system's folder for locks if all accounts may write to it; even services with their own `/tmp` share
    that folder.
    """
    if given := os.environ.get(FOLDER_VARIABLE):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"))
    locks = Path("/var/lock")
    return locks if _is_open_to_all(locks) else Path("/tmp")  # noqa: S108 - the same for all accounts, with a safe mode


def _is_open_to_all(folder: Path) -> bool:
    """Whether its mode lets everybody write: our own rights would not give every account the same answer."""
    try:
        mode = folder.stat().st_mode
    except OSError:
        return False
    wanted = stat.S_ISVTX | stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO
    return stat.S_ISDIR(mode) and mode & wanted == wanted


def _acquired(organization: str, file: Path, note: Path, gate: FileLock) -> FileLock:
    lock = FileLock(file, mode=_ANY_ACCOUNT)
    try:
        with gate.acquire(timeout=_GATE_SECONDS):
            lock.acquire(timeout=0)
    except Timeout:
        raise LockHeldError(organization, _last_holder(note), file) from None
    except PermissionError:
        raise LockHeldError(organization, "a process of another account, perhaps long gone", file) from None
    except OSError as error:
        raise FixError(
            organization,
            f"its lock {file} cannot be made: {error.strerror or error}",
            f"Name a folder that every account of this machine may write to in {FOLDER_VARIABLE}.",
        ) from None
    return lock


def _remove_unheld(file: Path, gate: FileLock) -> None:
    """Remove the file unless it is in use or owned by another account; then it stays for the next holder."""
    with suppress(OSError), gate.acquire(timeout=_GATE_SECONDS):
        with FileLock(file, mode=_ANY_ACCOUNT).acquire(timeout=0):
            pass
        file.unlink(missing_ok=True)


def write_note(note: Path, text: str) -> None:
    """Write a note, but never through a link that another account put there; another account's note stays."""
    with suppress(OSError):
        note.unlink(missing_ok=True)
        with note.open("x", encoding="utf-8") as opened:
            opened.write(text)


def _holder() -> str:
    return f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def _last_holder(note: Path) -> str:
    """The note as one line without control characters, because any account may have written it."""
    try:
        text = note.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "".join(character for character in text[:_LONGEST_NOTE] if character.isprintable())
