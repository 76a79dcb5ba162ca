"""Objects as PowerShell writes them on the wire: CLIXML (MS-PSRP 2.2.5).

    rendered(Thing(types=("Some.Type", "System.Object"), properties=(("Name", "EX01"),)))

Enums keep their names and objects their `ToString`, which a round trip through a PSRP library loses. `PSComputerName`,
`RunspaceId` and `PSShowComputerName` of recorded objects are left out: the receiving PowerShell adds those three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEEDS_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Plain:
    """A primitive for which Python has no type; `tag` as in MS-PSRP 2.2.5.1 (`By`, `U32`, `G`, `URI`)."""

    tag: str
    text: str


@dataclass(frozen=True, slots=True)
class Raw:
    """Raw elements, `N` included, in place of a property; for data that no correct server sends."""

    xml: str


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A complex object (MS-PSRP 2.2.5.2). The same Thing a second time in a tree is a `<Ref>`.

    Attributes:
        types: .NET type names, the most derived first; none for the messages of PSRP themselves.
        text: Its `ToString`; None if it has none.
        value: The number of an enum.
        properties: Adapted properties (`<Props>`).
        items: Elements of a list (`<LST>`); None if it is not a list.
        entries: Keys and values of a dictionary (`<DCT>`); None if it is not a dictionary.
        notes: Note properties (`<MS>`).
        methods: Methods without arguments and their results; they are not sent.
    """

    types: tuple[str, ...]
    text: str | None = None
    value: int | None = None
    properties: tuple[tuple[str, Value], ...] = ()
    items: tuple[Value, ...] | None = None
    entries: tuple[tuple[Value, Value], ...] | None = None
    notes: tuple[tuple[str, Value], ...] = ()
    methods: tuple[tuple[str, Value], ...] = ()

    def member(self, name: str) -> Value:
        """The property or the result of the method of that name, ignoring case; None if there is none."""
        wanted = name.lower()
        members = (*self.properties, *self.notes, *self.methods)
        return next((value for known, value in members if known.lower() == wanted), None)

    def spelling(self, name: str) -> str:
        """The name of a property in the object's own spelling; unchanged if the object has no such property."""
        known = (*self.properties, *self.notes)
        return next((spelled for spelled, _ in known if spelled.lower() == name.lower()), name)


Value: TypeAlias = bool | int | float | str | datetime | Plain | Raw | Thing | None


def rendered(value: Value) -> str:
    """The CLIXML of one value, without surrounding `<Objs>`, as a PIPELINE_OUTPUT message carries it."""
    return _Renderer().element(value, None)


def escaped(text: str) -> str:
    """Text as CLIXML carries it: control characters as `_xHHHH_` (MS-PSRP 2.2.5.3.2), then XML's escapes."""
    return escape(without_controls(text))


def without_controls(text: str) -> str:
    """Text with control characters as `_xHHHH_`, for a caller that escapes XML itself."""
    return _NEEDS_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def moment_text(moment: datetime) -> str:
    """A time as .NET writes it: no trailing zeros in the fraction, `Z` for UTC (MS-PSRP 2.2.5.1.4)."""
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    zone = moment.isoformat()[-6:] if moment.utcoffset() else "Z"
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{zone}"


class _Renderer:
    """Renders one message: it numbers objects and lists of types, and refers to those that were written before."""

    def __init__(self) -> None:
        self._objects: dict[int, int] = {}
        self._types: dict[tuple[str, ...], int] = {}

    def element(self, value: Value, name: str | None) -> str:
        named = "" if name is None else f" N={quoteattr(without_controls(name))}"
        if value is None:
            return f"<Nil{named} />"
        if isinstance(value, Raw):
            return value.xml
        if isinstance(value, Thing):
            return self._thing(value, named)
        tag, text = _primitive(value)
        return f"<{tag}{named}>{text}</{tag}>"

    def _thing(self, thing: Thing, named: str) -> str:
        if id(thing) in self._objects:
            return f'<Ref{named} RefId="{self._objects[id(thing)]}" />'
        number = self._objects.setdefault(id(thing), len(self._objects))
        parts = [self._type_names(thing.types)] if thing.types else []
        if thing.text is not None:
            parts.append(f"<ToString>{escaped(thing.text)}</ToString>")
        if thing.value is not None:
            parts.append(f"<I32>{thing.value}</I32>")
        if thing.properties:
            parts.append(f"<Props>{self._members(thing.properties)}</Props>")
        if thing.items is not None:
            parts.append(f"<LST>{''.join(self.element(item, None) for item in thing.items)}</LST>")
        if thing.entries is not None:
            parts.append(f"<DCT>{''.join(self._entry(*entry) for entry in thing.entries)}</DCT>")
        if thing.notes:
            parts.append(f"<MS>{self._members(thing.notes)}</MS>")
        return f'<Obj{named} RefId="{number}">{"".join(parts)}</Obj>'

    def _entry(self, key: Value, value: Value) -> str:
        return f"<En>{self.element(key, 'Key')}{self.element(value, 'Value')}</En>"

    def _members(self, members: Iterable[tuple[str, Value]]) -> str:
        return "".join(self.element(value, name) for name, value in members)

    def _type_names(self, types: tuple[str, ...]) -> str:
        if types in self._types:
            return f'<TNRef RefId="{self._types[types]}" />'
        number = self._types.setdefault(types, len(self._types))
        names = "".join(f"<T>{escaped(name)}</T>" for name in types)
        return f'<TN RefId="{number}">{names}</TN>'


def _primitive(value: bool | float | str | datetime | Plain) -> tuple[str, str]:
    """Tag and text of a primitive (MS-PSRP 2.2.5.1). A bool is an int in Python, so it is asked for first."""
    match value:
        case bool():
            return "B", str(value).lower()
        case int():
            return "I32", str(value)
        case float():
            return "Db", f"{value:.15g}"
        case str():
            return "S", escaped(value)
        case datetime():
            return "DT", moment_text(value)
    return value.tag, escaped(value.text)


def enum_value(kind: str, name: str, number: int) -> Thing:
    """A .NET enum: its name as `ToString`, its number as value."""
    return Thing((kind, "System.Enum", "System.ValueType", "System.Object"), text=name, value=number)
