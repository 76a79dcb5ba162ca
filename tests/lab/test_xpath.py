"""The event log's XPath."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from moveready.lab.events import (
    MRSPROXY_IS_OFF,
    WebFault,
    WebRequest,
    record_xml,
    web_error_record,
)
from moveready.lab.xpath import matches

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
FAULT = WebFault("ex01.contoso.com", 4100, *MRSPROXY_IS_OFF, WebRequest("https://ex01/", "me", "192.0.2.1"))
EVENT = ET.fromstring(record_xml(web_error_record(7, NOON, "ASP.NET 4.0.30319.0", FAULT), "ex01.contoso.com"))


@pytest.mark.parametrize(
    "expression",
    [
        "*",
        "Event",
        "*[System]",
        "*[System[(EventID=1309)]]",
        "*[System[EventID=1309 or EventID=1310]]",
        "*[System[(EventID=1 or EventID=1309) and Level<=3]]",
        "*[System/EventID=1309]",
        "Event/System[Provider[@Name='ASP.NET 4.0.30319.0' or @Name='other']]",
        '*[System[Provider[@Name="ASP.NET 4.0.30319.0"]]]',
        "*[System[Provider/@Name!='other']]",
        "*[System[EventRecordID>6 and EventRecordID>=7 and EventRecordID<8 and EventID!=5]]",
        "*[System[TimeCreated[timediff(@SystemTime) <= 3600000]]]",
        "*[System[TimeCreated[@SystemTime>='2026-01-31T11:00:00.000Z']]]",
        "*[System[TimeCreated[@SystemTime='2026-01-31T12:00:00.000000000Z']]]",
        "*[System[EventID=1309]] and *[EventData[Data='HttpException']]",
        "*[System[EventID=1309] and EventData[Data='HttpException']]",
        "*[System[EventID=1309]][EventData[Data='HttpException']]",
        "*[EventData/Data='HttpException']",
        "  *[ System [ EventID = 1309.0 ] ]  ",
    ],
)
def test_what_is_true_of_the_event_fits(expression: str) -> None:
    """Each form that the lab knows finds the event it describes."""
    assert matches(expression, EVENT, NOON + timedelta(minutes=30))


@pytest.mark.parametrize(
    "expression",
    [
        "Other",
        "*[System[EventID=1310]]",
        "*[System[EventID=1309 and Level=4]]",
        "*[System[Provider[@Name='other']]]",
        "*[System[Provider[@Missing]]]",
        "*[System[Provider[timediff(@SystemTime) >= 0]]]",
        "*[System[TimeCreated[timediff(@SystemTime) <= 60000]]]",
        "*[System[TimeCreated[@SystemTime<'2026-01-31T11:00:00.000Z']]]",
        "*[System[Computer<5]]",
        "*[EventData[Data='Http']]",
        "*[System[EventID=1309]] and *[EventData[Data='other']]",
        "*[UserData]",
    ],
)
def test_what_is_not_true_of_the_event_does_not(expression: str) -> None:
    """The filter is evaluated, not waved through."""
    assert not matches(expression, EVENT, NOON + timedelta(minutes=30))


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "*[",
        "*[System[EventID=]]",
        "*[System[EventID=EventID]]",
        "*[System[EventID=1309]",
        "*[(System]",
        "*]",
        "//System",
        "*[System[contains(Computer, 'ex01')]]",
        "*[System[TimeCreated[timediff(@Other) <= 1]]]",
        "*[System[Computer<'now']]",
        "*[System[TimeCreated[@SystemTime>'2026-01-31']]]",
        "*[System[EventID=1309]] # comment",
    ],
)
def test_what_is_not_understood_is_refused(expression: str) -> None:
    """A filter that the lab cannot evaluate is an error, never an answer."""
    with pytest.raises(ValueError, match=r".+"):
        matches(expression, EVENT, NOON)
