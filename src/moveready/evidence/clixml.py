"""Strict reading of one CLIXML object (MS-PSRP 2.2.5).

Nothing is guessed: a boolean is `<B>true</B>` or `<B>false</B>` and nothing else, a text is `<S>` or the `<ToString>`
of an object. Elements have no namespace, as on the wire, or that of `Export-Clixml`. Anything else raises `ValueError`
when it is read. So does a property that occurs twice, and every property of an object with text beside its elements; as
in PowerShell, the case of a property's name does not matter. A misread flag is worse than no flag. Characters that
could harm a report are removed from texts.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from moveready.cleaning import cleaned
from moveready.evidence.xml_text import has_stray_text, tree_from

if TYPE_CHECKING:
    from collections.abc import Collection

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NAMESPACE = "{http://schemas.microsoft.com/powershell/2004/04}"
_TEXT = "S"
_WHOLE_NUMBERS = frozenset({"I16", "U16", "I32", "U32", "I64", "U64"})
_DIGITS = re.compile(r"-?[0-9]{1,20}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


class _Property(NamedTuple):
    """What is read of a property: its element's tag and text, and the text of the only `<ToString>` in it.

    The text is None if the element contains other elements; the `<ToString>` is None if there are two, or if there is
    text beside it.
    """

    tag: str
    text: str | None
    to_string: str | None

    @property
    def shown(self) -> str:
        return cleaned(f"<{self.tag[:80]}>{(self.text or '').strip()[:40]}")


class RemoteObject:
    """One object of an answer; each property is read as the type that is expected."""

    __slots__ = ("_has_stray_text", "_properties", "_repeated")

    def __init__(self, element: ET.Element, names: Collection[str] | None = None) -> None:
        """Index the adapted (`Props`) and the extended (`MS`) properties by name; the element itself is not kept.

        Args:
            element: The object.
            names: The properties to keep; all of them if left out.
        """
        self._properties: dict[str, _Property] = {}
        self._repeated: set[str] = set()
        wanted = None if names is None else {name.lower() for name in names}
        parts = [part for part in element if _tag(part) in {"Props", "MS"}]
        self._has_stray_text = any(has_stray_text(part) for part in (element, *parts))
        for child in (child for part in parts for child in part):
            name = child.get("N", "").lower()
            if not name or (wanted is not None and name not in wanted):
                continue
            if name in self._properties:
                self._repeated.add(name)
            self._properties[name] = _property_from(child)

    def is_null(self, name: str) -> bool:
        """Whether the property is `$null` (MS-PSRP 2.2.5.1.10); raises `ValueError` where the answer has none."""
        found = self._property(name)
        return found.tag == "Nil" and found.text == ""

    def boolean(self, name: str) -> bool:
        """The property as a boolean (MS-PSRP 2.2.5.1.3); raises `ValueError` where it is none."""
        found = self._property(name)
        if found.tag != "B" or found.text not in {"true", "false"}:
            raise ValueError(f"{name} is not a boolean: {found.shown}")
        return found.text == "true"

    def text(self, name: str) -> str:
        """The property as a text, of an object its `ToString`; raises `ValueError` where it has none."""
        return _text_of(name, self._property(name))

    def claimed(self, name: str) -> str | None:
        """The text as `text` gives it, even of an object that must not be judged; None where it has none.

        It tells whose the object may be, and nothing else.
        """
        try:
            return _text_of(name, self._one(name))
        except ValueError:
            return None

    def moment(self, name: str) -> datetime:
        """The property as a time with its zone (MS-PSRP 2.2.5.1.4); raises `ValueError` where it has none."""
        found = self._property(name)
        if found.tag != "DT" or not _MOMENT.fullmatch(found.text or ""):
            raise ValueError(f"{name} is not a time with a zone: {found.shown}")
        return datetime.fromisoformat(found.text or "")

    def number(self, name: str) -> int:
        """The property as a whole number (MS-PSRP 2.2.5.1.8 to 2.2.5.1.13); raises `ValueError` where it is none."""
        found = self._property(name)
        if found.tag not in _WHOLE_NUMBERS or not _DIGITS.fullmatch(found.text or ""):
            raise ValueError(f"{name} is not a whole number: {found.shown}")
        return int(found.text or "")

    def _property(self, name: str) -> _Property:
        if self._has_stray_text:
            raise ValueError("the answer has text beside its elements")
        return self._one(name)

    def _one(self, name: str) -> _Property:
        key = name.lower()
        if key not in self._properties:
            raise ValueError(f"the answer has no property {name}")
        if key in self._repeated:
            raise ValueError(f"the answer has the property {name} twice")
        return self._properties[key]


def object_from(clixml: str, names: Collection[str] | None = None) -> RemoteObject:
    """The object of a CLIXML text `<Obj>...</Obj>`, with these properties; raises `ValueError` for any other text."""
    element = _parsed(clixml)
    if _tag(element) != "Obj":
        raise ValueError(f"an object was expected, not {_property_from(element).shown}")
    return RemoteObject(element, names)


def text_from(clixml: str) -> str:
    """The text of a CLIXML string `<S>...</S>`; raises `ValueError` where it is no such string."""
    found = _property_from(_parsed(clixml))
    if found.tag != _TEXT or found.text is None:
        raise ValueError(f"a text was expected, not {found.shown}")
    return unescaped(found.text)


def unescaped(text: str) -> str:
    """The text without CLIXML's `_xHHHH_` escapes (MS-PSRP 2.2.5.3.2), cleaned of the characters that they encoded."""
    return cleaned(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text))


def _parsed(clixml: str) -> ET.Element:
    try:
        return tree_from(clixml)
    except ET.ParseError as error:
        raise ValueError(f"the answer is cut or is no XML: {error}") from None


def _property_from(element: ET.Element) -> _Property:
    to_strings = [_text_in(child) for child in element if _tag(child) == "ToString"]
    is_plain = len(to_strings) == 1 and not has_stray_text(element)
    return _Property(_tag(element), _text_in(element), to_strings[0] if is_plain else None)


def _text_of(name: str, found: _Property) -> str:
    text = found.text if found.tag == _TEXT else found.to_string
    if text is None:
        raise ValueError(f"{name} is not a text: {found.shown}")
    return unescaped(text)


def _text_in(element: ET.Element) -> str | None:
    """The element's text; None if it contains other elements."""
    return None if len(element) else element.text or ""


def _tag(element: ET.Element) -> str:
    """The element's name; a name of a foreign namespace keeps its prefix, so it never equals one of ours."""
    return element.tag.removeprefix(_NAMESPACE)
