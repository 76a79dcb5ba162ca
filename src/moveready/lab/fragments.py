"""Messages of PSRP in fragments, and how many of them one answer of WSMan holds (MS-PSRP 2.2.1, 2.2.4). Pure."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAGMENT_BYTES = 32768
"""Longest PSRP fragment that the lab sends; much smaller than every client's envelope, even after base64."""

FRAGMENT_HEAD = struct.Struct(">QQBI")
"""Object, fragment, flags, bytes that follow (MS-PSRP 2.2.4)."""
MESSAGE_HEAD = struct.Struct("<II16s16s")
"""Destination, type, runspace pool, pipeline (MS-PSRP 2.2.1)."""
_ELEMENT_BYTES = 100
"""More than the element around a fragment takes."""


@dataclass(slots=True)
class Message:
    """A message that is cut into fragments (MS-PSRP 2.2.4) while it is sent.

    Attributes:
        data: Head and CLIXML.
        object_id: Its number in the pool.
        alone: Whether it never shares an answer with earlier messages.
        sent: How many bytes of `data` are sent.
        fragments: How many fragments are sent.
    """

    data: bytes
    object_id: int
    alone: bool = False
    sent: int = 0
    fragments: int = 0

    @property
    def size_of_next(self) -> int:
        """How many bytes of data the next fragment has, if there is room."""
        return min(len(self.data) - self.sent, FRAGMENT_BYTES)

    def fragment(self, size: int) -> bytes:
        """The next fragment, with `size` bytes of data: object id, number, flags for start and end, length, data."""
        data = self.data[self.sent : self.sent + size]
        number, self.fragments, self.sent = self.fragments, self.fragments + 1, self.sent + len(data)
        flags = (number == 0) | (self.sent >= len(self.data)) << 1
        return FRAGMENT_HEAD.pack(self.object_id, number, flags, len(data)) + data


@dataclass(slots=True)
class Outbox:
    """Messages to the client, for the pool or for one pipeline."""

    messages: deque[Message] = field(default_factory=deque)

    def take(self, room_bytes: int) -> list[bytes]:
        """Take the fragments that fit into one answer of this size; at least one, if there is any.

        The pool's `Opened` never shares an answer with earlier messages, as on recorded servers. Where not even one
        fragment of the usual size fits, fragments get smaller (inferred: WinRM cuts a stream where an answer is full).
        """
        taken: list[bytes] = []
        while self.messages and (not taken or not self.messages[0].alone):
            message = self.messages[0]
            fits = _data_that_fits(room_bytes)
            if taken and fits < message.size_of_next:
                break
            taken.append(message.fragment(max(1, min(fits, message.size_of_next))))
            room_bytes -= _base64_length(taken[-1])
            if message.sent >= len(message.data):
                self.messages.popleft()
        return taken


def fragments_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The number and the data of each fragment."""
    at = 0
    while at + FRAGMENT_HEAD.size <= len(data):
        _, number, _, length = FRAGMENT_HEAD.unpack_from(data, at)
        at += FRAGMENT_HEAD.size
        yield number, data[at : at + length]
        at += length


def _base64_length(data: bytes) -> int:
    return (len(data) + 2) // 3 * 4 + _ELEMENT_BYTES


def _data_that_fits(room_bytes: int) -> int:
    """How many bytes of data the largest fragment has that fits."""
    return (room_bytes - _ELEMENT_BYTES) // 4 * 3 - FRAGMENT_HEAD.size
