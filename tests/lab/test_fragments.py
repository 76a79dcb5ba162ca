"""Messages in fragments, and fragments in answers."""

from __future__ import annotations

from collections import deque

import pytest

from moveready.lab.fragments import FRAGMENT_BYTES, Message, Outbox, fragments_in

_HEAD = 21


@pytest.mark.parametrize("length", [1, FRAGMENT_BYTES, FRAGMENT_BYTES + 1, 3 * FRAGMENT_BYTES])
def test_fragments_say_where_they_stand(length: int) -> None:
    """Object id, number, start and end flags of MS-PSRP 2.2.4, and never an empty fragment."""
    fragments = Outbox(deque([Message(b"x" * length, 7)])).take(10**7)
    flags = [fragment[16] for fragment in fragments]

    assert {int.from_bytes(fragment[:8], "big") for fragment in fragments} == {7}
    assert [int.from_bytes(fragment[8:16], "big") for fragment in fragments] == list(range(len(fragments)))
    assert (flags[0] & 1, flags[-1] & 2, sum(flags)) == (1, 2, 3)
    assert sum(len(fragment) - _HEAD for fragment in fragments) == length


def test_an_answer_holds_what_fits_and_never_nothing() -> None:
    """The envelope's size cuts long output into several answers."""
    outbox = Outbox(deque([Message(b"x" * 3 * FRAGMENT_BYTES, 1)]))

    assert [len(outbox.take(room)) for room in (43_900, 2 * 43_900, 10**6)] == [1, 2, 0]


@pytest.mark.parametrize("room", [4096, 30_000, 100_000])
def test_fragments_get_smaller_where_none_fits(room: int) -> None:
    """No answer is larger than the client allows, and all bytes arrive in order."""
    data = bytes(number % 251 for number in range(100_000))
    outbox = Outbox(deque([Message(data, 1)]))
    answers = []
    while answer := outbox.take(room):
        answers.append(answer)

    assert all(sum((len(part) + 2) // 3 * 4 + 90 for part in answer) <= room for answer in answers)
    assert b"".join(part[_HEAD:] for answer in answers for part in answer) == data


def test_a_message_that_stands_alone_waits_for_the_next_answer() -> None:
    """As the pool's `Opened` does on recorded servers."""
    outbox = Outbox(deque([Message(b"a", 1), Message(b"b", 2, alone=True), Message(b"c", 3)]))

    assert [len(outbox.take(10**6)) for _ in range(3)] == [1, 2, 0]


def test_fragments_are_found_in_what_a_client_sends() -> None:
    """Number and data of each; what is cut off at the end is left out."""
    sent = b"".join(Outbox(deque([Message(b"ab", 1), Message(b"c", 2)])).take(10**6))

    assert list(fragments_in(sent + b"cut off")) == [(0, b"ab"), (0, b"c")]
