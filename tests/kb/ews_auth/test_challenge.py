"""The schemes of a 401 are read, and count only where the 401 is this server's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import UnexpectedAnswerError
from moveready.kb.ews_auth.challenge import EwsChallenge, read_challenge

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., EwsChallenge]

URL = "https://ex01.contoso.com/EWS/mrsproxy.svc"
BEARER = 'Bearer client_id="00000002", trusted_issuers="00000001-0000@*", token_types="app_asserted_user_v1 service"'


@pytest.fixture
def read(http_answer: Callable[..., Any]) -> Read:
    """What the reader makes of a 401 with these schemes."""

    def build(offered: str | None = "Negotiate, NTLM", status: int = 401, **headers: str) -> EwsChallenge:
        asked = {} if offered is None else {"www_authenticate": offered}
        return read_challenge(http_answer(status, **asked, **{"x_feserver": "EX01", **headers}), URL)

    return build


@pytest.mark.parametrize(
    ("offered", "schemes", "windows"),
    [
        ("Negotiate, NTLM", ("Negotiate", "NTLM"), True),
        ("Negotiate,NTLM", ("Negotiate", "NTLM"), True),
        ("ntlm", ("ntlm",), True),
        ("NEGOTIATE", ("NEGOTIATE",), True),
        (f"{BEARER}, Negotiate", ("Bearer", "Negotiate"), True),
        (f"NTLM, {BEARER}", ("NTLM", "Bearer"), True),
        ('Basic realm="Negotiate, NTLM"', ("Basic",), False),
        ('Basic realm=", NTLM"', ("Basic",), False),
        (BEARER, ("Bearer",), False),
        ("Negotiate oYG2+/==, NTLM", ("Negotiate", "NTLM"), True),
        ("Digest realm=x, nonce=NTLM", ("Digest",), False),
        ("Negotiate abc~", ("Negotiate",), True),
        ('Basic realm="a\\", Negotiate, \\"b"', ("Basic",), False),
        ('Digest qop="auth", NTLM =1', ("Digest",), False),
        ("Negotiate,, NTLM,", ("Negotiate", "NTLM"), True),
        ("", (), False),
        (None, (), False),
    ],
)
def test_schemes_are_read_and_nothing_else(
    read: Read, offered: str | None, schemes: tuple[str, ...], windows: bool
) -> None:
    """A realm may say anything; a parameter is no scheme."""
    found = read(offered)

    assert (found.schemes, found.offers_windows_login) == (schemes, windows)


@pytest.mark.parametrize(
    "offered",
    [
        'Basic realm="x, Negotiate',
        "Negotiate \x01",
        "Basic" + " " * 16000 + "!",
    ],
    ids=["open quote", "control", "long"],
)
def test_a_header_that_cannot_be_read_is_no_answer(read: Read, offered: str) -> None:
    """A guess could make a pass, or a finding, of what a device has broken."""
    with pytest.raises(UnexpectedAnswerError, match="WWW-Authenticate of its 401 cannot be read"):
        read(offered, x_feserver="EX01").conclusive()


def test_a_node_that_offers_ntlm_alone_is_told_from_the_usual(read: Read) -> None:
    """The error texts of moves name Negotiate."""
    assert read().offers_negotiate
    assert not read("NTLM").offers_negotiate


def test_sentence_tells_what_is_offered(read: Read) -> None:
    """And what should be."""
    assert read('Basic realm="x"').message() == f"{URL} offers Basic; it should offer Negotiate or NTLM."
    assert "offers no login scheme" in read(None).message()


@pytest.mark.parametrize("name", ["EX01", "ex01", "ex01.contoso.com"])
def test_its_own_401_counts(read: Read, name: str) -> None:
    """By either name."""
    found = read(x_feserver=name)

    assert found.conclusive() is found


@pytest.mark.parametrize(
    ("status", "name", "told"),
    [
        (401, "EX02", "EX02 answered, not EX01"),
        (401, "", "without X-FEServer"),
        (200, "EX01", "status 200 came where a login was to be asked for"),
        (403, "", "status 403 came"),
        (503, "EX02", "EX02 answered"),
    ],
)
def test_anything_else_is_inconclusive(read: Read, status: int, name: str, told: str) -> None:
    """A proxy or firewall, another server, or an answer that asks for no login."""
    with pytest.raises(UnexpectedAnswerError, match=told):
        read(status=status, x_feserver=name).conclusive()
