"""The Application log's records."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from moveready.lab.events import (
    MRSPROXY_IS_OFF,
    NAMESPACE,
    LogRecord,
    WebFault,
    WebRequest,
    asp_net_provider,
    is_mrsproxy_off,
    ordinary_record,
    record_xml,
    web_error_record,
)

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
NAMES = {"e": NAMESPACE}
REQUEST = WebRequest("https://ex01.contoso.com:443/EWS/mrsproxy.svc", "CONTOSO\\mover", "192.0.2.17")


def attributes(event: ET.Element, name: str) -> dict[str, str]:
    """The attributes of an element of `System`."""
    return {key: value for element in event.iterfind(f"e:System/e:{name}", NAMES) for key, value in element.items()}


def web_error(exception: str, message: str) -> LogRecord:
    """An event 1309 of ex01 about this exception."""
    fault = WebFault("ex01.contoso.com", 4100, exception, message, REQUEST)
    return web_error_record(2, NOON, asp_net_provider(exchange_2010=False), fault)


def test_the_event_has_asp_nets_thirty_values() -> None:
    """Each value stands at the place where ASP.NET writes it."""
    data = web_error(*MRSPROXY_IS_OFF).data

    assert len(data) == 30
    assert (data[0], data[10], data[14], data[15], data[17]) == ("3005", "/EWS", "4100", "w3wp.exe", "HttpException")
    assert data[18].startswith("MRS proxy service is disabled\n   at ")
    assert (data[19], data[21], data[22]) == (REQUEST.url, REQUEST.client_address, REQUEST.user)


def test_the_event_tells_local_time_and_utc() -> None:
    """Value 2 is the server's local time, value 3 is UTC."""
    assert web_error(*MRSPROXY_IS_OFF).data[2:4] == ("01/31/2026 01:00:00 PM", "01/31/2026 12:00:00 PM")


def test_mrsproxys_event_is_told_by_type_and_message() -> None:
    """Any ASP.NET application writes 1309; only this one is about MRSProxy."""
    assert is_mrsproxy_off(web_error(*MRSPROXY_IS_OFF))
    assert not is_mrsproxy_off(web_error("HttpException", "File not found"))
    assert not is_mrsproxy_off(web_error("InvalidOperationException", MRSPROXY_IS_OFF[1]))
    assert not is_mrsproxy_off(ordinary_record(1, NOON, "ex01.contoso.com"))


def test_exchange_2010_writes_as_another_provider() -> None:
    """Exchange 2010 runs on ASP.NET 2.0."""
    assert asp_net_provider(exchange_2010=True) == "ASP.NET 2.0.50727.0"
    assert asp_net_provider(exchange_2010=False) == "ASP.NET 4.0.30319.0"


def test_the_xml_says_what_the_record_says() -> None:
    """System and EventData carry the record, and special characters survive."""
    event = ET.fromstring(record_xml(web_error("HttpException", "a < b & c"), "ex01.contoso.com"))

    assert attributes(event, "Provider") == {"Name": "ASP.NET 4.0.30319.0"}
    assert event.findtext("e:System/e:EventID", namespaces=NAMES) == "1309"
    assert attributes(event, "TimeCreated") == {"SystemTime": "2026-01-31T12:00:00.000000000Z"}
    assert "a < b & c\n" in [(data.text or "")[:10] for data in event.iterfind("e:EventData/e:Data", NAMES)]


def test_an_ordinary_record_is_information() -> None:
    """Its level is 4, and its qualifiers say so too."""
    event = ET.fromstring(record_xml(ordinary_record(1, NOON, "ex01.contoso.com"), "ex01.contoso.com"))

    assert event.findtext("e:System/e:Level", namespaces=NAMES) == "4"
    assert attributes(event, "EventID") == {"Qualifiers": "16388"}
