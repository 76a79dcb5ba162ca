"""What a step needs while it is carried out, and the reporter that shows what happens."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from moveready.fixer.restart_gate import RestartGate

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.fixer.executor import Executor
    from moveready.fixer.journal import Journal
    from moveready.fixer.plan import Step
    from moveready.inventory import FixPolicy


class Reporter(Protocol):
    """Shows people what happens; called from the threads of several pools."""

    def show(self, line: str) -> None:
        """Show a line."""

    def count_down(self, server: str, seconds_left: float) -> None:
        """Show how long a wait still takes; called about once a second."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step needs while it is carried out.

    Attributes:
        stop: Set when somebody asked to stop: waits end at once, and only restoring actions are still done.
        timeout_seconds: How long one server may take to come back, and how long giving back is tried.
        settle_seconds: How long a change without an answer may still take effect.
        give_up: Set when somebody asked a second time: giving back is not waited for any more.
        gate: Keeps hosts that Sets travel through from being restarted at the wrong time.
        guard: Called right before the action of that number drains or restarts; raises if it may not be done now.
    """

    executor: Executor
    journal: Journal
    policy: FixPolicy
    reporter: Reporter
    stop: threading.Event
    timeout_seconds: float
    settle_seconds: float
    give_up: threading.Event = field(default_factory=threading.Event)
    gate: RestartGate = field(default_factory=RestartGate)
    guard: Callable[[Step, int], None] = lambda _step, _number: None
