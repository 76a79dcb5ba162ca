"""A lab with one server, our client's questions to it, and bare sockets for what no lab would do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.evidence.events import ASK_WORKERS
from moveready.inventory import Auth, Credential, Ports, Server, Tls
from moveready.questions import Channel, CmdletAnswer
from moveready.remoting.deadline import Deadline
from moveready.remoting.dialing import Dial
from moveready.remoting.psrp import PowerShellEndpoint, open_session

if TYPE_CHECKING:
    from moveready.lab.server import Lab

EX01 = "ex01.contoso.com"

DialTo = Callable[..., Dial]
EndpointOf = Callable[..., PowerShellEndpoint]
Ask = Callable[..., CmdletAnswer]
ServerOf = Callable[..., Server]
Within = Callable[[float], AbstractContextManager[None]]
Handler = Callable[[socket.socket], None]
Listen = Callable[[Handler], int]


@pytest.fixture
def lab(lab_with: Callable[..., Lab]) -> Lab:
    """A lab with ex01 in good health."""
    return lab_with()


@pytest.fixture
def login() -> Callable[[Lab], Credential]:
    """The account of a lab, with NTLM."""
    return lambda lab: Credential("lab", Auth.NTLM, lab.account.username, lab.account.password)


@pytest.fixture
def dial_to() -> DialTo:
    """Where to find a port of this machine that stands for ex01."""

    def build(port: int, **changes: Any) -> Dial:
        dial = Dial(EX01, "127.0.0.1", port, tls=False, verify=True, ca_file=None)
        return replace(dial, **changes)

    return build


@pytest.fixture
def endpoint_of(dial_to: DialTo, login: Callable[[Lab], Credential]) -> EndpointOf:
    """The Windows endpoint of a lab's ex01."""

    def build(lab: Lab, credential: Credential | None = None, **dial: Any) -> PowerShellEndpoint:
        settings = {"tls": lab.windows_tls, "ca_file": lab.ca_file, **dial}
        return PowerShellEndpoint(
            dial=dial_to(lab.ports[EX01]["windows"], **settings),
            path="wsman",
            configuration="Microsoft.PowerShell",
            service="host",
            credential=credential or login(lab),
            channel=Channel.WINDOWS.value,
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
    """Fail where the block takes longer than so many seconds."""

    @contextmanager
    def bounded(seconds: float) -> Iterator[None]:
        started = time.monotonic()
        yield
        assert time.monotonic() - started < seconds

    return bounded


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Listen on a port of this machine and hand every connection to a function, in a thread; gives the port."""
    with ExitStack() as opened:
        yield lambda handler: opened.enter_context(_listening(handler))


@contextmanager
def _listening(handler: Handler) -> Iterator[int]:
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            handler(connection)

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
