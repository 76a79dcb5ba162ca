"""What HTTPS of a simulated server answers: `/EWS/mrsproxy.svc` and `/EWS/healthcheck.htm`. Pure, no sockets.

May import the lab's state. Login itself is not here: `answer_before_login` says what needs none,
`answer_after_login` what follows one. An anonymous request to MRSProxy gets 401 whether it is on or off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.lab.events import WebRequest
from moveready.lab.fleet import EndpointKind
from moveready.lab.state import log_refused_request

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.lab.state import LabServer

MRSPROXY = "/ews/mrsproxy.svc"
HEALTHCHECK = "/ews/healthcheck.htm"
_EWS = "/ews/"
_PLAIN = ("Content-Type", "text/html")


@dataclass(frozen=True, slots=True)
class EwsAnswer:
    """One HTTP answer; status 0 means that nothing comes back: the connection stays open and silent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


NO_ANSWER = EwsAnswer(0, (), b"")


def answer_before_login(server: LabServer, path: str, now: datetime) -> EwsAnswer | None:
    """What the server, or something in front, answers without asking who is there; None to go on to the login.

    Args:
        server: The server that was asked.
        path: Path of the request, with or without a query.
        now: The time.
    """
    if server.endpoint is EndpointKind.NOTHING:
        return NO_ANSWER
    if server.endpoint is EndpointKind.UNAVAILABLE or server.iis_is_down(now):
        return _from_http_sys()
    wanted = _bare(path)
    if wanted == HEALTHCHECK:
        return _health_of(server)
    if not wanted.startswith(_EWS):
        return _from_iis(404, "404 - File or directory not found.")
    if wanted == MRSPROXY:
        return _in_front_of(server)
    return None


def answer_after_login(server: LabServer, path: str, user: str, client_address: str, now: datetime) -> EwsAnswer:
    """What Exchange answers to a request whose login was valid.

    While the running application has MRSProxy off, such a request leaves an event 1309, at most one a minute. The event
    repeats the query, and the query does not change the answer (both inferred).

    Args:
        server: The server that was asked.
        path: Path of the request, with or without a query.
        user: Who logged in, as the event shows it.
        client_address: Where the request came from, as the event shows it.
        now: The time.
    """
    if _bare(path) != MRSPROXY:
        return _from_exchange(server, 404, "Not Found")
    match server.endpoint:
        case EndpointKind.UNAUTHORIZED:
            headers = (
                _PLAIN,
                ("Server", _iis(server)),
                ("WWW-Authenticate", "Negotiate"),
                ("WWW-Authenticate", "NTLM"),
            )
            return EwsAnswer(401, headers, _page("401 - Unauthorized: Access is denied due to invalid credentials."))
        case EndpointKind.NOT_FOUND:
            return _from_exchange(server, 404, "Not Found")
        case EndpointKind.SERVER_ERROR:
            return _from_exchange(server, 500, "Runtime Error")
    if server.worker.mrsproxy_on:
        return _from_exchange(server, 400, "Bad Request")
    log_refused_request(server, WebRequest(f"https://{server.fqdn}:443{path}", user, client_address), now)
    return _from_exchange(server, 403, "MRS proxy service is disabled")


def _bare(path: str) -> str:
    return path.partition("?")[0].lower()


def _in_front_of(server: LabServer) -> EwsAnswer | None:
    """Answers to MRSProxy's path that never reach Exchange; none carries `X-FEServer` (field observation)."""
    match server.endpoint:
        case EndpointKind.DEVICE_403:
            return EwsAnswer(403, (_PLAIN, ("Server", "BigIP")), _page("The requested URL was rejected."))
        case EndpointKind.SSL_REQUIRED:
            return _from_iis(403, "403.4 - Forbidden: SSL is required to view this resource.")
        case EndpointKind.REDIRECT:
            public = server.pool or f"mail.{server.fqdn.partition('.')[2]}"
            return EwsAnswer(302, (_PLAIN, ("Location", f"https://{public}/owa/")), _page("Object moved"))
    return None


def _health_of(server: LabServer) -> EwsAnswer:
    """What load balancers read, without login: 200 while the component EwsProxy is active."""
    if server.component_is_active("EwsProxy"):
        return EwsAnswer(200, _stamps_of(server), f"200 OK<br/>{server.fqdn.upper()}".encode())
    return EwsAnswer(503, _stamps_of(server), b"Service Unavailable")


def _from_exchange(server: LabServer, status: int, text: str) -> EwsAnswer:
    return EwsAnswer(status, _stamps_of(server), _page(text))


def _stamps_of(server: LabServer) -> tuple[tuple[str, str], ...]:
    """Headers of an Exchange front end. That 2010 sets `X-FEServer` too is assumed, not known."""
    return (
        _PLAIN,
        ("Server", _iis(server)),
        ("X-CalculatedBETarget", server.fqdn),
        ("X-FEServer", server.netbios),
        ("X-DiagInfo", server.netbios),
        ("X-Powered-By", "ASP.NET"),
    )


def _from_http_sys() -> EwsAnswer:
    """The kernel's own answer where no application pool is there to take the request."""
    text = "<h2>Service Unavailable</h2><hr><p>HTTP Error 503. The service is unavailable.</p>"
    return EwsAnswer(
        503,
        (("Content-Type", "text/html; charset=us-ascii"), ("Server", "Microsoft-HTTPAPI/2.0")),
        _page(text),
    )


def _from_iis(status: int, text: str) -> EwsAnswer:
    return EwsAnswer(status, (_PLAIN, ("Server", "Microsoft-IIS/10.0")), _page(text))


def _iis(server: LabServer) -> str:
    return "Microsoft-IIS/7.5" if server.version.is_2010 else "Microsoft-IIS/10.0"


def _page(text: str) -> bytes:
    return f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body>{text}</body></html>\n".encode()
