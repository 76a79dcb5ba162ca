"""One fixer an organization at a time, on this machine. May import errors, inventory.

The lock is the operating system's, on a file: a process that dies gives it back. What is said about its last holder is
for people only.
"""

from __future__ import annotations

import os
import socket
import tempfile
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from moveready.errors import LockHeldError
from moveready.inventory.names import file_name_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def organization_lock(organization: str, tell: Callable[[str], None], folder: Path | None = None) -> Iterator[None]:
    """Hold the organization's lock.

    Args:
        organization: Its name.
        tell: Told when the last holder died without giving it back.
        folder: Where the lock's files are; the system's folder for temporary files if left out.

    Raises:
        LockHeldError: Another fixer holds it, or nobody but another account may take it.
    """
    file = (folder or Path(tempfile.gettempdir())) / f"moveready-fixer-{file_name_from(organization)}.lock"
    note = file.with_suffix(".holder")
    # Any account of this machine may take a lock that nobody holds any more.
    lock = FileLock(file, mode=0o666)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockHeldError(organization, _last_holder(note), file) from None
    except PermissionError:
        raise LockHeldError(organization, "a process of another account, perhaps long gone", file) from None
    try:
        if holder := _last_holder(note):
            tell(f"taking over the lock of {organization} from {holder}, which ended without giving it back")
        with suppress(OSError):  # another account's note stays
            note.write_text(_holder(), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()


def _holder() -> str:
    return f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def _last_holder(note: Path) -> str:
    return note.read_text(encoding="utf-8") if note.exists() else ""
