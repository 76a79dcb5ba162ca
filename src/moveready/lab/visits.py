"""One request to a server, and the answer to it before it is sent: what the parts of the lab hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.lab.dump import Exchange

if TYPE_CHECKING:
    import asyncio
    import ssl

    from aiohttp import web

    from moveready.lab.auth import LoginState
    from moveready.lab.faults import Fault
    from moveready.lab.node import Node


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is sent.

    `kind` and `what` are for the log, `asked` and `answered` (both bodies, unsealed) for the dump. `is_last` closes the
    connection.
    """

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "other"
    what: str = ""
    fault: Fault | None = None
    asked: bytes = b""
    answered: bytes = b""
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: its server, its connection, and its content."""

    node: Node
    channel: str
    request: web.BaseRequest
    transport: asyncio.Transport
    body: bytes
    login: LoginState

    @property
    def server(self) -> str:
        """FQDN of the server that is asked."""
        return self.node.server.fqdn

    @property
    def path(self) -> str:
        """The path, without its query."""
        return self.request.path

    @property
    def tls(self) -> ssl.SSLContext | None:
        """The context of the certificate that this connection was shown, or None without TLS."""
        connection = self.transport.get_extra_info("ssl_object")
        return None if connection is None else connection.context


def exchange_of(visit: Visit, reply: Reply, response: web.Response) -> Exchange:
    """What the dump shows of it."""
    return Exchange(
        server=visit.server,
        channel=visit.channel,
        kind=reply.kind,
        what=reply.what or visit.path,
        request_line=f"{visit.request.method} {visit.request.path_qs}",
        request_headers=tuple(visit.request.headers.items()),
        asked=reply.asked or visit.body,
        status=reply.status,
        headers=tuple(response.headers.items()),
        answered=reply.answered or reply.body,
    )
