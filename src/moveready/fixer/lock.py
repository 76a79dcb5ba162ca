"""One fixer an organization at a time, on this machine.

The lock is the operating system's, on a file: a process that dies gives it back. What is said about its last holder is
for people only.

The file is in one place of the machine, whatever folder for temporary files a job or an account has. It is there while
the lock is held. Removing a file that another process has opened and is about to lock would let two processes hold the
lock; so the files of organizations are opened, locked and removed only by whoever holds the gate, a file that always
stays.
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
"""How long to wait for the gate; it is held for milliseconds."""
_LONGEST_NOTE = 200
_ANY_ACCOUNT = 0o666
"""Any account of this machine may take a lock that nobody holds any more."""


@contextmanager
def organization_lock(organization: str, tell: Callable[[str], None], folder: Path | None = None) -> Iterator[None]:
    """Hold the organization's lock.

    Args:
        organization: Its name.
        tell: Told when the last holder died without giving it back.
        folder: Where the lock's files are; `machine_folder()` if left out.

    Raises:
        LockHeldError: Another fixer holds it, or nobody but another account may take it.
        FixError: There can be no lock in that folder.
    """
    place = folder or machine_folder()
    file = place / f"moveready-fixer-{file_name_from(organization)}.lock"
    note = file.with_suffix(".holder")
    gate = FileLock(place / "moveready-fixer.lock", mode=_ANY_ACCOUNT)
    lock = _acquired(organization, file, note, gate)
    try:
        if holder := _last_holder(note):
            tell(f"taking over the lock of {organization} from {holder}, which ended without giving it back")
        write_anew(note, _holder())
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()
        _remove_unheld(file, gate)


def machine_folder() -> Path:
    """The one place that every account and every job of this machine sees and may write to.

    Where the system's folder for locks is open to all accounts, it is that; it is shared even by services that have a
    folder `/tmp` of their own.
    """
    if given := os.environ.get(FOLDER_VARIABLE):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"))
    locks = Path("/var/lock")
    return locks if _is_open_to_all(locks) else Path("/tmp")  # noqa: S108 - the same for all accounts, with a safe mode


def _is_open_to_all(folder: Path) -> bool:
    """Asked of the folder's mode and not of our rights, so that every account gets the same answer."""
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
    """What stays because somebody has it or owns it is there for the next one to take."""
    with suppress(OSError), gate.acquire(timeout=_GATE_SECONDS):
        with FileLock(file, mode=_ANY_ACCOUNT).acquire(timeout=0):
            pass
        file.unlink(missing_ok=True)


def write_anew(note: Path, text: str) -> None:
    """Write a note, never through a link that another account has laid there; another account's note stays."""
    with suppress(OSError):
        note.unlink(missing_ok=True)
        with note.open("x", encoding="utf-8") as opened:
            opened.write(text)


def _holder() -> str:
    return f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def _last_holder(note: Path) -> str:
    """Any account may have written it: one line, without control characters."""
    try:
        text = note.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "".join(character for character in text[:_LONGEST_NOTE] if character.isprintable())
