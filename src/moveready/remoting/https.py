"""The HTTPS endpoint of one server: an authenticated GET. May import errors, inventory, questions and its neighbours.

pypsrp's `HTTPNegotiateAuth` speaks Negotiate, NTLM and Kerberos and sends channel bindings, which Extended Protection
demands (on by default from Exchange 2019 CU14). It is no documented interface of pypsrp: it is wrapped here and
nowhere else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests
from pypsrp.negotiate import HTTPNegotiateAuth
from requests.auth import AuthBase, HTTPBasicAuth

from moveready.inventory import Auth
from moveready.questions import Channel, HttpAnswer
from moveready.remoting.dialing import Dial, bounded_session
from moveready.remoting.failures import Conversation, told_as_evidence

if TYPE_CHECKING:
    from moveready.inventory import Credential, Server
    from moveready.remoting.deadline import Deadline

_BODY_BYTES = 4096


def url_of(server: Server, path: str) -> str:
    """The server's own URL of the path, without the port where it is 443."""
    port = "" if server.ports.https == 443 else f":{server.ports.https}"  # noqa: PLR2004 - the port of https
    return f"https://{_public_name(server)}{port}{path}"


def get_authenticated(server: Server, path: str, deadline: Deadline) -> HttpAnswer:
    """What the server answers to a GET of the path, after login; raises `EvidenceError` where it does not answer."""
    return _get(server, path, deadline, _login_of(server.credential))


def get_anonymous(server: Server, path: str, deadline: Deadline) -> HttpAnswer:
    """What the server answers to anybody; raises `EvidenceError` where it does not answer."""
    return _get(server, path, deadline, None)


def _get(server: Server, path: str, deadline: Deadline, login: AuthBase | None) -> HttpAnswer:
    url = url_of(server, path)
    # Messages name the place alone: the query is another one in every run.
    place = url.partition("?")[0]
    dial = Dial(
        _public_name(server),
        server.connect_to,
        server.ports.https,
        True,
        server.tls.verify,
        server.tls.ca_file,
    )
    with (
        told_as_evidence(Conversation(server.name, f"{Channel.HTTPS.value} {place}", deadline)),
        bounded_session(dial, deadline) as session,
        session.get(url, auth=login, stream=True) as response,
    ):
        answer = _answer_from(response, server, f"GET {url}")
        if deadline.is_over:
            # The end of a connection that was cut looks like the end of a body that names no length.
            raise requests.ReadTimeout
        deadline.meter.bytes_received += len(answer.body)
        deadline.meter.sessions += login is not None and answer.status != HTTPStatus.UNAUTHORIZED
        return answer


def _public_name(server: Server) -> str:
    return server.host_header or server.name


def _login_of(credential: Credential) -> AuthBase:
    if credential.auth is Auth.BASIC:
        return HTTPBasicAuth(credential.username or "", credential.password or "")
    login: AuthBase = HTTPNegotiateAuth(
        username=credential.username,
        password=credential.password,
        auth_provider=credential.auth.value,
        service="http",
    )
    return login


def _answer_from(response: requests.Response, server: Server, question: str) -> HttpAnswer:
    body = response.raw.read(_BODY_BYTES, decode_content=True)
    return HttpAnswer(
        server=server.name,
        question=question,
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=body.decode("utf-8", "replace"),
        asked_at=datetime.now(UTC),
    )
