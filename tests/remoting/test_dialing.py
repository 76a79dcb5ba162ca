"""Which address is dialled, whose certificate is accepted, and what is never followed."""

from __future__ import annotations

import gzip
import re
import threading
from typing import TYPE_CHECKING

import pytest
import requests
from pypsrp.negotiate import HTTPNegotiateAuth

from moveready.errors import CertificateError, DeadlineError, RedirectError, TlsError, UnreachableError
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.dialing import (
    LARGEST_ANSWER,
    BoundedAdapter,
    OversizedAnswerError,
    bind,
    bounded_session,
    tls_context,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from moveready.evidence.questions import CmdletAnswer
    from moveready.lab.server import Lab
    from moveready.remoting.dialing import Destination

    Ask = Callable[..., CmdletAnswer]
    DestinationOf = Callable[..., Destination]
    Handler = Callable[[socket.socket], object]
    LabWith = Callable[..., Lab]
    Listen = Callable[..., int]
    Within = Callable[[], AbstractContextManager[None]]

EX01 = "ex01.contoso.com"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_the_address_is_dialled_and_the_name_is_meant(lab: Lab, destination_of: DestinationOf) -> None:
    """Certificate and login are the server's own, though the connection goes to 127.0.0.1."""
    port = lab.ports[EX01]["https"]
    login = HTTPNegotiateAuth(lab.account.username, lab.account.password)

    with bounded_session(destination_of(port, tls=True, ca_file=lab.ca_file), Deadline(5)) as session:
        answer = session.get(f"https://{EX01}:{port}/EWS/mrsproxy.svc", auth=login)
    assert (answer.status_code, list(login.contexts)) == (400, [EX01])


def test_the_host_header_names_the_server(destination_of: DestinationOf, listen: Listen) -> None:
    """Host holds the name and the port, not the address."""
    heard: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        connection.sendall(EMPTY)

    port = listen(handle)
    with bounded_session(destination_of(port), Deadline(5)) as session:
        session.get(f"http://{EX01}:{port}/")
    assert re.findall(rb"(?im)^host: (.*?)\r$", heard[0]) == [f"{EX01}:{port}".encode()]


@pytest.mark.parametrize(("port", "tls"), [(80, False), (443, True)])
def test_the_host_header_leaves_the_usual_port_out(destination_of: DestinationOf, port: int, tls: bool) -> None:
    """As every browser does; some front ends compare it to the letter."""
    request = requests.Request("GET", f"https://{EX01}/").prepare()

    BoundedAdapter(destination_of(port, tls=tls), Deadline(5)).add_headers(request)
    assert request.headers["Host"] == EX01


def test_proxies_of_the_environment_are_not_used(
    lab: Lab, ask: Ask, destination_of: DestinationOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server is asked itself, whatever a shell's HTTP_PROXY says."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert len(ask(lab).objects) == 1
    port = lab.ports[EX01]["https"]
    with bounded_session(destination_of(port, tls=True, ca_file=lab.ca_file), Deadline(5)) as session:
        assert session.get(f"https://{EX01}:{port}/EWS/mrsproxy.svc").status_code == 401


def test_a_redirect_is_an_answer(
    destination_of: DestinationOf, listen: Listen, answering: Callable[..., Handler]
) -> None:
    """An HTTPS endpoint that redirects has answered, wherever it points: its Location is for the reader to judge."""
    port = listen(answering(b"HTTP/1.1 302 Found\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n"))

    with bounded_session(destination_of(port), Deadline(5)) as session:
        answer = session.get(f"http://{EX01}:{port}/")
    assert (answer.status_code, answer.headers["Location"], answer.history) == (302, "http://[bad", [])


def test_a_bound_session_raises_at_a_redirect(
    destination_of: DestinationOf, listen: Listen, answering: Callable[..., Handler]
) -> None:
    """The library would take a redirect for an answer of WSMan, so its session raises."""
    port = listen(answering(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n"))

    with requests.Session() as session:
        bind(session, destination_of(port), Deadline(5))
        with pytest.raises(requests.TooManyRedirects):
            session.get(f"http://{EX01}:{port}/")


def test_an_answer_has_a_largest_size(
    destination_of: DestinationOf, listen: Listen, answering: Callable[..., Handler]
) -> None:
    """A body without an end does not fill the memory."""
    body = b"x" * 2**20
    port = listen(answering(b"HTTP/1.1 200 OK\r\n\r\n", *[body] * (LARGEST_ANSWER // len(body) + 1)))

    with (
        bounded_session(destination_of(port), Deadline(10)) as session,
        pytest.raises(OversizedAnswerError, match="more than 16 MB"),
    ):
        session.get(f"http://{EX01}:{port}/")


def test_the_largest_answer_is_still_read(
    destination_of: DestinationOf, listen: Listen, answering: Callable[..., Handler]
) -> None:
    """The limit itself is allowed."""
    port = listen(answering(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * LARGEST_ANSWER))

    with bounded_session(destination_of(port), Deadline(10)) as session:
        assert len(session.get(f"http://{EX01}:{port}/").content) == LARGEST_ANSWER


def test_all_answers_of_a_conversation_have_one_bound(
    destination_of: DestinationOf, listen: Listen, answering: Callable[..., Handler]
) -> None:
    """Each of them may be small enough, and there is still an end."""
    port = listen(answering(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * (LARGEST_ANSWER - 1)))

    with bounded_session(destination_of(port), Deadline(60)) as session:
        for _ in range(4):
            session.get(f"http://{EX01}:{port}/")
        with pytest.raises(OversizedAnswerError, match="more than 64 MB in one conversation"):
            session.get(f"http://{EX01}:{port}/")


def test_a_packed_answer_is_counted_unpacked(
    destination_of: DestinationOf, listen: Listen, answering: Callable[..., Handler]
) -> None:
    """A few kilobytes may unpack to any size."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    port = listen(answering(head, gzip.compress(bytes(LARGEST_ANSWER + 1))))

    with bounded_session(destination_of(port), Deadline(60)) as session, pytest.raises(OversizedAnswerError):
        session.get(f"http://{EX01}:{port}/")


def test_nothing_is_sent_after_the_deadline(destination_of: DestinationOf, listen: Listen, silent: Handler) -> None:
    """Not even a connection is made."""
    heard = threading.Event()
    port = listen(lambda _: heard.set())
    over = Deadline(5)
    over.cut()

    with bounded_session(destination_of(port), over) as session, pytest.raises(requests.ReadTimeout):
        session.get(f"http://{EX01}:{port}/")
    assert not heard.wait(0.2)


def test_silence_can_be_bounded_more_tightly(
    destination_of: DestinationOf, listen: Listen, silent: Handler, within: Within
) -> None:
    """What nobody needs is not waited for until the deadline."""
    port = listen(silent)
    with requests.Session() as session:
        bind(session, destination_of(port), Deadline(30)).longest_silence = 0.3

        with within(), pytest.raises(requests.ReadTimeout):
            session.get(f"http://{EX01}:{port}/")


def test_the_deadline_forgets_closed_connections(
    destination_of: DestinationOf, listen: Listen, answering: Callable[..., Handler]
) -> None:
    """Thousands of servers must not leave thousands of sockets open."""
    port = listen(answering(EMPTY))
    deadline = Deadline(5)

    with bounded_session(destination_of(port), deadline) as session:
        session.get(f"http://{EX01}:{port}/")
        assert len(deadline._handles) == 1
    assert len(deadline._handles) == 0


def test_a_failed_handshake_leaves_no_connection(lab: Lab, destination_of: DestinationOf) -> None:
    """Nothing is left for the garbage collector."""
    deadline = Deadline(5)
    port = lab.ports[EX01]["windows"]

    with (
        bounded_session(destination_of(port, tls=True), deadline) as session,
        pytest.raises(requests.exceptions.SSLError),
    ):
        session.get(f"https://{EX01}:{port}/")
    assert len(deadline._handles) == 0


def test_tls_settings_are_made_once(authority_file: Path) -> None:
    """Reading the authorities costs more than a handshake."""
    assert tls_context(authority_file, True) is tls_context(authority_file, True)


def test_only_the_authorities_of_the_file_are_trusted(lab: Lab, destination_of: DestinationOf) -> None:
    """Also after a request: requests has a bundle of its own, which it loads where it can."""
    port = lab.ports[EX01]["https"]
    with bounded_session(destination_of(port, tls=True, ca_file=lab.ca_file), Deadline(5)) as session:
        session.get(f"https://{EX01}:{port}/")

    assert len(tls_context(lab.ca_file, True).get_ca_certs()) == 1


def test_a_file_without_a_certificate_is_told(lab: Lab, ask: Ask, tmp_path: Path) -> None:
    """The fault is in the file that the inventory names, not in the server."""
    (tmp_path / "empty.pem").write_text("nothing\n", encoding="utf-8")

    with pytest.raises(TlsError, match=r"the file of the authorities cannot be used: .* `tls.ca_file`"):
        ask(lab, tls=True, ca_file=tmp_path / "empty.pem")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(lab: Lab, ask: Ask, listen: Listen, silent: Handler, status: int) -> None:
    """The error says where the redirect points; the other host never hears of us."""
    heard = threading.Event()
    other = listen(lambda _: heard.set())
    lab.inject(EX01, "windows", Fault(FaultKind.REDIRECT, status=status, location=f"http://127.0.0.1:{other}/wsman"))

    with pytest.raises(RedirectError, match=f"redirects to http://127.0.0.1:{other}/wsman; redirects are not followed"):
        ask(lab)
    assert not heard.wait(0.2)


def test_nobody_there_is_told(lab_with: LabWith, ask: Ask) -> None:
    """A port that refuses."""
    with pytest.raises(UnreachableError, match=r"no connection: Connection refused|no connection: .*refused"):
        ask(lab_with(down=["windows"]))


def test_a_name_that_does_not_resolve_is_told(lab: Lab, ask: Ask, within: Within) -> None:
    """No connection, and nothing asked."""
    with within(), pytest.raises((UnreachableError, DeadlineError), match=r"no connection|no complete answer"):
        ask(lab, address="nowhere.invalid")


def test_a_silent_server_costs_the_deadline(
    lab: Lab, ask: Ask, listen: Listen, silent: Handler, within: Within
) -> None:
    """TCP accepts, and nothing more."""
    with within(), pytest.raises(DeadlineError, match="no complete answer within 1 s"):
        ask(lab, seconds=1, port=listen(silent))


def test_a_silent_tls_server_costs_the_deadline(
    lab: Lab, ask: Ask, listen: Listen, silent: Handler, within: Within
) -> None:
    """TCP accepts, and the handshake never gets on."""
    with within(), pytest.raises(DeadlineError, match="no complete answer within 1 s"):
        ask(lab, seconds=1, port=listen(silent), tls=True)


@pytest.mark.parametrize("kind", [FaultKind.TLS_WRONG_NAME, FaultKind.TLS_OTHER_AUTHORITY])
def test_a_bad_certificate_is_refused(lab_with: LabWith, ask: Ask, kind: FaultKind) -> None:
    """Before anything is said to the server."""
    lab = lab_with(windows_tls=True)
    lab.inject(EX01, "windows", Fault(kind))

    with pytest.raises(CertificateError, match=r"Windows endpoint https://ex01.*TLS failed: its certificate is "):
        ask(lab)
    assert lab.log.entries() == ()


@pytest.mark.parametrize("kind", [FaultKind.TLS_WRONG_NAME, FaultKind.TLS_OTHER_AUTHORITY])
def test_any_certificate_will_do_unverified(lab_with: LabWith, ask: Ask, kind: FaultKind) -> None:
    """`tls: {verify: false}` of the inventory."""
    lab = lab_with(windows_tls=True)
    lab.inject(EX01, "windows", Fault(kind))

    assert len(ask(lab, verify=False).objects) == 1


def test_tls_on_a_plain_port_is_told(lab: Lab, ask: Ask) -> None:
    """A TLS handshake with a server that speaks HTTP."""
    with pytest.raises(TlsError, match=r"TLS failed: wrong version number\. Is it a TLS port at all"):
        ask(lab, tls=True)


def test_plain_http_on_a_tls_port_is_told(lab_with: LabWith, ask: Ask) -> None:
    """HTTP with a server that waits for a TLS handshake."""
    with pytest.raises(UnreachableError, match="the connection broke"):
        ask(lab_with(windows_tls=True), tls=False)
