"""Something to be done once, early and beside something else if need be."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Once:
    """Something that is done exactly once: by whoever finishes it, or before that in a thread of its own."""

    def __init__(self, do: Callable[[], None]) -> None:
        """Do nothing yet."""
        self._do = do
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_finishing = False

    def begin_beside(self) -> None:
        """Begin it in a thread of its own, if nobody has begun it; returns at once."""
        with self._lock:
            if self._thread is None and not self._is_finishing:
                thread = threading.Thread(target=self._do, name="moveready-beside")
                # The system may have no thread left; then it is done when its turn comes.
                with suppress(RuntimeError):
                    thread.start()
                    self._thread = thread

    def finish(self) -> None:
        """Do it here, or wait for it where it has begun."""
        with self._lock:
            self._is_finishing = True
        if self._thread is None:
            self._do()
        else:
            self._thread.join()
