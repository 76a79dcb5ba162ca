"""Ports that misbehave before there is a request, as a bare socket meets them."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress

import pytest

from moveready.lab.odd_ports import ADDRESS, OddPort, odd_port

ANSWERS = {
    OddPort.CUT: b"",
    OddPort.DRIPPING: b"\x16\x03\x03\x40\x00",
    OddPort.ENDLESS: b"HTTP/1.1 200 OK\r\nX-Endless: a",
    OddPort.GARBAGE: b"\x00\xff",
    OddPort.PLAIN_HTTP: b"HTTP/1.1 400 Bad Request\r\n",
}


@pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.value)
def test_a_client_meets_what_the_port_says(kind: OddPort) -> None:
    """After its first bytes."""
    with odd_port(kind) as port, socket.create_connection((ADDRESS, port), 30) as client:
        client.sendall(b"hello")
        heard = b""
        while len(heard) < len(ANSWERS[kind]) and (part := client.recv(4096)):
            heard += part
        assert heard.startswith(ANSWERS[kind])


def test_a_silent_port_accepts_and_says_nothing() -> None:
    """Until the client gives up."""
    with odd_port(OddPort.SILENT) as port, socket.create_connection((ADDRESS, port), 30) as client:
        client.sendall(b"hello")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_a_refused_port_refuses() -> None:
    """And nobody else gets its number."""
    with odd_port(OddPort.REFUSED) as port, pytest.raises(ConnectionRefusedError):
        socket.create_connection((ADDRESS, port), 30)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse where the queue is full")
def test_a_full_port_answers_no_syn() -> None:
    """Nor a second one a moment later."""
    with odd_port(OddPort.DROPPED) as port:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                socket.create_connection((ADDRESS, port), 0.3)


@pytest.mark.parametrize("kind", OddPort, ids=lambda kind: kind.value)
def test_nothing_is_left_of_a_port(kind: OddPort) -> None:
    """Its thread has ended, and nobody listens any more, whoever was connected."""
    with odd_port(kind) as port:
        client = socket.socket()
        client.settimeout(0.3)
        with suppress(OSError):
            client.connect((ADDRESS, port))
    client.close()

    assert [thread for thread in threading.enumerate() if thread.name == "odd port"] == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((ADDRESS, port), 30)
