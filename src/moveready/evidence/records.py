"""One record of a Windows event log, read strictly from its XML.

The XML is what `EventLogRecord.ToXml()` gives: the event schema of Microsoft, without a rendered message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from moveready.cleaning import cleaned
from moveready.evidence.xml_text import has_stray_text, tree_from

_NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)
"""How Windows writes `SystemTime`: in UTC, up to nanoseconds."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        recorded_at: With its zone, of the server's clock.
        computer: The computer that wrote it: its FQDN, or its NetBIOS name.
        provider: Name of the event source.
        event_id: Number of the event.
        values: The values of `EventData`, in their order; empty where there is none.
    """

    recorded_at: datetime
    computer: str
    provider: str
    event_id: str
    values: tuple[str, ...]


def record_from(xml: str) -> Record:
    """The record in the text; raises `ValueError` if the text is not a record."""
    try:
        event = tree_from(xml)
    except ET.ParseError as error:
        raise ValueError(f"an event is cut or is no XML: {error}") from None
    if event.tag != f"{_NAMESPACE}Event":
        raise ValueError(f"{event.tag[:80]} is no event")
    system, parts = _only(event, "System"), _at_most_one(event, "EventData")
    created, provider = _only(system, "TimeCreated"), _only(system, "Provider")
    if any(has_stray_text(element) for element in (event, system, created, provider, *parts)):
        raise ValueError("an event with text beside its elements")
    return Record(
        recorded_at=_time_of(created),
        computer=_text_of(_only(system, "Computer")),
        provider=cleaned(provider.get("Name", "")),
        event_id=_text_of(_only(system, "EventID")),
        values=tuple(_value_of(data) for part in parts for data in part),
    )


def _at_most_one(parent: ET.Element, name: str) -> list[ET.Element]:
    found = parent.findall(f"{_NAMESPACE}{name}")
    if len(found) > 1:
        raise ValueError(f"an event with {len(found)} elements {name}")
    return found


def _only(parent: ET.Element, name: str) -> ET.Element:
    found = _at_most_one(parent, name)
    if not found:
        raise ValueError(f"an event without {name}")
    return found[0]


def _time_of(element: ET.Element) -> datetime:
    text = element.get("SystemTime", "")
    if not _TIME.fullmatch(text):
        raise ValueError(f"an event whose time is not one in UTC: {cleaned(text)[:40]}")
    return datetime.fromisoformat(text)


def _text_of(element: ET.Element) -> str:
    text = cleaned(element.text or "").strip()
    if len(element) or not text:
        raise ValueError(f"an event whose {element.tag.rpartition('}')[2]} is no text")
    return text


def _value_of(data: ET.Element) -> str:
    if data.tag != f"{_NAMESPACE}Data" or len(data):
        raise ValueError("an event with a data value that is no text")
    return cleaned(data.text or "")
