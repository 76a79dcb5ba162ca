"""Turns YAML text into plain data with line numbers.

The only module that imports ruamel.yaml. It reads event by event, so that every key keeps its line, all duplicate keys
are reported at once, and plain words mean what YAML 1.2 says (`on`, `yes` and dates are text, not what YAML 1.1 made of
them). Tags (`!secret`) and keys that are not plain words have no use in our files and are mistakes; anchors and aliases
work. No message repeats a value, because it might be a password.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from moveready.errors import FileError, Mistake, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ruamel.yaml.events import Event

    Location = tuple[str | int, ...]

# Our files are three or four levels deep. The bound keeps a hostile file from exhausting the stack.
DEEPEST_NESTING = 50
LONGEST_SHOWN = 80  # characters

# YAML 1.2.2, section 10.3.2 (core schema). Longer integers are not read as integers: int() refuses thousands
# of digits.
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_FIXED_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}

# A piece of ruamel.yaml's problem, what it means, what to write instead.
_SYNTAX = (
    ("'\\t'", "a tab where YAML needs spaces", "Indent with spaces."),
    (
        "mapping values are not allowed",
        "a `key: value` where none is allowed",
        "Indent it like its neighbours, and put text that holds `: ` in quotes.",
    ),
    (
        "expected <block end>",
        "the indentation does not fit the lines above",
        "Indent all keys of a section equally.",
    ),
    ("could not find expected ':'", "a key without `:`", "Write `key: value`, with a space after the colon."),
    (
        "that cannot start any token",
        "a word begins with a character that has a meaning in YAML",
        "Put the word in quotes.",
    ),
    (
        "escape",
        'a backslash inside "double quotes" must be followed by an escape code',
        "Use 'single quotes' for text with backslashes.",
    ),
)


class YamlReader:
    """Builds plain data from the events of one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines: dict[Location, int] = {}
        self.mistakes: list[Mistake] = []
        self._anchors: dict[str, object] = {}
        self._events: Iterator[Event] = iter(())

    def read(self, text: str) -> object:
        """The data of the only document in `text`; mistakes that do not end the reading are added to `mistakes`.

        Raises:
            FileError: The text cannot be read as a whole; with the mistakes so far.
        """
        try:
            self._events = iter(YAML(typ="safe", pure=True).parse(text))
            data = self._only_document()
        except ReaderError as failure:
            line = text.count("\n", 0, failure.position) + 1
            raise self._unreadable(line, "this is a control character", "Remove it.") from None
        except MarkedYAMLError as failure:
            problem, hint = _syntax_in_words(failure.problem or "")
            mark = failure.problem_mark or failure.context_mark
            raise self._unreadable(mark.line + 1, problem, hint) from None
        except (AssertionError, OverflowError, ValueError):  # leaks of ruamel.yaml: "\U99999999", %YAML 1.9
            raise self._unreadable(0, *_syntax_in_words("")) from None
        if data is None:
            raise self._unreadable(0, "the file is empty", "Write its sections, or remove the file.")
        return data

    def _only_document(self) -> object:
        data, documents = None, 0
        for event in self._events:
            if isinstance(event, NodeEvent):
                data = self._value(event, ())
            elif isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    hint = "Remove the line `---`, or make a second file of what follows."
                    raise self._unreadable(_line_of(event), "a second YAML document begins here", hint)
        return data

    def _value(self, event: Event, location: Location) -> object:
        self.lines.setdefault(location, _line_of(event))
        if len(location) > DEEPEST_NESTING:
            raise self._unreadable(_line_of(event), "too many levels of nesting", "Close brackets that are open.")
        if isinstance(event, AliasEvent):
            return self._value_of_alias(event)
        value = self._value_itself(event, location)
        if isinstance(event, NodeEvent) and event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _value_of_alias(self, event: AliasEvent) -> object:
        if event.anchor not in self._anchors:
            self._add(event, "this alias has no anchor above it", "Put text that begins with `*` in quotes.")
        return self._anchors.get(event.anchor)

    def _value_itself(self, event: Event, location: Location) -> object:
        self._refuse_tag(event)
        if isinstance(event, MappingStartEvent):
            return self._mapping(location)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(location)
        scalar = cast("ScalarEvent", event)
        return _plain_value(scalar.value) if scalar.implicit[0] else scalar.value

    def _refuse_tag(self, event: Event) -> None:
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
            self._add(event, "tags have no meaning in this file", "Put text that begins with `!` in quotes.")

    def _sequence(self, location: Location) -> list[object]:
        values: list[object] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            values.append(self._value(event, (*location, len(values))))
        return values

    def _mapping(self, location: Location) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event)
            if key in values:
                first = self.lines[*location, key]
                self._add(event, f"`{shown(key)}` is written twice, first in line {first}", "Keep one of the two.")
                self._discarded_value(location)
            else:
                self.lines[*location, key] = _line_of(event)
                values[key] = self._value(next(self._events), (*location, key))
        return values

    def _discarded_value(self, location: Location) -> None:
        """Skip the value of a duplicate key: its own mistakes are reported, its lines are not kept."""
        kept, self.lines = self.lines, {}
        self._value(next(self._events), (*location, ""))
        self.lines = kept

    def _key(self, event: Event) -> str:
        if isinstance(event, ScalarEvent):
            self._refuse_tag(event)
            return str(event.value)
        raise self._unreadable(
            _line_of(event), "a key must be a word", "Put text that begins with [, {, & or * in quotes."
        )

    def _add(self, event: Event, problem: str, hint: str) -> None:
        self.mistakes.append(Mistake(Place(self.file, _line_of(event)), problem, hint))

    def _unreadable(self, line: int, problem: str, hint: str) -> FileError:
        return FileError([*self.mistakes, Mistake(Place(self.file, line), problem, hint)])


def shown(text: str) -> str:
    """Text of a file for a message: one short line, without control characters."""
    escaped = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    return escaped if len(escaped) <= LONGEST_SHOWN else f"{escaped[:LONGEST_SHOWN]}..."


def _line_of(event: Event) -> int:
    return int(event.start_mark.line) + 1


def _plain_value(text: str) -> object:
    """What an unquoted scalar means in the core schema of YAML 1.2."""
    if text in _FIXED_WORDS:
        return _FIXED_WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL_OR_HEX.fullmatch(text):
        return int(text, base=0)
    return float(text) if _FLOAT.fullmatch(text) else text


def _syntax_in_words(problem: str) -> tuple[str, str]:
    """Problem and hint for what ruamel.yaml calls a problem; its own words may hold text of the file."""
    for sign, words, hint in _SYNTAX:
        if sign in problem:
            return words, hint
    return "this is not YAML", "Look for a missing quote, bracket or colon here and in the line above."
