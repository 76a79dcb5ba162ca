"""Whether a GET has logged in, and that nobody is given a credential who did not ask for it."""

from __future__ import annotations

import base64
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import AuthenticationError, EvidenceError
from moveready.evidence.mrsproxy_endpoint import MRSPROXY_PATH
from moveready.inventory import Auth, Credential, Ports, Secret, Tls
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_anonymous, get_authenticated

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from moveready.evidence.questions import HttpAnswer
    from moveready.inventory import Server
    from moveready.lab.server import Lab

    GetFrom = Callable[..., HttpAnswer]
    LabWith = Callable[..., Lab]
    Listen = Callable[..., int]
    ServerOf = Callable[..., Server]

EX01 = "ex01.contoso.com"
BASIC = Credential("lab", Auth.BASIC, "svc", Secret("secret"))
SENT = b"Authorization: Basic " + base64.b64encode(b"svc:secret")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def get_from(server_named: Callable[..., Server], authority_file: Path) -> GetFrom:
    """GET mrsproxy.svc of a port of our own that speaks TLS as ex01."""

    def fetch(port: int, credential: Credential = BASIC) -> HttpAnswer:
        facts: dict[str, Any] = {"address": "127.0.0.1", "ports": Ports(https=port), "tls": Tls(ca_file=authority_file)}
        server = replace(server_named(EX01, **facts), credential=credential)
        return get_authenticated(server, MRSPROXY_PATH, Deadline(10))

    return fetch


class Device:
    """Answers the requests of one connection with these answers in turn, and keeps what it heard."""

    def __init__(self, *answers: bytes) -> None:
        """Nothing was heard yet."""
        self._answers = answers
        self.heard: list[bytes] = []

    def __call__(self, connection: socket.socket) -> None:
        """Hear a request, give an answer."""
        for answer in self._answers:
            if not (request := connection.recv(65536)):
                return
            self.heard.append(request)
            connection.sendall(answer)


def challenge(*offers: str) -> bytes:
    """A 401 with these offers."""
    lines = "".join(f"WWW-Authenticate: {offer}\r\n" for offer in offers)
    return f"HTTP/1.1 401 Unauthorized\r\n{lines}Content-Length: 4\r\n\r\nwho?".encode()


@pytest.mark.parametrize(
    ("facts", "logged_in"),
    [
        ({}, True),
        ({"worker": "off"}, True),
        ({"extended_protection": True}, True),
        ({"endpoint": "404"}, True),
        ({"endpoint": "401"}, False),
        ({"endpoint": "device-403"}, False),
        ({"endpoint": "device-200"}, False),
        ({"endpoint": "http.sys-400"}, False),
        ({"endpoint": "503"}, False),
    ],
    ids=str,
)
def test_a_login_is_asked_for_made_and_accepted(
    lab_with: LabWith, server_of: ServerOf, facts: dict[str, Any], logged_in: bool
) -> None:
    """The lab's own log knows of the same logins."""
    lab = lab_with(**facts)
    answer = get_authenticated(server_of(lab), MRSPROXY_PATH, Deadline(10))

    assert answer.logged_in is logged_in
    assert len(lab.log.logins()) == (logged_in or facts.get("endpoint") == "401")


def test_an_anonymous_request_has_not_logged_in(lab_with: LabWith, server_of: ServerOf) -> None:
    """Whatever comes back."""
    assert not get_anonymous(server_of(lab_with()), "/EWS/healthcheck.htm", Deadline(10)).logged_in


def test_half_a_handshake_is_no_login(get_from: GetFrom, listen: Listen) -> None:
    """The first message of NTLM proves nothing: a device that answers it with a page has let nobody in."""
    device = Device(challenge("NTLM"), OK)
    answer = get_from(listen(device, tls=True), Credential("lab", Auth.NTLM, "svc", Secret("secret")))

    assert b"Authorization: NTLM " in device.heard[1]
    assert (answer.status, answer.logged_in) == (200, False)


def test_a_login_whose_connection_is_lost_before_the_credential_begins_once_more(
    get_from: GetFrom, listen: Listen
) -> None:
    """A server may give up a connection that waits; after the second time it is told, and nothing was sent."""
    empty = struct.pack("<HHI", 0, 0, 56)
    message = b"NTLMSSP\0" + struct.pack("<I", 2) + empty + struct.pack("<IQQ", 0x00088201, 1, 0) + empty + bytes(8)
    offer = f"NTLM {base64.b64encode(message).decode()}\r\nConnection: close"
    device = Device(challenge("NTLM"), challenge(offer))
    with pytest.raises(EvidenceError, match="the server closed the connection during the login"):
        get_from(listen(device, tls=True), Credential("lab", Auth.NTLM, "svc", Secret("secret")))

    asked = [b"Authorization: NTLM " in request for request in device.heard]
    assert asked == [False, True] * 2


@pytest.mark.parametrize("offers", [('Basic realm="a"',), ("Negotiate", 'basic realm="NTLM, Digest"')], ids=str)
def test_basic_is_sent_where_it_is_asked_for(get_from: GetFrom, listen: Listen, offers: tuple[str, ...]) -> None:
    """The first request is anonymous, the second goes over the same connection."""
    device = Device(challenge(*offers), OK)
    answer = get_from(listen(device, tls=True))

    assert b"Authorization" not in device.heard[0]
    assert SENT in device.heard[1]
    assert answer.logged_in


def test_basic_is_not_sent_to_a_device_that_asks_nobody(get_from: GetFrom, listen: Listen) -> None:
    """Its page is an answer, and no login."""
    device = Device(OK)
    answer = get_from(listen(device, tls=True))

    assert b"Authorization" not in device.heard[0]
    assert not answer.logged_in


@pytest.mark.parametrize("offers", [(), ("Negotiate",), ('Digest realm="x, Basic y"',)], ids=str)
def test_basic_is_not_sent_where_it_is_not_offered(get_from: GetFrom, listen: Listen, offers: tuple[str, ...]) -> None:
    """A password in clear text goes to nobody who did not ask for it; what a realm is called is no offer."""
    device = Device(challenge(*offers), OK)

    with pytest.raises(AuthenticationError, match="HTTPS endpoint"):
        get_from(listen(device, tls=True))
    assert len(device.heard) == 1


def test_a_refused_basic_login_is_no_login(get_from: GetFrom, listen: Listen) -> None:
    """A second 401 is the answer; the password is not sent again."""
    device = Device(challenge("Basic"), challenge("Basic"))
    answer = get_from(listen(device, tls=True))

    assert (answer.status, answer.logged_in, len(device.heard)) == (401, False, 2)
