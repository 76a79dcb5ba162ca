"""A connection sends a credential where it may, and nothing that belongs to another connection."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from moveready.errors import AuthenticationError, EvidenceError
from moveready.inventory import Ports, Tls
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_authenticated
from moveready.remoting.logins import Logins

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from moveready.inventory import Server
    from moveready.lab.server import Lab

    Listen = Callable[..., int]
    ServerOf = Callable[..., Server]

PATH = "/EWS/mrsproxy.svc"


def test_a_connection_that_ends_during_the_login_is_no_refusal(
    lab: Lab, server_of: ServerOf, listen: Listen, authority_file: Path
) -> None:
    """An answer to an NTLM challenge is sent on the challenge's own connection, or not at all."""
    challenge = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM %s\r\nContent-Length: 0\r\n%s\r\n"
    message = b"TlRMTVNTUAACAAAADAAMADgAAAAFgomi6n0Em2hGBi4AAAAAAAAAAAAAAAAAAAAACgBjRQAAAA9D"

    def handle(connection: socket.socket) -> None:
        while request := connection.recv(65536):
            if b"Authorization" in request:
                connection.sendall(challenge % (message, b"Connection: close\r\n"))
                return
            connection.sendall(challenge % (b"", b""))

    server = server_of(lab, ports=Ports(https=listen(handle, tls=True)), tls=Tls(ca_file=authority_file))
    logins = Logins()
    with pytest.raises(EvidenceError):
        get_authenticated(server, PATH, Deadline(60), logins)
    assert logins.of(server.credential).known.refused_by == ()


def test_an_answer_that_nobody_reads_leaves_no_connection(
    lab: Lab, server_of: ServerOf, listen: Listen, authority_file: Path
) -> None:
    """A 401 that offers no login ends the conversation before its body is read; the connection is closed even so."""
    closed = threading.Event()

    def handle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nHello")
        if not connection.recv(65536):
            closed.set()

    server = server_of(lab, ports=Ports(https=listen(handle, tls=True)), tls=Tls(ca_file=authority_file))
    deadline = Deadline(60)
    with pytest.raises(AuthenticationError, match="offers no login") as caught:
        get_authenticated(server, PATH, deadline)

    assert deadline._handles == set()
    assert closed.wait(30)
    assert caught.value.__traceback__ is not None  # what an exception holds stays open otherwise
