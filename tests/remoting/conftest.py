"""A lab with one server, our client's questions to it, and bare sockets for what no lab would do."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from moveready.evidence.questions import Channel, CmdletAnswer
from moveready.evidence.workers import ASK_WORKERS
from moveready.inventory import Auth, Credential, Ports, Secret, Server, Tls
from moveready.remoting.deadline import Deadline
from moveready.remoting.dialing import Destination
from moveready.remoting.endpoint import PowerShellEndpoint
from moveready.remoting.logins import Logins
from moveready.remoting.psrp import open_session

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.lab.server import Lab

EX01 = "ex01.contoso.com"

DestinationOf = Callable[..., Destination]
EndpointOf = Callable[..., PowerShellEndpoint]
Ask = Callable[..., CmdletAnswer]
ServerOf = Callable[..., Server]
Within = Callable[[], AbstractContextManager[None]]
IN_VAIN_SECONDS = 60
"""Less than anything that is waited for in vain."""
Handler = Callable[[socket.socket], None]
Listen = Callable[..., int]


@pytest.fixture
def lab(lab_with: Callable[..., Lab]) -> Lab:
    """A lab with ex01 in good health."""
    return lab_with()


@pytest.fixture
def login() -> Callable[[Lab], Credential]:
    """The account of a lab, with NTLM."""
    return lambda lab: Credential("lab", Auth.NTLM, lab.account.username, Secret(lab.account.password))


@pytest.fixture
def destination_of() -> DestinationOf:
    """Where to find a port of this machine that stands for ex01."""

    def build(port: int, **changes: Any) -> Destination:
        destination = Destination(EX01, "127.0.0.1", port, tls=False, verify=True, ca_file=None)
        return replace(destination, **changes)

    return build


@pytest.fixture
def endpoint_of(destination_of: DestinationOf, login: Callable[[Lab], Credential]) -> EndpointOf:
    """The Windows endpoint of a lab's ex01."""

    def build(
        lab: Lab, credential: Credential | None = None, logins: Logins | None = None, **destination: Any
    ) -> PowerShellEndpoint:
        facts = {"port": lab.ports[EX01]["windows"], "tls": lab.windows_tls, "ca_file": lab.ca_file}
        return PowerShellEndpoint(
            destination=destination_of(**{**facts, **destination}),
            path="wsman",
            configuration="Microsoft.PowerShell",
            service="host",
            credential=credential or login(lab),
            channel=Channel.WINDOWS.value,
            account=(logins or Logins()).of(credential or login(lab)),
        )

    return build


@pytest.fixture
def ask(endpoint_of: EndpointOf) -> Ask:
    """Open a session, ask one pipeline, close the session."""

    def one(lab: Lab, seconds: float = 5, **endpoint: Any) -> CmdletAnswer:
        with open_session(endpoint_of(lab, **endpoint), Deadline(seconds)) as session:
            return session.ask(ASK_WORKERS)

    return one


@pytest.fixture
def server_of(server_named: ServerOf, login: Callable[[Lab], Credential]) -> ServerOf:
    """A lab's ex01 as a server of the inventory."""

    def build(lab: Lab, **changes: Any) -> Server:
        facts = {
            "credential": login(lab),
            "address": "127.0.0.1",
            "ports": Ports(**lab.ports[EX01]),
            "tls": Tls(ca_file=lab.ca_file, windows=lab.windows_tls),
        }
        return replace(server_named(EX01), **{**facts, **changes})

    return build


@pytest.fixture
def within() -> Within:
    """Fail where the block takes as long as what it would wait for in vain: the lab hangs for ever, deadlines are far.

    A busy machine has room: what is bounded is bounded by a second or so.
    """

    @contextmanager
    def bounded() -> Iterator[None]:
        started = time.monotonic()
        yield
        assert time.monotonic() - started < IN_VAIN_SECONDS

    return bounded


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """An authority of our own, for sockets that speak TLS without a lab."""
    return trustme.CA()


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """Its certificate."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    return tmp_path / "authority.pem"


@pytest.fixture
def listen(authority: trustme.CA) -> Iterator[Listen]:
    """Listen on a port of this machine and hand every connection to a function, in a thread; gives the port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(EX01).configure_cert(context)
    with ExitStack() as opened:
        yield lambda handler, *, tls=False: opened.enter_context(_listening(handler, context if tls else None))


@pytest.fixture
def silent() -> Handler:
    """Read whatever comes, say nothing."""

    def handle(connection: socket.socket) -> None:
        while connection.recv(4096):
            pass

    return handle


@pytest.fixture
def answering() -> Callable[..., Handler]:
    """Answer one request with these bytes, and hang up."""

    def build(*parts: bytes, pause_seconds: float = 0) -> Handler:
        def handle(connection: socket.socket) -> None:
            connection.recv(65536)
            for part in parts:
                connection.sendall(part)
                time.sleep(pause_seconds)

        return handle

    return build


@contextmanager
def _listening(handler: Handler, context: ssl.SSLContext | None) -> Iterator[int]:
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with suppress(OSError):
            speaking = context.wrap_socket(connection, server_side=True) if context else connection
            with speaking:
                handler(speaking)
        connection.close()

    def accept(listener: socket.socket) -> None:
        threads = []
        while not over.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                connection.settimeout(10)
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()
        for thread in threads:
            thread.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        acceptor = threading.Thread(target=accept, args=(listener,))
        acceptor.start()
        yield listener.getsockname()[1]
        over.set()
        acceptor.join()
