"""What failures say to people, without Python's names."""

from __future__ import annotations

from http.client import IncompleteRead, RemoteDisconnected
from xml.etree import ElementTree as ET

import pytest

from moveready.remoting.wording import root_of, seconds_text, why_unreadable, words_of


@pytest.mark.parametrize(
    ("seconds", "told"), [(40 / 3, "13 s"), (1.5, "1.5 s"), (10.0, "10 s"), (0.3333, "0.3 s"), (60, "60 s")]
)
def test_seconds_are_rounded(seconds: float, told: str) -> None:
    """To the tenth where that says something."""
    assert seconds_text(seconds) == told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(111, "Connection refused"), "Connection refused"),
        (RemoteDisconnected("Remote end closed connection"), "the other side closed it without an answer"),
        (IncompleteRead(b"", 10), "the other side closed it in the middle of the answer"),
        (RuntimeError("HTTPConnectionPool(host='x'): KeyError"), "no reason is known"),
        (RuntimeError(), "no reason is known"),
        (RuntimeError("two\n words"), "two words"),
    ],
)
def test_words_are_for_people(error: Exception, words: str) -> None:
    """What only a programmer understands is left out."""
    assert words_of(error) == words


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ET.ParseError("no element found: line 1, column 0"), "it is not XML"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "bad"), "its text is not UTF-8"),
        (ValueError("invalid literal for int()"), "a value in it is malformed"),
        (IndexError("list index out of range"), "a part is missing"),
    ],
)
def test_an_unreadable_answer_says_what_is_wrong_with_it(error: Exception, why: str) -> None:
    """Of the answer, not of our code."""
    assert why_unreadable(error) == why


def test_the_exception_at_the_bottom_is_found() -> None:
    """Libraries wrap one in another."""
    bottom = OSError(113, "No route to host")

    assert root_of(RuntimeError(RuntimeError("above", bottom))) is bottom
