"""A record of the event log is read strictly from its XML."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moveready.evidence.records import Record, record_from

XML = """<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='ASP.NET'/>
<EventID Qualifiers='32768'>1309</EventID><TimeCreated SystemTime='2026-03-02T11:00:00.1234567Z'/>
<Computer>ex01.contoso.com</Computer></System><EventData><Data>a</Data><Data Name='b'/></EventData></Event>"""


def test_record_is_read() -> None:
    """Time, computer, source, number and values in their order."""
    at = datetime(2026, 3, 2, 11, 0, 0, 123456, tzinfo=UTC)

    assert record_from(XML) == Record(at, "ex01.contoso.com", "ASP.NET", "1309", ("a", ""))


def test_record_without_values_is_one() -> None:
    """Some write `UserData`, and some nothing."""
    assert record_from(XML.replace("EventData", "UserData")).values == ()


def test_control_characters_of_a_value_become_visible() -> None:
    """XML may carry what no terminal should be shown."""
    assert record_from(XML.replace("<Data>a", "<Data>a&#x9B;31m\u202e")).values[0] == "a\ufffd31m\ufffd"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2004/08/events/event", "2004/08/events/other"),
        ("<Event ", "<x:Event xmlns:x='urn:x' "),
        ("</System>", "<Computer>ex02</Computer></System>"),
        ("</System>", "</System><System/>"),
        ("</EventData>", "</EventData><EventData/>"),
        ("<Computer>ex01.contoso.com</Computer>", ""),
        ("ex01.contoso.com", ""),
        ("ex01.contoso.com", "ex01<x/>"),
        ("1309", ""),
        ("<Data>a", "<Data>a<x/>"),
        ("<Data>a</Data>", "<Datum>a</Datum>"),
        ("<Data>a</Data>", "<Data xmlns='urn:x'>a</Data>"),
        ("<Provider Name='ASP.NET'/>", ""),
        ("11:00:00.1234567Z", "11:00:00"),
        ("2026-03-02T11:00:00.1234567Z", "yesterday"),
        (" SystemTime='2026-03-02T11:00:00.1234567Z'", ""),
        ("</Event>", ""),
        ("</Event>", "x</Event>"),
        ("</System>", "x</System>"),
        ("</EventData>", "x</EventData>"),
        ("<Provider Name='ASP.NET'/>", "<Provider Name='ASP.NET'>x</Provider>"),
        ("2026-03-02T11:00:00.1234567Z", "20260302T110000Z"),
        ("1234567Z", "1234567+00:00"),
    ],
)
def test_what_is_no_record_raises(old: str, new: str) -> None:
    """Cut, of another namespace, twice, with elements where text belongs, without a time or a name."""
    assert old in XML
    with pytest.raises(ValueError, match=r".+"):
        record_from(XML.replace(old, new, 1))
