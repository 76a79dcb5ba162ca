"""At most so many Exchange sessions of one organization at a time. May import errors, inventory, questions.

Exchange lets one user have 18 sessions (`PowerShellMaxConcurrency` of the default throttling policy) and refuses the
next, whoever needs it. The workers of a run are processes, and so are two runs at once: a slot is a file that the
operating system locks, so a process that dies gives it back. Slots are counted per account of this machine, since
another account's files cannot be locked everywhere.
"""

from __future__ import annotations

import getpass
import os
import random
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from moveready.errors import DeadlineError
from moveready.inventory.names import file_name_from
from moveready.questions import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moveready.remoting.deadline import Deadline

_AGAIN_SECONDS = 0.05
"""Files are asked anew so often; no system tells when any one of several is free."""


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
        stem = f"moveready-sessions-{file_name_from(_account())}-{file_name_from(organization)}"
        self._stem = str((folder or Path(tempfile.gettempdir())) / stem)

    @contextmanager
    def taken(self, deadline: Deadline) -> Iterator[None]:
        """Hold one of the slots; raises `DeadlineError` where none is free in time."""
        held = self._one_of_them(deadline)
        try:
            yield
        finally:
            held.release()

    def _one_of_them(self, deadline: Deadline) -> FileLock:
        locks = [FileLock(f"{self._stem}-{number}.lock") for number in range(self._slots)]
        random.shuffle(locks)
        refusal = ""
        while not deadline.is_over:
            for lock in locks:
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    continue
                except OSError as error:
                    refusal = f" (of {lock.lock_file} the system says: {error.strerror or error})"
                    continue
                return lock
            time.sleep(_AGAIN_SECONDS)
        raise DeadlineError(
            self._organization,
            Channel.EXCHANGE.value,
            f"none of the {self._slots} sessions that moveready may have at once came free in"
            f" {deadline.seconds:.0f} s{refusal}",
            "Let other runs on this machine end, or allow more with --max-sessions; Exchange allows 18 a user.",
        )


def _account() -> str:
    """Who we are to the file system: `getuser` believes the environment, which `su` leaves as it was."""
    return getpass.getuser() if sys.platform == "win32" else str(os.getuid())
