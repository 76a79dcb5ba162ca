"""Refuses an answer whose head is cut, or is not what HTTP/1.1 calls a head (RFC 9112, sections 4 and 5).

Python's `http.client` reads the end of a connection as the end of the head, so half a head would pass as a complete
one, with only the headers that had come. It also takes the first line that is no header as the end of the head, reads
`4_0` as a number, ends lines without a carriage return, and believes the first of two lengths. A header that is not
seen changes a verdict, so all of this is an error: an answer that can be read in two ways says nothing.

A status line with the standard words of another status, such as `400 Forbidden`, contradicts itself and is refused too.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (?P<code>[1-5][0-9]{2})(?: (?P<words>[\t\x20-\x7e\x80-\xff]*))?")
_FIELD = re.compile(rb"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*(?P<value>[\t\x20-\x7e\x80-\xff]*)")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CODES_OF_WORDS = {status.phrase.encode(): status.value for status in HTTPStatus}


class CutHeadError(HTTPException):
    """The connection ended before the head of the answer was complete; used only inside remoting."""


class UnreadableHeadError(HTTPException):
    """The head of the answer can be read in no way, or in two; its text is for people. Used only inside remoting."""


class WholeHeadResponse(HTTPResponse):
    """An answer that raises an error if its head does not end with an empty line, or cannot be read strictly."""

    def begin(self) -> None:
        """Read the head, and notice if the connection ends before it, or if something in it is no header.

        Raises:
            CutHeadError: The connection ended first.
            UnreadableHeadError: The head is not one of HTTP/1.1.
        """
        file = self.fp
        lines: Any = _Lines(file)
        self.fp = lines
        try:
            super().begin()
        finally:
            # It is closed and gone if the answer was not HTTP.
            self.fp = file if self.fp is lines else self.fp
        if lines.are_over:
            raise CutHeadError("its head is cut")
        for head in _heads_in(lines.seen):
            must_be_a_head(head)


class _Lines:
    """The lines of a connection, which are kept; notes whether one of them was the end of the connection."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - a buffered reader, whatever it reads from
        self._file = file
        self.are_over = False
        self.seen: list[bytes] = []

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        self.are_over = self.are_over or not line
        self.seen.append(line)
        return line

    def close(self) -> None:
        self._file.close()


def must_be_a_head(lines: Sequence[bytes]) -> None:
    """Check the lines of one head, without the empty line that ends it; raises `UnreadableHeadError`. Pure."""
    if not all(line.endswith(b"\r\n") for line in lines):
        raise UnreadableHeadError("a line of its head does not end as one of HTTP")
    status, *fields = (line.removesuffix(b"\r\n") for line in lines)
    _must_be_a_status(status)
    found = [_FIELD.fullmatch(field) for field in fields]
    if not all(found):
        raise UnreadableHeadError("a line of its head is no header")
    _must_have_one_end([(field["name"].lower(), field["value"].rstrip(b" \t")) for field in found if field])


def _must_be_a_status(line: bytes) -> None:
    found = _STATUS_LINE.fullmatch(line)
    if found is None:
        raise UnreadableHeadError("its status line is not one of HTTP/1.1")
    meant = _CODES_OF_WORDS.get((found["words"] or b"").strip())
    if meant not in {None, int(found["code"])}:
        raise UnreadableHeadError(f"its status line says {int(found['code'])} and means {meant}")


def _must_have_one_end(fields: Sequence[tuple[bytes, bytes]]) -> None:
    """Check that the head says at most once, and in a known way, where the body ends (RFC 9112, section 6.3)."""
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1:
        raise UnreadableHeadError("its head says twice where the body ends")
    if not all(map(_LENGTH.fullmatch, lengths)) or not set(codings) <= {b"chunked"}:
        raise UnreadableHeadError("its head does not say clearly where the body ends")


def _heads_in(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The heads, each without its empty line: a 100 may come before the answer itself."""
    head: list[bytes] = []
    for line in lines:
        if line != b"\r\n":
            head.append(line)
        elif head:
            yield head
            head = []
    if head:  # its empty line has no carriage return
        yield head
