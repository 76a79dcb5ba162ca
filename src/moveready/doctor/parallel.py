"""Does many things at once that nothing can end: a lookup of a name waits inside the system.

So each has a time limit, after which nobody waits for it any more. Its thread is left behind and does not keep the
process from ending.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

AT_ONCE = 64
"""How many are done at the same time, if the caller does not say."""

_STEP_SECONDS = 0.25
"""How long one wait lasts before it starts again: Windows delivers Ctrl-C only between two waits."""


def answers_to(jobs: Sequence[Callable[[], T]], seconds: float, at_once: int = AT_ONCE) -> list[T | None]:
    """The result of each job, in their order; None for a job that took longer than so many seconds.

    Raises:
        Exception: What a job has raised.
    """
    return _Round(jobs, seconds, at_once).answers()


class _Round(Generic[T]):
    """Jobs that wait, and those that are being done; only the thread that calls `answers` changes it."""

    def __init__(self, jobs: Sequence[Callable[[], T]], seconds: float, at_once: int) -> None:
        self._jobs = jobs
        self._seconds = seconds
        self._at_once = at_once
        self._waiting = deque(range(len(jobs)))
        self._ends: dict[int, float] = {}
        self._answers: list[T | None] = [None] * len(jobs)
        self._news: queue.SimpleQueue[tuple[int, T | None, Exception | None]] = queue.SimpleQueue()

    def answers(self) -> list[T | None]:
        """Start the jobs, and wait for each as long as it may take."""
        while self._waiting or self._ends:
            while self._waiting and len(self._ends) < self._at_once:
                self._start(self._waiting.popleft())
            self._take_news()
            now = monotonic()
            self._ends = {job: end for job, end in self._ends.items() if end > now}
        return self._answers

    def _start(self, job: int) -> None:
        self._ends[job] = monotonic() + self._seconds
        threading.Thread(target=self._run, args=(job,), name="moveready-doctor", daemon=True).start()

    def _run(self, job: int) -> None:
        try:
            self._news.put((job, self._jobs[job](), None))
        except Exception as error:  # noqa: BLE001 - it is raised in the thread that waits
            self._news.put((job, None, error))

    def _take_news(self) -> None:
        next_end = min(self._ends.values()) - monotonic()
        try:
            job, answer, error = self._news.get(timeout=min(_STEP_SECONDS, max(next_end, 0.0)))
        except queue.Empty:
            return
        if error is not None:
            raise error
        if self._ends.pop(job, None) is not None:
            self._answers[job] = answer
