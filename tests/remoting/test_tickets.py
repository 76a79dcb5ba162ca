"""A ticket is asked for once, and nobody waits for it longer than he must."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from moveready.remoting.deadline import Deadline
from moveready.remoting.login_failures import NO_TICKET, SILENT_KDC, UNKNOWN, LoginFailure
from moveready.remoting.tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Within = Callable[[], AbstractContextManager[None]]


def test_it_is_asked_for_once() -> None:
    """However many servers are to be logged in to, and all are told the same."""
    asked: list[int] = []

    def ask() -> LoginFailure:
        asked.append(1)
        return NO_TICKET

    ticket = Ticket()
    with ThreadPoolExecutor(30) as pool:
        told = list(pool.map(lambda _: ticket.failure(ask, Deadline(60)), range(60)))
    assert (len(asked), set(told)) == (1, {NO_TICKET})


def test_a_silent_kdc_is_waited_for_once(within: Within) -> None:
    """Nothing can end the wait inside the library; those who wait go on, and a late answer changes nothing."""
    over = threading.Event()

    def ask() -> None:
        over.wait(60)

    ticket, deadline = Ticket(seconds=0.3), Deadline(60)
    with within():
        assert ticket.failure(ask, deadline) == SILENT_KDC
        assert ticket.failure(ask, deadline) == SILENT_KDC
    assert deadline.waited_seconds > 0.2
    over.set()
    assert ticket.failure(ask, deadline) == SILENT_KDC


def test_waiting_ends_when_the_conversation_is_cut(within: Within) -> None:
    """A run that is over does not wait."""
    over, cut = threading.Event(), Deadline(60)
    cut.cut()

    def ask() -> None:
        over.wait(60)

    with within():
        assert Ticket().failure(ask, cut) is None
    over.set()


def test_whatever_the_library_raises_is_told() -> None:
    """Nobody waits for a thread that has ended."""

    def ask() -> None:
        raise RuntimeError("odd")

    assert Ticket().failure(ask, Deadline(60)) == UNKNOWN
