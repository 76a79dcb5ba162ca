"""Describes a failure of the connection or of an answer, without Python's names for failures. Pure."""

from __future__ import annotations

import re
import ssl
import struct
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from xml.etree import ElementTree as ET

from pypsrp.exceptions import WinRMError

_LONGEST_WORDS = 300
_WHOLE_SECONDS_FROM = 10
_OF_PYTHON = re.compile(r"\b(?:[A-Z]\w*(?:Error|Exception|Read|Disconnected|Pool)\b|errno\b)|object at 0x|Traceback")

_BY_KIND: tuple[tuple[type[BaseException], str], ...] = (
    (RemoteDisconnected, "the other side closed it without an answer"),
    (IncompleteRead, "the other side closed it in the middle of the answer"),
    (TimeoutError, "it took too long"),
    (EOFError, "the other side closed it"),
)

_UNREADABLE: tuple[tuple[type[BaseException], str], ...] = (
    (ET.ParseError, "it is not XML"),
    (UnicodeDecodeError, "its text is not UTF-8"),
    (ValueError, "a value in it is malformed"),
    (struct.error, "a value in it is malformed"),
    (LookupError, "a part is missing"),
    (AttributeError, "a part is missing"),
    (TypeError, "a part is missing"),
)


def seconds_text(seconds: float) -> str:
    """`1.5 s`, `13 s`: rounded for people."""
    return f"{seconds:.0f} s" if seconds >= _WHOLE_SECONDS_FROM else f"{round(seconds, 1):g} s"


def root_of(error: BaseException) -> BaseException:
    """The exception at the bottom: libraries wrap it up to four times."""
    below = next((part for part in error.args if isinstance(part, BaseException)), None)
    below = below or getattr(error, "reason", None) or error.__cause__ or error.__context__
    return root_of(below) if isinstance(below, BaseException) else error


def words_of(error: BaseException) -> str:
    """The exception's text, if it is written for people."""
    if isinstance(error, ssl.SSLError) and getattr(error, "reason", None):
        return str(error.reason).replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    by_kind = next((words for kind, words in _BY_KIND if isinstance(error, kind)), None)
    words = by_kind or " ".join(str(error).split())[:_LONGEST_WORDS]
    return words if words and not _OF_PYTHON.search(words) else "no reason is known"


def why_unreadable(error: BaseException) -> str:
    """What is wrong with an answer that cannot be read."""
    if isinstance(error, WinRMError | HTTPException):
        return words_of(error)
    return next((words for kind, words in _UNREADABLE if isinstance(error, kind)), "no reason is known")
