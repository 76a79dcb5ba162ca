"""A piece of work that is done once, and can start early in a thread of its own."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Once:
    """Work that is done exactly once: by the caller of `finish`, or before that in a thread of its own."""

    def __init__(self, do: Callable[[], None]) -> None:
        """Start nothing yet."""
        self._do = do
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_finishing = False

    def begin_beside(self) -> None:
        """Start it in a thread of its own, unless it has started already; returns at once."""
        with self._lock:
            if self._thread is None and not self._is_finishing:
                thread = threading.Thread(target=self._do, name="moveready-beside")
                # The system may have no thread left; then `finish` does the work.
                with suppress(RuntimeError):
                    thread.start()
                    self._thread = thread

    def finish(self) -> None:
        """Do it now, or wait for it if it has started already."""
        with self._lock:
            self._is_finishing = True
        if self._thread is None:
            self._do()
        else:
            self._thread.join()
