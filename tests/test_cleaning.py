"""What comes from the wire can be written anywhere: into JSON, XML and a terminal."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from moveready.cleaning import cleaned

BAD = "\ufffd"


@pytest.mark.parametrize("text", ["", "plain", "Größe\tΩ 漢字", "two\nlines", "\U0001f600", "e\u0301", "\ufffd"])
def test_ordinary_text_stays(text: str) -> None:
    """Letters of any language, tab, line feed and emoji are no harm."""
    assert cleaned(text) == text


def test_two_halves_are_one_character() -> None:
    """A surrogate pair that came in two pieces is the character it means."""
    assert cleaned("a\ud83d\ude00b") == "a\U0001f600b"


@pytest.mark.parametrize(
    "text", ["\ud83d", "y\ude00", "\ud83dx", "x\ude00y\ud83d", "\ude00\ud83d", "\ud83d\ud83d\ude00"]
)
def test_lone_halves_become_visible(text: str) -> None:
    """No encoding can write them, and the text around them stays."""
    found = cleaned(text)

    assert BAD in found
    assert found.encode("utf-8")
    assert found.replace(BAD, "").replace("\U0001f600", "") == "".join(c for c in text if c in "xy")


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\x07",
        "\x08",
        "\x0b",
        "\r",
        "\x1b",
        "\x1f",
        "\x7f",
        "\x85",
        "\x9b",
        "\u202e",
        "\u2066",
        "\u200f",
        "\ufffe",
    ],
    ids=ascii,
)
def test_controls_become_visible(character: str) -> None:
    """They would move a cursor, turn the line round, or make XML unreadable."""
    found = cleaned(f"a{character}b")

    assert found == f"a{BAD}b"
    assert ET.fromstring(f"<text>{found}</text>").text == found


def test_line_end_of_windows_is_a_line_end() -> None:
    """Stack traces have it; alone a carriage return hides what stands before it."""
    assert cleaned("a\r\nb\r") == f"a\nb{BAD}"


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("a ##vso[task.setvariable variable=x]y", "a # #vso[task.setvariable variable=x]y"),
        ("##[error]x", "# #[error]x"),
        ("###VSO[x]", "## #VSO[x]"),
        ("::error::x", ": :error::x"),
        ("a\n  ::set-output name=a::b", "a\n  : :set-output name=a::b"),
        ("::error\n\nfile=a::hi", ": :error\n\nfile=a::hi"),
    ],
)
def test_command_for_a_pipelines_agent_is_none_any_more(text: str, harmless: str) -> None:
    """A server must not drive the machine that checks it."""
    assert cleaned(text) == harmless
    assert cleaned(harmless) == harmless


@pytest.mark.parametrize(
    "text", ["## heading", "checks/test_own.py::test_x", "fe80::1", "[Math]::Round(1)", "a ## b ["]
)
def test_other_marks_stay(text: str) -> None:
    """Node ids, addresses and headings."""
    assert cleaned(text) == text
