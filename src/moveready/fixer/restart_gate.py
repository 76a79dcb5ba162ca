"""Delays the restart of a server that Sets travel through while another pool must still give something back.

A restart of a host of `organization.exchange` takes its Exchange endpoint away. The actions from taking something away
to giving it back are a span of a step. A span (or a single restart) that restarts such a host waits until no other step
is in a span, and no other span begins until it ends.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from moveready.errors import FixError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from moveready.fixer.plan import Step

_LOOK_SECONDS = 0.2
"""How often a waiting step checks whether somebody asked to stop."""


class RestartGate:
    """The gate that all pools of a run share."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        """Keep the names of the servers that Sets travel through."""
        self._hosts = frozenset(hosts)
        self._changed = threading.Condition()
        self._ends: dict[str, int] = {}
        self._alone = ""
        self._waiting = 0
        self._incomplete: set[str] = set()

    def enter(self, step: Step, number: int, stop: threading.Event, show: Callable[[str], None]) -> None:
        """Call before an action: wait until it may begin, and keep other steps from disturbing it.

        Raises:
            KeyboardInterrupt: Somebody asked to stop.
            FixError: It would restart a host, and something of another server could not be given back.
        """
        end = _end_of_span(step, number)
        if end is None or step.server in self._ends:
            return
        restarts = any(action.drops_clients for action in step.actions[number : end + 1])
        alone = step.server in self._hosts and restarts
        with self._changed:
            self._waiting += alone
            try:
                self._wait(step, alone, stop, show)
            finally:
                self._waiting -= alone
            self._ends[step.server] = end
            self._alone = step.server if alone else self._alone

    def leave(self, step: Step, number: int) -> None:
        """Call after an action that succeeded: its span may be over."""
        if self._ends.get(step.server) == number:
            self.end(step, is_incomplete=False)

    def end(self, step: Step, *, is_incomplete: bool) -> None:
        """Call after every step; a step that `is_incomplete` blocks restarts of the hosts for the rest of this run."""
        with self._changed:
            self._ends.pop(step.server, None)
            self._alone = "" if self._alone == step.server else self._alone
            (self._incomplete.add if is_incomplete else self._incomplete.discard)(step.server)
            self._changed.notify_all()

    def _wait(self, step: Step, alone: bool, stop: threading.Event, show: Callable[[str], None]) -> None:
        is_shown = False
        while not self._is_free(alone):
            if stop.is_set():
                raise KeyboardInterrupt
            if not is_shown:
                show(f"{step.server}: waiting, so that no restart keeps another pool from giving back")
                is_shown = True
            self._changed.wait(_LOOK_SECONDS)
        if alone and self._incomplete:
            raise FixError(
                step.server,
                f"it is not restarted: changes travel through it, and {min(self._incomplete)} is not given back yet",
                f"Look at {min(self._incomplete)} first.",
            )

    def _is_free(self, alone: bool) -> bool:
        if alone:
            return not self._ends
        return not self._alone and not self._waiting


def _end_of_span(step: Step, number: int) -> int | None:
    """The last action of the span that begins here; None if no span begins."""
    end = number if step.actions[number].drops_clients else -1
    place = number
    while place <= max(end, number):
        restoring = [later for later, action in enumerate(step.actions) if action.restores == place]
        end = max(end, *restoring) if restoring else end
        place += 1
    return end if end >= number else None
