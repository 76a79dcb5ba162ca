"""Each event 1309 is placed by its data values; what cannot be placed is an error, never silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from moveready.evidence.records import Record
from moveready.kb.kb3063913.placing import Owner, is_written_by, message_of, owner_of

LITERAL = "MRS proxy service is disabled"
STACK = "\n   at Some.Method()"


def record(message: str = LITERAL + STACK, path: str = "/EWS/mrsproxy.svc", url: str | None = None) -> Record:
    """An event in ASP.NET's known form; synthetic, as far as its values matter."""
    asked = url or f"https://ex01.contoso.com:443{path}"
    application = "/" + path.split("/")[1]
    values = ["3005", *[""] * 9, application, *[""] * 6, "HttpException", message, asked, path, *[""] * 9]
    return Record(datetime(2026, 3, 2, tzinfo=UTC), "ex01.contoso.com", "ASP.NET 4.0.30319.0", "1309", tuple(values))


def of_process(number: str, found: Record | None = None) -> Record:
    """The same event, written by a process with this id."""
    values = list((found or record()).values)
    values[14] = number
    return replace(found or record(), values=tuple(values))


def moved(found: Record, place: int) -> Record:
    """The same with its message at another place."""
    values = list(found.values)
    values.insert(place, values.pop(18))
    return replace(found, values=tuple(values))


def test_article_s_event_is_mrsproxys() -> None:
    """By the literal of the article."""
    assert owner_of(record()) is Owner.MRSPROXY
    assert message_of(record()) == LITERAL


@pytest.mark.parametrize("place", [0, 1, 17, 19, 29])
def test_literal_is_found_at_any_place(place: int) -> None:
    """The order of the values was never seen on a real event."""
    assert owner_of(moved(record(), place)) is Owner.MRSPROXY


@pytest.mark.parametrize("count", [2, 19, 31, 40])
def test_literal_is_found_among_any_number_of_values(count: int) -> None:
    """A service pack may add or take away some."""
    values = ("HttpException", LITERAL + STACK, *[""] * (count - 2))

    assert owner_of(replace(record(), values=values)) is Owner.MRSPROXY


def test_literal_behind_another_line_is_found() -> None:
    """.NET writes an inner exception on a line of its own."""
    assert owner_of(record(f"Outer.\n  {LITERAL}")) is Owner.MRSPROXY


@pytest.mark.parametrize("message", [LITERAL + STACK, "Der MRS-Proxydienst ist deaktiviert.", ""])
def test_marked_request_is_ours(message: str) -> None:
    """Whatever the event says: nobody's move carries our mark."""
    assert owner_of(record(message, url="https://ex01:443/EWS/mrsproxy.svc?moveready=0123abcd")) is Owner.OURS


@pytest.mark.parametrize("path", ["/owa/auth/logon.aspx", "/EWS/Exchange.asmx", "/Autodiscover/x.svc", "/ecp/"])
def test_other_requests_are_anothers(path: str) -> None:
    """Any ASP.NET application writes 1309, and any page of EWS does."""
    assert owner_of(record("The file does not exist.", path)) is Owner.OTHER


def test_literal_in_a_url_is_no_finding() -> None:
    """A URL that somebody made up must not look like a disabled MRSProxy."""
    path = f"/owa/{LITERAL}"

    assert owner_of(record(f"The file '{path}' does not exist.", path)) is Owner.OTHER


@pytest.mark.parametrize("path", ["/EWS/mrsproxy.svc", "/ews/MRSProxy.svc/", "/EWS/mrsproxy.svc/WSSecurity"])
def test_another_text_about_mrsproxy_cannot_be_placed(path: str) -> None:
    """It may be the article's in another language."""
    with pytest.raises(ValueError, match=r"says `Der MRS-Proxydienst ist deaktiviert\.`"):
        owner_of(record("Der MRS-Proxydienst ist deaktiviert." + STACK, path))


@pytest.mark.parametrize("count", [1, 18, 29, 31])
def test_another_number_of_values_cannot_be_placed(count: int) -> None:
    """Without the known form nobody knows what it is about."""
    with pytest.raises(ValueError, match=f"{count} data values"):
        owner_of(replace(record(), values=("HttpException", *[""] * (count - 1))))


@pytest.mark.parametrize("place", [10, 17, 20])
def test_another_order_cannot_be_placed(place: int) -> None:
    """Each value that is relied on must look like what it should be."""
    values = list(record("Another.", "/owa/x.aspx").values)
    values[place], values[5] = "else", "HttpException"

    with pytest.raises(ValueError, match="not in the order"):
        owner_of(replace(record(), values=tuple(values)))


@pytest.mark.parametrize(
    "changes",
    [{"values": ()}, {"values": ("SqlException", LITERAL)}, {"event_id": "1310"}, {"provider": "Application Error"}],
    ids=str,
)
def test_event_that_was_not_asked_for_is_told(changes: dict[str, Any]) -> None:
    """The server's filter did not do what it was told, so its silence proves nothing."""
    with pytest.raises(ValueError, match="not asked for"):
        owner_of(replace(record(), **changes))


def test_exchange_2010_s_provider_is_known() -> None:
    """It runs on ASP.NET 2.0."""
    assert owner_of(replace(record(), provider="ASP.NET 2.0.50727.0")) is Owner.MRSPROXY


@pytest.mark.parametrize("place", [0, 18, 25, 29])
def test_another_request_s_event_that_names_mrsproxy_cannot_be_placed(place: int) -> None:
    """Its stack trace names it even if its text is another."""
    values = list(record("Deaktiviert.", "/EWS/Exchange.asmx").values)
    values[place] = "at Microsoft.Exchange.HttpProxy.MrsProxyRequestHandler.Check()"

    with pytest.raises(ValueError, match=r"it is about /EWS/Exchange\.asmx"):
        owner_of(replace(record(), values=tuple(values)))


def test_url_that_names_mrsproxy_is_anybodys() -> None:
    """Whoever asks for a page chooses its URL."""
    assert owner_of(record("File does not exist.", "/owa/x.aspx", "https://ex01/owa/?a=mrsproxy")) is Owner.OTHER


def test_process_is_known_by_its_place() -> None:
    """Other numbers of a known event mean something else."""
    assert is_written_by(of_process("4728"), {4, 4728})
    assert not is_written_by(of_process("4728"), {3005})


def test_process_is_looked_for_everywhere_in_another_form() -> None:
    """As the literal is."""
    assert is_written_by(moved(of_process("4728"), 3), {4728})
    assert not is_written_by(moved(of_process("4728"), 3), {4732})
