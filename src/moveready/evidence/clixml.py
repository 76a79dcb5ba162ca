"""Strict reading of one CLIXML object (MS-PSRP 2.2.5). May import nothing of moveready.

Nothing is guessed: a boolean is `<B>true</B>` or `<B>false</B>` and nothing else, a text is `<S>` or the `<ToString>`
of an object. Whatever else stands there raises `ValueError`, because a misread flag is worse than none.
"""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree import ElementTree as ET

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class RemoteObject:
    """One object of an answer; its properties are read by the type that is expected of them."""

    __slots__ = ("_properties",)

    def __init__(self, element: ET.Element) -> None:
        """Index the adapted (`Props`) and the extended (`MS`) properties by name."""
        self._properties = {
            name: child
            for part in element
            if _tag(part) in {"Props", "MS"}
            for child in part
            if (name := child.get("N")) is not None
        }

    def boolean(self, name: str) -> bool:
        """The property as a boolean (MS-PSRP 2.2.5.1.3); raises `ValueError` where it is none."""
        element = self._element(name)
        if _tag(element) != "B" or element.text not in {"true", "false"}:
            raise ValueError(f"{name} is not a boolean: {_shown(element)}")
        return element.text == "true"

    def text(self, name: str) -> str:
        """The property as a text, of an object its `ToString`; raises `ValueError` where it has none."""
        element = self._element(name)
        source = element if _tag(element) == "S" else _child(element, "ToString")
        if source is None:
            raise ValueError(f"{name} is not a text: {_shown(element)}")
        return unescaped(source.text or "")

    def moment(self, name: str) -> datetime:
        """The property as a time with its zone (MS-PSRP 2.2.5.1.4); raises `ValueError` where it has none."""
        element = self._element(name)
        moment = datetime.fromisoformat(element.text or "") if _tag(element) == "DT" else None
        if moment is None or moment.tzinfo is None:
            raise ValueError(f"{name} is not a time with a zone: {_shown(element)}")
        return moment

    def _element(self, name: str) -> ET.Element:
        if name not in self._properties:
            raise ValueError(f"the answer has no property {name}")
        return self._properties[name]


def object_from(clixml: str) -> RemoteObject:
    """The object of a CLIXML text `<Obj>...</Obj>`; raises `ValueError` where it is no such text."""
    element = _parsed(clixml)
    if _tag(element) != "Obj":
        raise ValueError(f"an object was expected, not {_shown(element)}")
    return RemoteObject(element)


def text_from(clixml: str) -> str:
    """The text of a CLIXML string `<S>...</S>`; raises `ValueError` where it is no such string."""
    element = _parsed(clixml)
    if _tag(element) != "S":
        raise ValueError(f"a text was expected, not {_shown(element)}")
    return unescaped(element.text or "")


def unescaped(text: str) -> str:
    """The text without CLIXML's `_xHHHH_` escapes for control characters (MS-PSRP 2.2.5.3.2)."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def _parsed(clixml: str) -> ET.Element:
    try:
        return ET.fromstring(clixml)  # noqa: S314 - expat bounds entity expansion, and external entities are not read
    except ET.ParseError as error:
        raise ValueError(f"the answer is cut or is no XML: {error}") from None


def _child(element: ET.Element, tag: str) -> ET.Element | None:
    return next((child for child in element if _tag(child) == tag), None)


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _shown(element: ET.Element) -> str:
    return f"<{_tag(element)}>{(element.text or '').strip()[:40]}"
