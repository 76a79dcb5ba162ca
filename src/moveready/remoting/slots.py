"""At most so many Exchange sessions of one organization at a time. May import errors, questions and the deadline.

Exchange lets one user have 18 sessions (`PowerShellMaxConcurrency` of the default throttling policy) and refuses the
next, whoever needs it. The workers of a run are processes, and so are two runs at once: a slot is a file that the
operating system locks, so a process that dies gives it back. Slots are counted per account of this machine, since
another account's files cannot be locked everywhere.
"""

from __future__ import annotations

import getpass
import random
import re
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from moveready.errors import DeadlineError
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
        owner, name = (re.sub(r"[^A-Za-z0-9.-]", "_", text).lower() for text in (_account(), organization))
        self._stem = str((folder or Path(tempfile.gettempdir())) / f"moveready-sessions-{owner}-{name}-")

    @contextmanager
    def taken(self, deadline: Deadline) -> Iterator[None]:
        """Hold one of the slots; raises `DeadlineError` where none is free in time."""
        held = self._one_of_them(deadline)
        try:
            yield
        finally:
            held.release()

    def _one_of_them(self, deadline: Deadline) -> FileLock:
        numbers = random.sample(range(self._slots), self._slots)
        while not deadline.is_over:
            for number in numbers:
                lock = FileLock(f"{self._stem}{number}.lock")
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    continue
                return lock
            time.sleep(_AGAIN_SECONDS)
        raise DeadlineError(
            self._organization,
            Channel.EXCHANGE.value,
            f"all {self._slots} sessions that moveready may have at once were in use for {deadline.seconds:.0f} s",
            "Let other runs on this machine end, or allow more with --max-sessions; Exchange allows 18 a user.",
        )


def _account() -> str:
    """Who we are on this machine; a container's account may have no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "account"
