"""Time runs out once, and whatever waits on a socket then comes back."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from moveready.remoting.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Within = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        yield ours, theirs


def test_the_time_left_shrinks_to_zero() -> None:
    """It is never negative, so that it may be given to a socket."""
    deadline = Deadline(0.05)
    before = deadline.left

    time.sleep(0.06)
    assert (0 < before <= 0.05, deadline.left, deadline.is_over) == (True, 0.0, True)


def test_a_deadline_ahead_is_not_over() -> None:
    """Nothing is cut before the time."""
    assert not Deadline(60).is_over


def test_the_end_can_be_moved_nearer(ends: tuple[socket.socket, socket.socket], within: Within) -> None:
    """And never away: whatever waits comes back at the nearer one."""
    deadline = Deadline(600)
    handle = deadline.guard(ends[0])
    deadline.end_within(0.1)
    deadline.end_within(900)

    with within():
        assert ends[0].recv(1) == b""
    assert deadline.is_over
    deadline.release(handle)


def test_a_blocked_read_comes_back_at_the_end(ends: tuple[socket.socket, socket.socket], within: Within) -> None:
    """A read whose own timeout is far ends when the time is up."""
    deadline = Deadline(0.2)
    handle = deadline.guard(ends[0])

    with within():
        assert ends[0].recv(1) == b""
    deadline.release(handle)


def test_the_next_deadline_is_served_first(ends: tuple[socket.socket, socket.socket], within: Within) -> None:
    """A long one that was started before does not delay it."""
    far, near = Deadline(60), Deadline(0.2)
    handle = near.guard(ends[0])

    with within():
        ends[0].recv(1)
    near.release(handle)
    assert (far.is_over, near.is_over) == (False, True)


def test_a_connection_made_too_late_is_ended(ends: tuple[socket.socket, socket.socket], within: Within) -> None:
    """A slow connect must not outlive the deadline."""
    deadline = Deadline(60)
    deadline.cut()

    handle = deadline.guard(ends[0])
    with within():
        assert ends[0].recv(1) == b""
    deadline.release(handle)


def test_a_released_connection_is_left_alone(ends: tuple[socket.socket, socket.socket]) -> None:
    """What was released belongs to somebody else."""
    deadline = Deadline(60)
    handle = deadline.guard(ends[0])

    deadline.release(handle)
    deadline.cut()
    ends[1].sendall(b"x")
    assert (ends[0].recv(1), handle.fileno(), len(deadline._handles)) == (b"x", -1, 0)


def test_cutting_what_the_other_side_has_closed_is_harmless(ends: tuple[socket.socket, socket.socket]) -> None:
    """The watchdog must survive whatever it meets."""
    deadline = Deadline(60)
    handle = deadline.guard(ends[0])
    ends[1].close()
    handle.close()

    deadline.cut()
    deadline.cut()
    assert deadline.is_over


def test_one_thread_watches_all_deadlines() -> None:
    """Thousands of servers do not mean thousands of threads."""
    for _ in range(50):
        Deadline(60)

    assert [thread.name for thread in threading.enumerate()].count("moveready-deadlines") == 1


def test_silence_is_noticed_after_the_question() -> None:
    """The time before the question does not count, as it is our own."""
    deadline, noticed = Deadline(60, 0.5), threading.Event()
    deadline.when_silent(noticed.set)

    assert not noticed.wait(0.2)
    deadline.asked()
    assert noticed.wait(30)


def test_an_answer_is_no_silence() -> None:
    """Whatever it says; who waits for the first one is called once."""
    deadline, noticed, heard = Deadline(60, 1), threading.Event(), list[str]()
    deadline.when_silent(noticed.set)
    deadline.when_heard(lambda: heard.append("once"))

    deadline.asked()
    deadline.heard()
    deadline.heard()
    assert (noticed.wait(0.3), heard, deadline.is_answered) == (False, ["once"], True)
