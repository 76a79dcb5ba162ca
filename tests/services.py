"""Services that take messages, on real sockets."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult

from moveready.inventory import Secret
from moveready.notify.channel import Channel, safe_name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "hunter2secret"
PATIENT_SECONDS = 120.0
"""A limit that no busy machine reaches."""


class WebService:
    """Takes JSON by POST: keeps what came, and answers with a status, after `may_answer` is set."""

    def __init__(self) -> None:
        """Listen on a free port of this machine."""
        self.status = 200
        self.received: list[dict[str, Any]] = []
        self.has_received = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name is http.server's
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.received.append(json.loads(body) | {"path": self.path})
                service.has_received.set()
                may_answer = service.may_answer.wait(PATIENT_SECONDS)
                self.send_response(service.status if may_answer else HTTPStatus.GATEWAY_TIMEOUT)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    def channel(self, more: str = "") -> Channel:
        """The channel that leads here."""
        return channel_of(f"json://127.0.0.1:{self.port}/{SECRET}{more}")


class MailService:
    """An SMTP server that keeps every mail, and accepts no login."""

    def __init__(self) -> None:
        """Receive nothing yet."""
        self.port = 0
        self.received: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep it."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.received.append(mail)
        return "250 OK"

    def channel(self, login: str = "") -> Channel:
        """The channel that leads here."""
        return channel_of(f"mailto://{login}127.0.0.1:{self.port}?from=moveready@contoso.com&to=admin@contoso.com")


def channel_of(url: str) -> Channel:
    """The channel of a URL."""
    return Channel(safe_name_of(url), Secret(url))


@contextmanager
def running_web() -> Iterator[WebService]:
    """A web service in a thread of its own."""
    service = WebService()
    thread = threading.Thread(target=service.server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        service.may_answer.set()
        service.server.shutdown()
        service.server.server_close()
        thread.join()


@contextmanager
def running_mail() -> Iterator[MailService]:
    """A mail server in a thread of its own."""
    service = MailService()
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        return SMTP(
            service,
            hostname="localhost",
            loop=loop,
            authenticator=lambda *_: AuthResult(success=False, handled=False),
            auth_require_tls=False,
        )

    server = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0))
    service.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield service
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(server.wait_closed())
        loop.close()
