"""Ports that no server answers as it should: nothing of them reaches HTTP, or even TLS.

    with odd_port(OddPort.SILENT) as number:
        ...  # a client that connects to 127.0.0.1:number meets it

A fault of `faults` strikes a request; these strike before there is one. They belong to no simulated server: an
inventory that names such a port for one of its channels makes that channel behave so.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from enum import Enum
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ADDRESS = "127.0.0.1"
_STEP_SECONDS = 0.1
_MOST_WAITING = 64
"""More connections than any system keeps in a queue whose length was asked to be nothing."""


class OddPort(Enum):
    """What a client meets at the port."""

    REFUSED = "refused"
    """Nobody listens: the system refuses each connection."""
    DROPPED = "dropped"
    """No SYN is answered. The queue of a listening socket is full and nobody empties it, so the system drops each SYN:
    so Linux does, for everybody and without a firewall; other systems refuse instead."""
    SILENT = "silent"
    """Connections are accepted, and nothing is ever said: no TLS, no HTTP."""
    CUT = "cut"
    """The first bytes are read, then the connection is closed."""
    DRIPPING = "dripping"
    """A TLS record is announced, and comes one byte every tenth of a second."""
    ENDLESS = "endless"
    """The first line of an answer begins, and never ends."""
    GARBAGE = "garbage"
    """Bytes that are neither TLS nor HTTP, then the end."""
    PLAIN_HTTP = "plain-http"
    """HTTP without TLS, as of a web server whose port 443 was bound without a certificate."""


@contextmanager
def odd_port(kind: OddPort) -> Iterator[int]:
    """The number of a port of this machine that behaves so until the end of the block."""
    with ExitStack() as opened:
        if kind is OddPort.REFUSED:
            yield opened.enter_context(_bound()).getsockname()[1]
        elif kind is OddPort.DROPPED:
            yield _full_port(opened)
        else:
            yield opened.enter_context(_served(_ANSWERS[kind]))


def _bound() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.bind((ADDRESS, 0))
    return bound


def _full_port(opened: ExitStack) -> int:
    """A port whose queue of connections is full; whoever is in the queue is never accepted."""
    full = opened.enter_context(_bound())
    full.listen(0)
    port: int = full.getsockname()[1]
    for _ in range(_MOST_WAITING):
        waiting = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        waiting.settimeout(_STEP_SECONDS)
        try:
            waiting.connect((ADDRESS, port))
        except OSError:
            break
    return port


@contextmanager
def _served(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    over = threading.Event()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):  # the client has gone
                self.request.settimeout(_STEP_SECONDS)
                _read(self.request, over)
                answer(self.request, over)

    with ThreadingTCPServer((ADDRESS, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_STEP_SECONDS,), name="odd port", daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            over.set()
            server.shutdown()
            thread.join()


def _read(connection: socket.socket, over: threading.Event) -> bytes:
    """The next bytes of the client; none if it has gone, or all is over."""
    while not over.is_set():
        with suppress(TimeoutError):
            return connection.recv(65536)
    return b""


def _say_nothing(connection: socket.socket, over: threading.Event) -> None:
    while _read(connection, over):
        pass


def _drip(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 KB (RFC 5246, section 6.2.1)
    while not over.wait(_STEP_SECONDS):
        connection.sendall(b"\x02")


def _pour(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    while not over.is_set():
        with suppress(TimeoutError):
            connection.sendall(b"a" * 4096)


def _hang_up(_connection: socket.socket, _over: threading.Event) -> None:
    """The end of the handler closes the connection."""


def _say_garbage(connection: socket.socket, _over: threading.Event) -> None:
    connection.sendall(b"\x00\xff" + os.urandom(200))


def _speak_plainly(connection: socket.socket, _over: threading.Event) -> None:
    page = b"<html><body>Bad Request</body></html>"
    head = b"HTTP/1.1 400 Bad Request\r\nServer: Microsoft-HTTPAPI/2.0\r\nContent-Length: %d\r\n\r\n" % len(page)
    connection.sendall(head + page)


_ANSWERS: dict[OddPort, Callable[[socket.socket, threading.Event], None]] = {
    OddPort.SILENT: _say_nothing,
    OddPort.CUT: _hang_up,
    OddPort.DRIPPING: _drip,
    OddPort.ENDLESS: _pour,
    OddPort.GARBAGE: _say_garbage,
    OddPort.PLAIN_HTTP: _speak_plainly,
}
