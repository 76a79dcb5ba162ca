"""The HTTPS answers of a simulated server: `/EWS/mrsproxy.svc` and `/EWS/healthcheck.htm`. Pure, no sockets.

The login itself is elsewhere: `answer_before_login` gives answers that need no login, `answer_after_login` those after
one. An anonymous request to MRSProxy gets 401 whether it is on or off.

The `web.config` of the front-end application (2013 and newer) sets `X-FEServer`. It is inferred that all its answers
therefore have the header, the 401 and IIS's own 403 included, and that the body of that 403 is empty. Exchange 2010 has
no such header (observed in the field). ASP.NET marks its own answers with `X-AspNet-Version` (observed on an answer of
15.2). The page of MRSProxy's 403 is an assumption: ASP.NET's page for remote clients, which does not show the message
of the exception.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from moveready.lab.events import WebRequest
from moveready.lab.fleet import EndpointFact
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
    """One HTTP answer; status 0 means no answer: the connection stays open and silent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


NO_ANSWER = EwsAnswer(0, (), b"")
_AFTER_LOGIN = {
    EndpointFact.NOT_FOUND: (404, "Not Found"),
    EndpointFact.SERVER_ERROR: (500, "Runtime Error"),
    EndpointFact.UNDOCUMENTED: (999, "Request denied"),
}
_DEVICES = {
    EndpointFact.DEVICE_403: (403, "BigIP", "The requested URL was rejected."),
    EndpointFact.DEVICE_PAGE: (200, "BigIP", "Sign in to continue"),
    EndpointFact.NGINX: (400, "nginx", "400 Bad Request"),
}
"""Status, header `Server` and text of a device in front of the server."""
_ASP_NET_PAGE = (
    b"<!DOCTYPE html>\r\n<html>\r\n    <head>\r\n        <title>Runtime Error</title>\r\n    </head>\r\n"
    b'    <body bgcolor="white">\r\n'
    b"            <span><H1>Server Error in '/EWS' Application.<hr width=100% size=1 color=silver></H1>\r\n"
    b"            <h2> <i>Runtime Error</i> </h2></span>\r\n    </body>\r\n</html>\r\n"
)
"""The page that ASP.NET shows to clients on other machines (shortened; Microsoft's reference source)."""


def answer_before_login(server: LabServer, path: str, now: datetime) -> EwsAnswer | None:
    """The answer of the server, or of a device in front of it, without a login; None if a login is needed.

    Args:
        server: The server that was asked.
        path: Path of the request, with or without a query.
        now: The time.
    """
    if server.endpoint is EndpointFact.NOTHING:
        return NO_ANSWER
    if server.endpoint is EndpointFact.UNAVAILABLE or server.iis_is_down(now):
        return _from_http_sys(503, "Service Unavailable", "The service is unavailable.")
    wanted = _bare(path)
    if wanted == HEALTHCHECK:
        return None if server.version.is_2010 else _health_of(server)
    if not wanted.startswith(_EWS):
        return _from_iis(404, "404 - File or directory not found.")
    if wanted == MRSPROXY:
        return _in_front_of(server)
    return None


def answer_after_login(server: LabServer, path: str, user: str, client_address: str, now: datetime) -> EwsAnswer:
    """What Exchange answers to a request whose login was valid.

    While MRSProxy is off in the running application, such a request leaves an event 1309, at most one a minute. The
    event repeats the query, and the query does not change the answer (both inferred).

    Args:
        server: The server that was asked.
        path: Path of the request, with or without a query.
        user: Who logged in, as the event shows it.
        client_address: Where the request came from, as the event shows it.
        now: The time.
    """
    if _bare(path) != MRSPROXY:
        return _from_exchange(server, 404, "Not Found")
    if server.endpoint is EndpointFact.UNAUTHORIZED:
        offers = (("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM"))
        headers = (_PLAIN, *stamps_of_iis(server), *offers)
        return EwsAnswer(401, headers, _page("401 - Unauthorized: Access is denied due to invalid credentials."))
    if server.endpoint in _AFTER_LOGIN:
        return _from_exchange(server, *_AFTER_LOGIN[server.endpoint])
    if server.worker.mrsproxy_on:
        return _from_exchange(server, 400, "Bad Request")
    log_refused_request(server, WebRequest(f"https://{server.fqdn}:443{path}", user, client_address), now)
    return replace(_from_exchange(server, 403, ""), body=_ASP_NET_PAGE)


def _bare(path: str) -> str:
    return path.partition("?")[0].lower()


def _in_front_of(server: LabServer) -> EwsAnswer | None:
    """Answers to MRSProxy's path that do not come from Exchange's code; only those of IIS have `X-FEServer`."""
    if server.endpoint is EndpointFact.SSL_REQUIRED:
        return EwsAnswer(403, stamps_of_iis(server), b"")
    if server.endpoint is EndpointFact.INVALID_HOSTNAME:
        return _from_http_sys(400, "Bad Request - Invalid Hostname", "The request hostname is invalid.")
    if server.endpoint is EndpointFact.REDIRECT:
        public = server.pool or f"mail.{server.fqdn.partition('.')[2]}"
        return EwsAnswer(302, (_PLAIN, ("Location", f"https://{public}/owa/")), _page("Object moved"))
    if server.endpoint in _DEVICES:
        status, software, text = _DEVICES[server.endpoint]
        return EwsAnswer(status, (_PLAIN, ("Server", software)), _page(text))
    return None


def _health_of(server: LabServer) -> EwsAnswer:
    """The health check for load balancers, without login: 200 while EwsProxy and the whole server are active.

    ServerWideOffline takes it down: inferred from its effect on components. Exchange 2010 has no such page and asks for
    a login, as for any other path: inferred, because component states came with 2013.
    """
    if server.component_is_active("EwsProxy") and server.component_is_active("ServerWideOffline"):
        return EwsAnswer(200, _stamps_of(server), f"200 OK<br/>{server.fqdn.upper()}".encode())
    return EwsAnswer(503, _stamps_of(server), b"Service Unavailable")


def _from_exchange(server: LabServer, status: int, text: str) -> EwsAnswer:
    return EwsAnswer(status, _stamps_of(server), _page(text))


def _stamps_of(server: LabServer) -> tuple[tuple[str, str], ...]:
    """Headers of ASP.NET's answers in an Exchange front end."""
    return (
        _PLAIN,
        *stamps_of_iis(server),
        ("X-CalculatedBETarget", server.fqdn),
        ("X-DiagInfo", server.netbios),
        ("X-AspNet-Version", "2.0.50727" if server.version.is_2010 else "4.0.30319"),
    )


def stamps_of_iis(server: LabServer) -> tuple[tuple[str, str], ...]:
    """Headers of IIS's own answers for the EWS application; `X-Powered-By` comes from IIS and is no mark of ASP.NET."""
    named = (("X-FEServer", server.front_end),) if server.front_end else ()
    return (("Server", _iis(server)), ("X-Powered-By", "ASP.NET"), *named)


def http_sys_page(status: int, title: str, sentence: str) -> bytes:
    """The page that http.sys shows for an error of its own."""
    return _page(f"<h2>{title}</h2><hr><p>HTTP Error {status}. {sentence}</p>")


def _from_http_sys(status: int, title: str, sentence: str) -> EwsAnswer:
    """The kernel's own answer if no web site or application pool can take the request."""
    return EwsAnswer(
        status,
        (("Content-Type", "text/html; charset=us-ascii"), ("Server", "Microsoft-HTTPAPI/2.0")),
        http_sys_page(status, title, sentence),
    )


def _from_iis(status: int, text: str) -> EwsAnswer:
    return EwsAnswer(status, (_PLAIN, ("Server", "Microsoft-IIS/10.0")), _page(text))


def _iis(server: LabServer) -> str:
    return "Microsoft-IIS/7.5" if server.version.is_2010 else "Microsoft-IIS/10.0"


def _page(text: str) -> bytes:
    return f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body>{text}</body></html>\n".encode()
