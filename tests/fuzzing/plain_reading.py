"""A second reading of what servers send, by other means than ours: a DOM, `strptime`, and the plainest rule.

It knows nothing of what could go wrong. It is compared with our own reading only where that has succeeded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.dom import minidom

if TYPE_CHECKING:
    from collections.abc import Mapping

LITERAL = "MRS proxy service is disabled"


@dataclass(frozen=True, slots=True)
class PlainEvent:
    """What an event says."""

    recorded_at: datetime
    computer: str
    says_disabled: bool
    is_ours: bool


def text_of(element: Any) -> str:
    """All text inside an element."""
    return "".join(node.data if node.nodeType != node.ELEMENT_NODE else text_of(node) for node in element.childNodes)


def children(element: Any, name: str) -> list[Any]:
    """The elements of that name right below an element."""
    return [node for node in element.childNodes if getattr(node, "localName", None) == name]


def string_in(clixml: str) -> str:
    """The text of a CLIXML string; a character that no XML may have is shown, so that the rest can be read."""
    raw = text_of(minidom.parseString(clixml.encode()).documentElement)  # noqa: S318 - our own, changed
    units = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), raw)
    text = units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


def event_in(xml: str) -> PlainEvent:
    """What the XML of an event says."""
    event = minidom.parseString(xml.encode()).documentElement  # noqa: S318 - our own, changed
    (system,) = children(event, "System")
    (created,), (computer,) = children(system, "TimeCreated"), children(system, "Computer")
    values = [text_of(value) for part in children(event, "EventData") for value in children(part, "Data")]
    return PlainEvent(
        recorded_at=moment_in(created.getAttribute("SystemTime")),
        computer=text_of(computer).strip(),
        says_disabled=any(line.strip().startswith(LITERAL) for value in values for line in value.split("\n")),
        is_ours=any(
            re.search(r"^https?:\S+[?&]moveready=[0-9a-f]{8,32}([&#]\S*)?$", value.strip()) for value in values
        ),
    )


def moment_in(text: str) -> datetime:
    """A time as XML writes it, to the microsecond."""
    whole, _, rest = text.partition(".")
    digits, zone = re.fullmatch(r"(\d*)(.*)", rest).groups() if rest else ("", whole[19:])  # type: ignore[union-attr] # it fits any text
    local = datetime.strptime(whole[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    offset = timedelta() if zone == "Z" else timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return local + timedelta(microseconds=int(digits[:6].ljust(6, "0") or 0)) - (offset if zone[0] != "-" else -offset)


def properties_in(clixml: str) -> Mapping[str, tuple[str, str]]:
    """The tag and the text of each property of an object; of an object inside it, the text of its `ToString`.

    A property that stands there twice has neither.
    """
    root = minidom.parseString(clixml.encode()).documentElement  # noqa: S318 - our own, changed
    assert root is not None
    parts = [*children(root, "Props"), *children(root, "MS")]
    found: dict[str, tuple[str, str]] = {}
    for child in (child for part in parts for child in part.childNodes if child.nodeType == child.ELEMENT_NODE):
        inner = children(child, "ToString")
        name, value = child.getAttribute("N").lower(), (child.localName, text_of(inner[0] if inner else child))
        found[name] = ("", "") if name in found else value
    return found


def must_say(found: Any, said: Any) -> None:
    """Check that all that was said is found again; what was left out has its usual value."""
    if isinstance(said, dict):
        assert said.keys() <= found.keys()
        for key, value in said.items():
            must_say(found[key], value)
    elif isinstance(said, list):
        assert len(found) == len(said)
        for one, other in zip(found, said, strict=True):
            must_say(one, other)
    elif isinstance(said, str) and found != said:
        assert datetime.fromisoformat(found) == datetime.fromisoformat(said)
    else:
        assert type(found) is type(said) or {type(found), type(said)} == {int, float}
        assert found == said
