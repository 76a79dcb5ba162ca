"""A ticket is asked for once, and nobody waits for it longer than he must."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from moveready.remoting.deadline import Deadline
from moveready.remoting.login_failures import NO_KDC, NO_TICKET, SILENT_KDC, UNKNOWN, LoginFailure
from moveready.remoting.tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

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


def test_one_process_finds_a_silent_kdc_for_all(tmp_path: Path, within: Within) -> None:
    """The file that it leaves ends the wait of another one, which would have been long."""
    over, silence = threading.Event(), tmp_path / "silent"

    def ask() -> None:
        over.wait(60)

    with within():
        assert Ticket(seconds=0.1, silence=silence).failure(ask, Deadline(60)) == SILENT_KDC
        assert Ticket(seconds=1000, silence=silence).failure(ask, Deadline(60)) == SILENT_KDC
    over.set()


def test_a_folder_that_is_gone_costs_nothing(tmp_path: Path) -> None:
    """Each process waits for itself then, and the folder is not made again."""
    over, silence = threading.Event(), tmp_path / "gone" / "silent"

    def ask() -> None:
        over.wait(60)

    assert Ticket(seconds=0.1, silence=silence).failure(ask, Deadline(60)) == SILENT_KDC
    assert not silence.parent.exists()
    over.set()


def test_waiting_ends_when_the_conversation_is_cut(within: Within) -> None:
    """A run that is over does not wait."""
    over, cut = threading.Event(), Deadline(60)
    cut.cut()

    def ask() -> None:
        over.wait(60)

    with within():
        assert Ticket().failure(ask, cut) is None
    over.set()


def test_a_kdc_that_was_lost_later_is_not_asked_again() -> None:
    """Neither by those who had a ticket, nor by those who never asked."""
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)

    had, new = Ticket(), Ticket()
    assert had.failure(ask, Deadline(60)) is None
    for ticket in (had, new):
        ticket.lose(NO_KDC)
        assert ticket.failure(ask, Deadline(60)) == NO_KDC
    assert len(asked) == 1


def test_whatever_the_library_raises_is_told() -> None:
    """Nobody waits for a thread that has ended."""

    def ask() -> None:
        raise RuntimeError("odd")

    assert Ticket().failure(ask, Deadline(60)) == UNKNOWN
