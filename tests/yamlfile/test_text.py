"""Guards `moveready.yamlfile.text`: YAML 1.2 to plain data, with lines, and syntax mistakes in words."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moveready.errors import FileError
from moveready.yamlfile.text import DEEPEST_NESTING, LONGEST_SHOWN, YamlReader, shown

FILE = Path("some.yaml")
PIECES = [*"ab:-[]{},&*!|>'\"%#?\t\n ~@`\\.\r\u2028\x85", "\n  ", ": ", "- ", "---", "\\U99999999", "%YAML 1.9\n", "<<"]


def read(text: str) -> object:
    """The data of a text without mistakes."""
    reader = YamlReader(FILE)
    data = reader.read(text)
    assert reader.mistakes == []
    return data


def mistakes_of(text: str) -> list[tuple[int, str]]:
    """Line and problem of every mistake in a text."""
    reader = YamlReader(FILE)
    try:
        reader.read(text)
    except FileError as failure:
        reader.mistakes[:] = failure.mistakes
    return [(mistake.place.line, mistake.problem) for mistake in reader.mistakes]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-12", -12),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("-.INF", -math.inf),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-01-31", "2026-01-31"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("<<", "<<"),
        ("=", "="),
        ("'12'", "12"),
        ('"true"', "true"),
        ("''", ""),
        ("|\n  a\n  b", "a\nb\n"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    """The core schema, not the surprises of YAML 1.1; quoted text stays text."""
    assert read(f"key: {text}\n") == {"key": value}


def test_not_a_number_is_a_float() -> None:
    """`.nan` equals nothing, not even itself."""
    data = read("[.nan]")

    assert isinstance(data, list)
    assert math.isnan(data[0])


def test_a_huge_integer_is_no_integer() -> None:
    """Python refuses to convert thousands of digits; such text must not end in a traceback."""
    assert read(f"[{'9' * 5000}]") == [math.inf]


def test_keys_are_text_as_written() -> None:
    """`5:` and `null:` are keys like any other."""
    assert read("{5: a, null: b, true: c}") == {"5": "a", "null": "b", "true": "c"}


def test_aliases_repeat_their_anchor() -> None:
    """Collections and scalars can be used again."""
    assert read("a: &x [1]\nb: *x\nc: &y z\nd: *y\n") == {"a": [1], "b": [1], "c": "z", "d": "z"}


def test_every_key_and_element_has_its_line() -> None:
    """Lines count from 1; an element that is a section has the line of its dash."""
    reader = YamlReader(FILE)
    reader.read("# comment\na: 1\nb:\n  - c: 2\n    d: 3\n  - 4\n")

    assert reader.lines == {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 0, "c"): 4,
        ("b", 0, "d"): 5,
        ("b", 1): 6,
    }


def test_all_duplicate_keys_are_told_and_the_first_values_stay() -> None:
    """Also of nested sections, and inside a value that is dropped; lines stay those of the first."""
    reader = YamlReader(FILE)
    data = reader.read("a: 1\nb: {c: 1, c: 2}\na: {d: 1, d: 2}\nb: 5\n")

    assert data == {"a": 1, "b": {"c": 1}}
    assert reader.lines == {(): 1, ("a",): 1, ("b",): 2, ("b", "c"): 2}
    assert [(mistake.place.line, mistake.problem) for mistake in reader.mistakes] == [
        (2, "`c` is written twice, first in line 2"),
        (3, "`a` is written twice, first in line 1"),
        (3, "`d` is written twice, first in line 3"),
        (4, "`b` is written twice, first in line 2"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 0, "the file is empty"),
        ("# only this\n", 0, "the file is empty"),
        ("a:\n\tb: 1\n", 2, "a tab where YAML needs spaces"),
        ("a: b: c\n", 1, "a `key: value` where none is allowed"),
        ("a: 1\n b: 2\n", 2, "a `key: value` where none is allowed"),
        ("a:\n  b: 1\n c: 2\n", 3, "the indentation does not fit the lines above"),
        ("a: 1\nb\nc: 2\n", 3, "a key without `:`"),
        ("a: @b\n", 1, "a word begins with a character that has a meaning in YAML"),
        ('a: "C:\\q"\n', 1, 'a backslash inside "double quotes" must be followed by an escape code'),
        ("a: [1,\n", 2, "this is not YAML"),
        ('a: "\\U99999999"\n', 0, "this is not YAML"),
        ("|-\u2028\u2028  |2", 1, "this is not YAML"),
        ("a: 1\nb: \x07\n", 2, "this is a control character"),
        ("a: 1\n---\nb: 2\n", 2, "a second YAML document begins here"),
        ("[a]: 1\n", 1, "a key must be a word"),
        ("a: !vault b\n", 1, "tags have no meaning in this file"),
        ("a: !vault [b]\n", 1, "tags have no meaning in this file"),
        ("!x a: b\n", 1, "tags have no meaning in this file"),
        ("a: 1\nb: *nowhere\n", 2, "this alias has no anchor above it"),
        ("a: &x [*x]\n", 1, "this alias has no anchor above it"),
        ("[" * 2000 + "]" * 2000, 1, "too many levels of nesting"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(text: str, line: int, problem: str) -> None:
    """Line and problem of each; nobody has to know the words of a YAML parser."""
    assert mistakes_of(text) == [(line, problem)]


def test_the_deepest_nesting_that_is_allowed_is_read() -> None:
    """The bound is where it says."""
    assert read("[" * DEEPEST_NESTING + "]" * DEEPEST_NESTING)


def test_mistakes_before_a_syntax_error_are_told_with_it() -> None:
    """The end of the reading does not hide what was found so far."""
    assert mistakes_of("a: 1\na: 2\nb: [\n") == [(2, "`a` is written twice, first in line 1"), (4, "this is not YAML")]


@pytest.mark.parametrize(
    "text", ["password: !hunter2 x", "password: *hunter2", "password: !hunter2!x y", "p: &hunter2 ["]
)
def test_no_message_shows_a_value(text: str) -> None:
    """A password without quotes may look like a tag or an alias; it is not repeated."""
    assert mistakes_of(text)
    assert "hunter2" not in str(mistakes_of(text))


@given(st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("%YAML 1.9\n---\na")
@example("a: !<x")
def test_any_text_gives_data_or_mistakes(text: str) -> None:
    """The parser's own leaks (assertions, overflows) never reach a person."""
    reader = YamlReader(FILE)
    try:
        assert reader.read(text) is not None or reader.mistakes
    except FileError as failure:
        assert failure.mistakes  # noqa: PT017 - either way is right


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb", "a\\nb"),
        ("x" * 200, "x" * LONGEST_SHOWN + "..."),
    ],
)
def test_text_in_messages_is_short_and_harmless(text: str, expected: str) -> None:
    """Nothing in a file drives the terminal that shows a message."""
    assert shown(text) == expected
