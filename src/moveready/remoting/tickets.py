"""Asks once whether a credential gets a Kerberos ticket, and limits the wait."""

from __future__ import annotations

import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from moveready.remoting.login_failures import SILENT_KDC, LoginFailure, login_failure_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.remoting.deadline import Deadline

KDC_SECONDS = 10.0
"""Longest wait for a ticket."""

_STEP_SECONDS = 0.25
"""How long one wait lasts before it checks whether its conversation was cut."""


class Ticket:
    """The ticket of one credential, to begin with or for one service; thread-safe."""

    def __init__(self, seconds: float = KDC_SECONDS, silence: Path | None = None) -> None:
        """Nothing was asked yet; the wait lasts at most so long.

        `silence` is a file that appears when one process of the run has found the KDC silent; the others need not wait.
        """
        self.seconds = seconds
        self._silence = silence
        self._changed = threading.Condition()
        self._ends: float | None = None
        self._failure: LoginFailure | None = None
        self._is_known = False

    @property
    def known_failure(self) -> LoginFailure | None:
        """Why there is no ticket, as far as it is known; asks nobody."""
        return self._failure

    def failure(self, ask: Callable[[], LoginFailure | None], deadline: Deadline) -> LoginFailure | None:
        """Why there is no ticket, or None if there is one.

        The first caller starts the request, in a separate thread that nothing can end. The wait does not count for the
        deadline of the server that will be asked.
        """
        with self._changed:
            if self._ends is None and not self._is_known:
                self._ends = monotonic() + self.seconds
                threading.Thread(target=self._find_out, args=(ask,), name="moveready-ticket", daemon=True).start()
            while not self._is_known and not deadline.is_over:
                if (left := (self._ends or 0.0) - monotonic()) <= 0 or self._others_found_silence():
                    self._set_failure(SILENT_KDC)
                    self._tell_the_others()
                else:
                    deadline.wait_on(self._changed, min(_STEP_SECONDS, left))
            return self._failure

    def lose(self, failure: LoginFailure) -> None:
        """Note that a later request to the KDC failed so: whoever asks from now on gets this result at once."""
        with self._changed:
            self._is_known, self._failure = True, failure
            self._changed.notify_all()

    def _others_found_silence(self) -> bool:
        return self._silence is not None and self._silence.exists()

    def _tell_the_others(self) -> None:
        if self._silence is not None:
            # Without the file, each process waits for itself.
            with suppress(OSError):
                self._silence.touch()

    def _find_out(self, ask: Callable[[], LoginFailure | None]) -> None:
        try:
            failure = ask()
        except Exception as error:  # noqa: BLE001 - whatever the libraries raise, those who wait must hear of it
            failure = login_failure_of(error)
        with self._changed:
            self._set_failure(failure)

    def _set_failure(self, failure: LoginFailure | None) -> None:
        """Keep the first result, so that all servers get the same one."""
        if not self._is_known:
            self._is_known, self._failure = True, failure
        self._changed.notify_all()
