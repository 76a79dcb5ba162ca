"""Changes to what readers read: every single character, cuts, and edits of trees; and how many of them are tried.

A test tries a few, always the same ones; its heavy twin tries all, or many more.

    @BUDGETS
    def test_no_change_hides_a_finding(budget: Budget) -> None:
        for changed in budget.of(single_changes(EVENT)):
            ...
"""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

OTHERS = "0259xZ <"
"""What takes the place of a character: digits change times and numbers, the others names and the structure."""
PLAIN = st.none() | st.booleans() | st.integers(-2, 2000) | st.floats(allow_nan=False) | st.text(max_size=12)
ANY_JSON = PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.text(max_size=5), PLAIN, max_size=2)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is tried: examples of Hypothesis, and of all single changes; None means all of them."""

    examples: int
    changes: int | None

    def of(self, changes: Iterable[str]) -> Sequence[str]:
        """All of the changes, or some of them, the same in each run."""
        everything = list(changes)
        if self.changes is None or len(everything) <= self.changes:
            return everything
        return random.Random(1309).sample(everything, self.changes)  # noqa: S311 - not for secrets

    def explore(self, strategy: st.SearchStrategy[Any], holds: Callable[[Any], None]) -> None:
        """Check that it holds for as many examples, the same in each run."""
        chosen = settings(
            max_examples=self.examples,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )

        def check(example: Any) -> None:
            holds(example)

        chosen(given(strategy)(check))()


BUDGETS = pytest.mark.parametrize(
    "budget",
    [
        pytest.param(Budget(examples=25, changes=80), id="few"),
        pytest.param(Budget(examples=1000, changes=None), id="all", marks=(pytest.mark.heavy, pytest.mark.long)),
    ],
)


def single_changes(text: str, others: str = OTHERS) -> Iterator[str]:
    """The text with each of its characters left out, doubled, and replaced by others."""
    for place, character in enumerate(text):
        before, after = text[:place], text[place + 1 :]
        yield before + after
        yield before + character + character + after
        yield from (before + other + after for other in others if other != character)


def changes_of_part(text: str, part: str, others: str = OTHERS) -> Iterator[str]:
    """The single changes of a part of the text, where it first occurs."""
    before, found, after = text.partition(part)
    assert found, part
    return (before + changed + after for changed in single_changes(part, others))


def cuts(text: str) -> Iterator[str]:
    """The text cut at each character."""
    return (text[:place] for place in range(len(text)))


@st.composite
def edited_texts(draw: st.DrawFn, text: str) -> str:
    """The text after up to four edits anywhere: characters left out, doubled, replaced or put in, and a cut."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 1, 1, 2, 20])))
        piece = draw(st.sampled_from(["", text[start:end] * 2, *OTHERS, "'", ">", "\n", "\x00", "\ud800", "é", ": "]))
        text = text[:start] + piece + text[end:]
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 9)) == 0 else text


@st.composite
def edited_trees(draw: st.DrawFn, xml: str) -> str:
    """The XML after up to three edits of its elements: left out, doubled, swapped, renamed, with another text."""
    root = ET.fromstring(xml)
    for _ in range(draw(st.integers(1, 3))):
        parents = [element for element in root.iter() if len(element)]
        if parents:
            _edit_a_child(draw, draw(st.sampled_from(parents)), list(root.iter()))
    return ET.tostring(root, encoding="unicode")


def _edit_a_child(draw: st.DrawFn, parent: ET.Element, others: list[ET.Element]) -> None:
    place, other = draw(st.integers(0, len(parent) - 1)), draw(st.sampled_from(others))
    child = parent[place]
    match draw(st.sampled_from(["leave out", "double", "replace", "rename", "retext", "reattribute", "stray"])):
        case "leave out":
            parent.remove(child)
        case "double":
            parent.insert(place, copy.deepcopy(child))
        case "replace":
            parent[place] = copy.deepcopy(other)
        case "rename":
            child.tag = other.tag
        case "retext":
            child.text = other.text
        case "reattribute":
            child.attrib = dict(other.attrib)
        case _:
            child.tail = other.text


@st.composite
def edited_json(draw: st.DrawFn, data: object) -> str:
    """The data as JSON after up to three edits: values left out, of another type, or exchanged, keys renamed."""
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        places = [(owner, key) for owner in _containers_in(data) for key in _keys_of(owner)]
        if places:
            (owner, key), (from_owner, from_key) = draw(st.sampled_from(places)), draw(st.sampled_from(places))
            _edit_a_value(draw, owner, key, copy.deepcopy(from_owner[from_key]))
    return json.dumps(data)


def _edit_a_value(draw: st.DrawFn, owner: Any, key: Any, other: object) -> None:
    match draw(st.sampled_from(["leave out", "replace", "any", "rename"])):
        case "leave out":
            del owner[key]
        case "replace":
            owner[key] = other
        case "rename" if isinstance(owner, dict):
            owner[f"{key}x"] = owner.pop(key)
        case _:
            owner[key] = draw(ANY_JSON)


def _containers_in(data: Any) -> Iterator[Any]:
    if isinstance(data, dict | list):
        yield data
        for inner in data.values() if isinstance(data, dict) else data:
            yield from _containers_in(inner)


def _keys_of(owner: Any) -> list[Any]:
    return list(owner) if isinstance(owner, dict) else list(range(len(owner)))
