"""The authenticated GET: whatever the endpoint says is an answer; what is none is told in time."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.cleaning import cleaned
from moveready.errors import DeadlineError, TlsError, UnexpectedAnswerError, UnreachableError
from moveready.evidence.mrsproxy_endpoint import MRSPROXY_PATH, EndpointKind, read_endpoint
from moveready.inventory import Ports, Tls
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_anonymous, get_authenticated

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from moveready.evidence.questions import HttpAnswer
    from moveready.inventory import Server
    from moveready.lab.server import Lab

    Get = Callable[..., HttpAnswer]
    Handler = Callable[[socket.socket], object]
    LabWith = Callable[..., Lab]
    Listen = Callable[..., int]
    ServerNamed = Callable[..., Server]
    ServerOf = Callable[..., Server]
    Within = Callable[[], AbstractContextManager[None]]

EX01 = "ex01.contoso.com"


@pytest.fixture
def get(server_of: ServerOf) -> Get:
    """GET mrsproxy.svc of a lab's ex01, logged in."""

    def fetch(lab: Lab, seconds: float = 5, **changes: Any) -> HttpAnswer:
        return get_authenticated(server_of(lab, **changes), MRSPROXY_PATH, Deadline(seconds))

    return fetch


@pytest.fixture
def get_from(server_named: ServerNamed, authority_file: Path) -> Get:
    """GET mrsproxy.svc of a port of our own that speaks TLS as ex01."""

    def fetch(port: int, seconds: float = 5, **changes: Any) -> HttpAnswer:
        tls = Tls(ca_file=authority_file)
        server = server_named(EX01, address="127.0.0.1", ports=Ports(https=port), tls=tls)
        return get_authenticated(replace(server, **changes), MRSPROXY_PATH, Deadline(seconds))

    return fetch


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({}, 400),
        ({"worker": "off"}, 403),
        ({"endpoint": "device-403"}, 403),
        ({"endpoint": "401"}, 401),
        ({"endpoint": "404"}, 404),
        ({"endpoint": "500"}, 500),
        ({"endpoint": "503"}, 503),
        ({"endpoint": "redirect"}, 302),
    ],
    ids=str,
)
def test_every_status_is_an_answer(lab_with: LabWith, get: Get, facts: dict[str, object], status: int) -> None:
    """Nothing is judged here, not even a refusal."""
    answer = get(lab_with(**facts))

    assert (answer.server, answer.status) == (EX01, status)


def test_the_answer_says_what_was_asked(lab: Lab, get: Get) -> None:
    """The question is the line that a person would type; header names are in lower case."""
    answer = get(lab)

    assert answer.question == f"GET https://{EX01}:{lab.ports[EX01]['https']}{MRSPROXY_PATH}"
    assert answer.headers["x-feserver"] == "EX01"


def test_a_question_is_one_login(lab: Lab, get: Get) -> None:
    """One connection, one login."""
    get(lab)

    assert (len(lab.log.logins()), [entry.status for entry in lab.log.entries()]) == (1, [401, 401, 400])


def test_a_redirect_says_where_it_points(lab: Lab, get: Get, listen: Listen, silent: Handler) -> None:
    """The target is evidence, and never asked."""
    heard = threading.Event()
    target = f"https://127.0.0.1:{listen(lambda _: heard.set())}/"
    lab.inject(EX01, "https", Fault(FaultKind.REDIRECT, location=target))

    found = read_endpoint(get(lab), "https://asked/")
    assert (found.kind, found.detail, heard.wait(0.2)) == (EndpointKind.REDIRECT, target, False)


def test_extended_protection_is_satisfied(lab_with: LabWith, get: Get) -> None:
    """Channel bindings are sent, as Exchange 2019 CU14 demands by default."""
    assert get(lab_with(extended_protection=True)).status == 400


def test_an_anonymous_question_never_logs_in(lab: Lab, server_of: ServerOf) -> None:
    """Load balancers have no account; where the server wants one, that is the answer."""
    assert get_anonymous(server_of(lab), MRSPROXY_PATH, Deadline(5)).status == 401
    assert (lab.log.requests(), lab.log.logins()) == (1, ())


def test_a_public_name_is_meant_where_the_operator_asks(lab_with: LabWith, get: Get) -> None:
    """Host, SNI and certificate are then those of the public name, and the connection still goes to the server."""
    lab = lab_with(pool="mail.contoso.com")

    answer = get(lab, host_header="mail.contoso.com")
    assert (answer.status, answer.server) == (400, EX01)
    assert answer.question.startswith("GET https://mail.contoso.com:")


@pytest.mark.parametrize(("port", "expected"), [(443, f"https://{EX01}/EWS"), (8443, f"https://{EX01}:8443/EWS")])
def test_the_url_leaves_the_usual_port_out(server_named: ServerNamed, port: int, expected: str) -> None:
    """As a person would write it."""
    assert server_named(EX01, ports=Ports(https=port)).url_of("/EWS") == expected


def test_a_hanging_endpoint_costs_the_deadline(lab_with: LabWith, get: Get, within: Within) -> None:
    """The error names the server, the URL and the time."""
    lab = lab_with(endpoint="nothing")

    with within(), pytest.raises(DeadlineError, match=f"{EX01}, HTTPS endpoint https://{EX01}:.* within 1 s"):
        get(lab, seconds=1)


def test_a_drip_costs_the_deadline(lab: Lab, get: Get, within: Within) -> None:
    """Each byte in time does not make an answer in time."""
    lab.inject(EX01, "https", Fault(FaultKind.DRIP, seconds=0.05))

    with within(), pytest.raises(DeadlineError):
        get(lab, seconds=0.5)


def test_a_silent_handshake_costs_the_deadline(get_from: Get, listen: Listen, silent: Handler, within: Within) -> None:
    """TCP accepts, TLS never answers."""
    with within(), pytest.raises(DeadlineError):
        get_from(listen(silent), seconds=0.5)


def test_a_body_without_length_that_is_cut_is_no_answer(
    get_from: Get, listen: Listen, answering: Callable[..., Handler], within: Within
) -> None:
    """Its end looks like an ordinary one; a 403 judged by half its page would be the wrong 403."""
    head = b"HTTP/1.1 403 Forbidden\r\nX-FEServer: EX01\r\n\r\n"

    with within(), pytest.raises(DeadlineError):
        get_from(listen(answering(head, *[b"x"] * 20, pause_seconds=0.1), tls=True), seconds=0.5)


@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.TRUNCATED, FaultKind.TRUNCATED_HEAD])
def test_a_broken_connection_is_told(lab: Lab, get: Get, kind: FaultKind) -> None:
    """Half an answer is none."""
    lab.inject(EX01, "https", Fault(FaultKind.STATUS, status=200, body=b"x" * 1000))
    lab.inject(EX01, "https", Fault(kind))

    with pytest.raises(UnreachableError, match="the connection broke before the end of the answer"):
        get(lab)


def test_only_the_start_of_a_body_is_read(
    get_from: Get, listen: Listen, answering: Callable[..., Handler], within: Within
) -> None:
    """What a page says in its first 4,096 bytes is enough, however long it goes on."""
    head = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 8192

    with within():
        answer = get_from(listen(answering(head, *[b"x"] * 600, pause_seconds=0.1), tls=True))
    assert len(answer.body) == 4096


@pytest.mark.parametrize("kind", [FaultKind.TLS_WRONG_NAME, FaultKind.TLS_OTHER_AUTHORITY])
def test_a_bad_certificate_is_refused(lab: Lab, get: Get, kind: FaultKind) -> None:
    """The password is not even hashed for a stranger."""
    lab.inject(EX01, "https", Fault(kind))

    with pytest.raises(TlsError, match=r"HTTPS endpoint .*TLS failed: its certificate is"):
        get(lab)
    assert lab.log.entries() == ()


def test_any_certificate_will_do_unverified(lab: Lab, get: Get) -> None:
    """`tls: {verify: false}` of the inventory."""
    lab.inject(EX01, "https", Fault(FaultKind.TLS_OTHER_AUTHORITY))

    assert get(lab, tls=Tls(verify=False)).status == 400


def test_what_is_no_http_is_told(get_from: Get, listen: Listen, answering: Callable[..., Handler]) -> None:
    """Some other protocol behind TLS."""
    with pytest.raises((UnexpectedAnswerError, UnreachableError), match=r"it says: 220 smtp|the connection broke"):
        get_from(listen(answering(b"220 smtp.contoso.com ESMTP\r\n"), tls=True))


def test_headers_and_body_are_harmless(lab: Lab, get: Get) -> None:
    """Their values reach people, and may hold any character."""
    lab.inject(EX01, "https", Fault(FaultKind.REDIRECT, location="https://a/\u202e\x9b"))
    target = get(lab).headers["location"]
    lab.inject(EX01, "https", Fault(FaultKind.STATUS, status=500, body=b"a\x1b[31mb"))

    assert target == cleaned(target) != ""
    assert get(lab).body == "a\ufffd[31mb"
