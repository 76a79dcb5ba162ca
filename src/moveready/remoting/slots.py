"""Limits how many Exchange sessions of one organization are open at a time.

Exchange lets one user have 18 sessions (`PowerShellMaxConcurrency` of the default throttling policy) and refuses the
next one, even if a person needs it. The workers of a run are processes, and so are two runs at once: a slot is a file
that the operating system locks, so a process that dies gives it back. Slots are counted per account of this machine,
since another account's files cannot be locked everywhere.

A slot's file exists while the slot is held. Removing a file that another process has opened and is about to lock
would let two processes hold the same slot; so a process must hold the account's gate, a file that always stays, to
open, lock or remove the file of a slot.
"""

from __future__ import annotations

import getpass
import os
import random
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from moveready.errors import DeadlineError
from moveready.evidence.questions import Channel
from moveready.inventory.names import file_name_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moveready.remoting.deadline import Deadline

_AGAIN_SECONDS = 0.05
"""How often files are tried again; no system reports when one of several files is free."""

_GATE_SECONDS = 2.0
"""How long to wait for the gate; after that, the next process removes the file. It is held for milliseconds only."""


class SessionSlots:
    """The slots of one organization."""

    def __init__(self, organization: str, slots: int, folder: Path | None = None) -> None:
        """Take none yet.

        Args:
            organization: Its name.
            slots: How many there are.
            folder: Where the files are; the system's folder for temporary files if left out.
        """
        self._organization = organization
        self._slots = slots
        self._folder = folder or Path(tempfile.gettempdir())
        self._ours = f"moveready-sessions-{file_name_from(_account())}"
        self._gate = FileLock(self._folder / f"{self._ours}.lock")

    @contextmanager
    def taken(self, deadline: Deadline) -> Iterator[None]:
        """Hold one of the slots; raises `DeadlineError` if none is free in time."""
        held = self._one_of_them(deadline)
        try:
            yield
        finally:
            self._give_back(held)

    def _one_of_them(self, deadline: Deadline) -> FileLock:
        stem = f"{self._ours}-{file_name_from(self._organization)}"
        files = [self._folder / f"{stem}-{number}.lock" for number in range(self._slots)]
        random.shuffle(files)
        refusal: OSError | None = None
        while not deadline.is_over:
            try:
                with self._gate.acquire(timeout=_AGAIN_SECONDS):
                    held, refusal = _first_free(files)
            except Timeout:
                continue
            except OSError as error:
                held, refusal = None, error
            if held is not None:
                return held
            time.sleep(_AGAIN_SECONDS)
        raise DeadlineError(
            self._organization,
            Channel.EXCHANGE.value,
            f"none of the {self._slots} sessions that moveready may have at once came free in"
            f" {deadline.seconds:.0f} s{_refusal_text(refusal)}",
            "Let other runs on this machine end, or allow more with --max-sessions; Exchange allows 18 a user.",
        )

    def _give_back(self, held: FileLock) -> None:
        """Remove its file, and those of killed processes; if the gate is not free, the next process does it."""
        held.release()
        # A file that stays is no reason to lose an answer.
        with suppress(OSError), self._gate.acquire(timeout=_GATE_SECONDS):
            for file in self._folder.glob(f"{self._ours}-*.lock"):
                _remove_unheld(file)


def _first_free(files: list[Path]) -> tuple[FileLock | None, OSError | None]:
    """The first file that can be locked now, or the system's error for a file that cannot be locked at all."""
    refusal = None
    for file in files:
        lock = FileLock(file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        except OSError as error:
            refusal = error
        else:
            return lock, None
    return None, refusal


def _remove_unheld(file: Path) -> None:
    with suppress(OSError):  # held (`Timeout` is one), or a folder
        with FileLock(file).acquire(timeout=0):
            pass
        file.unlink(missing_ok=True)


def _refusal_text(refusal: OSError | None) -> str:
    return f" (of {refusal.filename} the system says: {refusal.strerror or refusal})" if refusal else ""


def _account() -> str:
    """Our account in the file system: `getuser` uses the environment, which `su` does not change."""
    return getpass.getuser() if sys.platform == "win32" else str(os.getuid())
