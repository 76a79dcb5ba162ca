"""Refuses an answer whose head is cut.

Python's `http.client` reads the end of a connection as the end of the head, so half a head would pass as a complete
one, with only the headers that had come.
"""

from __future__ import annotations

from http.client import HTTPException, HTTPResponse
from typing import Any


class CutHeadError(HTTPException):
    """The connection ended before the head of the answer was complete; used only inside remoting."""


class WholeHeadResponse(HTTPResponse):
    """An answer that raises `CutHeadError` if its head does not end with an empty line."""

    def begin(self) -> None:
        """Read the head, and notice if the connection ends before it."""
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


class _Lines:
    """The lines of a connection; notes whether one of them was the end of the connection."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - a buffered reader, whatever it reads from
        self._file = file
        self.are_over = False

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        self.are_over = self.are_over or not line
        return line

    def close(self) -> None:
        self._file.close()
