"""The part of the event log's XPath 1.0 subset that the lab knows.

    matches("*[System[(EventID=1309) and TimeCreated[timediff(@SystemTime) <= 86400000]]]", event, now)

Known: element names and `*`, steps with `/`, `@attributes`, predicates, `and`, `or`, parentheses, the six
comparisons with a text or a number, `timediff(@SystemTime)` in milliseconds. Anything else raises `ValueError`; Windows
refuses most of that too (the functions of full XPath, `//`).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from xml.etree import ElementTree as ET

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^']*'|"[^"]*")|(?P<number>\d+(?:\.\d+)?)|(?P<comparison><=|>=|!=|=|<|>)"""
    r"""|(?P<name>@?[A-Za-z_][\w.-]*|\*)|(?P<mark>[\[\]()/]))"""
)
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_END = ("end", "")

Token: TypeAlias = tuple[str, str]
Condition: TypeAlias = Callable[[ET.Element], bool]
Values: TypeAlias = Callable[[ET.Element], list[str]]
Step: TypeAlias = Callable[[list[ET.Element]], list[ET.Element]]


def condition_from(expression: str, now: datetime) -> Condition:
    """The filter as a function of an `Event` element; raises `ValueError` where it is not understood.

    Args:
        expression: The text of a `<Select>`, such as `*[System[(EventID=1309)]]`.
        now: The time from which `timediff` counts back.
    """
    parser = _Parser(list(_tokens(expression)), now)
    condition = parser.either()
    parser.expect(_END)
    return lambda event: condition(_root_of(event))


def matches(expression: str, event: ET.Element, now: datetime) -> bool:
    """Whether the event fits the filter; raises `ValueError` where the filter is not understood."""
    return condition_from(expression, now)(event)


def _root_of(event: ET.Element) -> ET.Element:
    """A parent for the event, because a filter starts with the event's own name or `*`."""
    root = ET.Element("root")
    root.append(event)
    return root


def _tokens(expression: str) -> Iterator[Token]:
    position, text = 0, expression.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise ValueError(f"unexpected character at {position}")
        yield str(found.lastgroup), found[found.lastgroup or 0]
        position = found.end()


@dataclass(slots=True)
class _Parser:
    """Recursive descent: each method takes its tokens and returns the function that judges an element."""

    tokens: list[Token]
    now: datetime
    position: int = 0

    def peek(self) -> Token:
        return self.tokens[self.position] if self.position < len(self.tokens) else _END

    def take(self, *wanted: Token) -> bool:
        """Go past the next token if it is one of these."""
        found = self.peek() in wanted
        self.position += found
        return found

    def expect(self, wanted: Token) -> None:
        if self.peek() != wanted:
            raise ValueError(f"unexpected {self.peek()[1] or 'end'}")
        self.position += 1

    def either(self) -> Condition:
        conditions = [self.both()]
        while self.take(("name", "or")):
            conditions.append(self.both())
        return lambda element: any(condition(element) for condition in conditions)

    def both(self) -> Condition:
        conditions = [self.single()]
        while self.take(("name", "and")):
            conditions.append(self.single())
        return lambda element: all(condition(element) for condition in conditions)

    def single(self) -> Condition:
        if self.take(("mark", "(")):
            condition = self.either()
            self.expect(("mark", ")"))
            return condition
        values = self.values()
        kind, sign = self.peek()
        if kind != "comparison":
            return lambda element: bool(values(element))
        self.position += 1
        return _compared(values, sign, self.operand())

    def operand(self) -> str | float:
        kind, text = self.peek()
        self.position += 1
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text)
        raise ValueError(f"a text or a number was expected, not {text or 'the end'}")

    def values(self) -> Values:
        """A path, an attribute or `timediff(@SystemTime)`: the texts it finds below an element."""
        steps: list[Step] = []
        while True:
            kind, name = self.peek()
            if kind != "name":
                raise ValueError(f"a name was expected, not {name or 'the end'}")
            self.position += 1
            if name == "timediff":
                return _below(steps, self.age_of_attribute())
            if name.startswith("@"):
                return _below(steps, _attribute(name[1:]))
            steps.append(self.step(name))
            if not self.take(("mark", "/")):
                return _below(steps, lambda element: ["".join(element.itertext())])

    def step(self, name: str) -> Step:
        conditions = []
        while self.take(("mark", "[")):
            conditions.append(self.either())
            self.expect(("mark", "]"))
        return lambda elements: [
            child
            for element in elements
            for child in element
            if name in {"*", child.tag.rpartition("}")[2]} and all(holds(child) for holds in conditions)
        ]

    def age_of_attribute(self) -> Values:
        self.expect(("mark", "("))
        self.expect(("name", "@SystemTime"))
        self.expect(("mark", ")"))
        now = self.now

        def age(element: ET.Element) -> list[str]:
            moment = element.get("SystemTime")
            return [] if moment is None else [str((now - datetime.fromisoformat(moment)) / timedelta(milliseconds=1))]

        return age


def _attribute(name: str) -> Values:
    return lambda element: [element.attrib[name]] if name in element.attrib else []


def _below(steps: list[Step], values: Values) -> Values:
    def found(element: ET.Element) -> list[str]:
        elements = [element]
        for step in steps:
            elements = step(elements)
        return [value for element in elements for value in values(element)]

    return found


def _compared(values: Values, sign: str, operand: str | float) -> Condition:
    """A comparison holds if it holds for any of the values (XPath 1.0, 3.4)."""
    return lambda element: any(_holds(value, sign, operand) for value in values(element))


def _holds(value: str, sign: str, operand: str | float) -> bool:
    """Texts are compared only for equality, times by their order; a number is compared only with numbers."""
    if isinstance(operand, str):
        if sign in {"=", "!="}:
            return (value == operand) == (sign == "=")
        return _COMPARISONS[sign](_instant(value), _instant(operand))
    try:
        return _COMPARISONS[sign](float(value), operand)
    except ValueError:
        return False


def _instant(text: str) -> float:
    """A time as seconds; raises `ValueError` if it is not a time with a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment.timestamp()
