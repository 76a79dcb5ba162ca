"""An answer whose head is cut is no answer.

Python's `http.client` takes the end of a connection for the end of the head, so half a head would pass as a whole one,
with the headers that happened to come.
"""

from __future__ import annotations

from http.client import HTTPException, HTTPResponse
from typing import Any


class CutHeadError(HTTPException):
    """The connection ended before the head of the answer did; stays inside remoting."""


class WholeHeadResponse(HTTPResponse):
    """An answer that raises `CutHeadError` where its head does not end with an empty line."""

    def begin(self) -> None:
        """Read the head, and notice where the connection ends first."""
        file = self.fp
        lines: Any = _Lines(file)
        self.fp = lines
        try:
            super().begin()
        finally:
            # It is closed and gone where there was no HTTP.
            self.fp = file if self.fp is lines else self.fp
        if lines.are_over:
            raise CutHeadError("its head is cut")


class _Lines:
    """The lines of a connection; knows whether one of them was its end."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - a buffered reader, whatever it reads from
        self._file = file
        self.are_over = False

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        self.are_over = self.are_over or not line
        return line

    def close(self) -> None:
        self._file.close()
