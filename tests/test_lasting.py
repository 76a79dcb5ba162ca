"""A run outlives its terminal; a whole one does in tests/acceptance/test_interrupted.py."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from moveready.lasting import LastingOutput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


@pytest.fixture
def unread() -> Iterator[TextIO]:
    """A pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as file:
        yield file


def test_what_can_be_written_is() -> None:
    """And the file keeps its other ways."""
    file = io.StringIO()
    output = LastingOutput(file)
    output.write("a line\n")
    output.flush()

    assert output.getvalue() == "a line\n"
    assert not output.isatty()


def test_what_cannot_be_written_goes_nowhere(unread: TextIO) -> None:
    """Once, and ever after; nothing is left for Python to complain of."""
    output = LastingOutput(unread)
    for _ in range(2):
        assert output.write("a line\n") == len("a line\n")
        output.flush()


def test_what_does_not_fit_goes_nowhere(unread: TextIO) -> None:
    """A text that is longer than the buffer fails as it is written."""
    text = "x" * 1_000_000

    assert LastingOutput(unread).write(text) == len(text)
