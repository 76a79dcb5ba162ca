"""A run outlives its terminal; a whole one does in tests/acceptance/test_interrupted.py."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.plugin.lasting import LastingOutput, output_is_gone

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
    assert not output.is_gone


def test_what_cannot_be_written_goes_nowhere(unread: TextIO) -> None:
    """Once, and ever after; nothing is left for Python to complain of."""
    output = LastingOutput(unread)
    for _ in range(2):
        assert output.write("a line\n") == len("a line\n")
        output.flush()
    assert output.is_gone


def test_what_does_not_fit_goes_nowhere(unread: TextIO) -> None:
    """A text that is longer than the buffer fails as it is written."""
    text = "x" * 1_000_000

    assert LastingOutput(unread).write(text) == len(text)


def test_what_is_closed_is_gone(unread: TextIO) -> None:
    """As where a program closes its own standard output."""
    with suppress(OSError):
        unread.close()
    output = LastingOutput(unread)
    output.write("a line\n")
    output.flush()

    assert output.is_gone


@pytest.mark.parametrize("is_gone", [False, True])
def test_whoever_must_be_seen_can_ask(is_gone: bool) -> None:
    """Of the file that pytest writes to."""
    output = LastingOutput(io.StringIO())
    output.is_gone = is_gone

    assert output_is_gone(config_with(output)) is is_gone
    assert not output_is_gone(config_with(io.StringIO()))


def config_with(file: object) -> Any:
    """A configuration whose terminal reporter writes to this file."""
    terminal = SimpleNamespace(_tw=SimpleNamespace(_file=file))
    return SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: terminal))
