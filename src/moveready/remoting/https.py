"""The HTTPS endpoint of one server: an authenticated GET.

pypsrp's `HTTPNegotiateAuth` speaks Negotiate, NTLM and Kerberos and sends channel bindings, which Extended Protection
demands (on by default from Exchange 2019 CU14). It is not a documented interface of pypsrp, so it is used only here.
Every request is anonymous first; a credential is sent only to a server that asks for one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import requests
from pypsrp.exceptions import AuthenticationError as LoginRefused
from pypsrp.negotiate import HTTPNegotiateAuth
from requests.auth import AuthBase, HTTPBasicAuth

from moveready.cleaning import cleaned
from moveready.evidence.questions import Channel, HttpAnswer
from moveready.inventory import Auth
from moveready.remoting.audit import Asked, of_get
from moveready.remoting.connections import LostBeforeTheCredentialError
from moveready.remoting.dialing import Destination, bounded_session
from moveready.remoting.failures import Conversation, as_evidence_errors
from moveready.remoting.kerberos import Principal, login_name, login_password, usable_auth
from moveready.remoting.logins import Account, CredentialUse, Logins
from moveready.remoting.trials import header_text, proves_who_we_are

if TYPE_CHECKING:
    from moveready.inventory import Credential, Server
    from moveready.remoting.deadline import Deadline

_BODY_BYTES = 4096
_QUOTED = re.compile(r'"[^"]*"')
_OFFERS_BASIC = re.compile(r"(?:^|,)\s*Basic\b", re.IGNORECASE)


def get_authenticated(server: Server, path: str, deadline: Deadline, logins: Logins | None = None) -> HttpAnswer:
    """The server's answer to a GET of the path, after login; raises `EvidenceError` if it does not answer.

    `logins` belong to the run; without them, only this call is counted.
    """
    return _get(server, path, deadline, (logins or Logins()).of(server.credential))


def get_anonymous(server: Server, path: str, deadline: Deadline) -> HttpAnswer:
    """The server's answer without a login; raises `EvidenceError` if it does not answer."""
    return _get(server, path, deadline)


def https_destination(server: Server) -> Destination:
    """Where the server's HTTPS endpoint is."""
    tls = server.tls
    return Destination(server.public_name, server.connect_to, server.ports.https, True, tls.verify, tls.ca_file)


def _get(server: Server, path: str, deadline: Deadline, account: Account | None = None) -> HttpAnswer:
    url = server.url_of(path)
    destination = https_destination(server)
    # Messages show only the path: the query differs in every run.
    channel = f"{Channel.HTTPS.value} {url.partition('?')[0]}"
    login = CredentialUse(account, server.name, channel) if account else None

    def ask() -> HttpAnswer:
        deadline.steps.task = "while waiting for its answer"
        with (
            bounded_session(destination, deadline, login) as session,
            session.get(url, auth=_auth_of(server, login, deadline) if login else None, stream=True) as response,
        ):
            return _whole_answer(response, server, url, deadline)

    def ask_until_it_is_sent() -> HttpAnswer:
        with as_evidence_errors(Conversation(server.name, channel, deadline, account)):
            try:
                return ask()
            except requests.ConnectionError as error:
                # While a credential waits for its turn, the server may close the connection.
                if not any(isinstance(reason, LostBeforeTheCredentialError) for reason in error.args):
                    raise
                return ask()

    question = Asked(server.name, Channel.HTTPS.value, account.name if account else None, of_get(path))
    return deadline.audit.asked(question, deadline.meter, ask_until_it_is_sent)


def _whole_answer(response: requests.Response, server: Server, url: str, deadline: Deadline) -> HttpAnswer:
    answer = _answer_from(response, server, f"GET {url}")
    if deadline.is_over:
        # The end of a connection that was cut looks like the end of a body that names no length.
        raise requests.ReadTimeout
    deadline.meter.sessions += answer.logged_in
    return answer


def _auth_of(server: Server, login: CredentialUse, deadline: Deadline) -> AuthBase:
    credential = server.credential
    auth = usable_auth(login, credential, Principal("http", server.public_name), deadline)
    if auth is Auth.BASIC:
        return _BasicWhereAsked(credential)
    negotiating: AuthBase = HTTPNegotiateAuth(
        username=login_name(credential),
        password=login_password(credential),
        auth_provider=auth.value,
        service="http",
    )
    return negotiating


def _answer_from(response: requests.Response, server: Server, question: str) -> HttpAnswer:
    body = _start_of(response)
    return HttpAnswer(
        server=server.name,
        question=question,
        status=response.status_code,
        headers={name.lower(): cleaned(value) for name, value in response.headers.items()},
        body=cleaned(body.decode("utf-8", "replace")),
        asked_at=datetime.now(UTC),
        logged_in=_has_logged_in(response),
    )


def _start_of(response: requests.Response) -> bytes:
    """The first bytes of the body. If the length is declared, all of it is read, to notice a cut answer."""
    declares_its_end = not response.headers.keys().isdisjoint({"content-length", "transfer-encoding"})
    start = b""
    for part in response.iter_content(_BODY_BYTES):
        start += part[: _BODY_BYTES - len(start)]
        if len(start) == _BODY_BYTES and not declares_its_end:
            break
    return start


def _has_logged_in(response: requests.Response) -> bool:
    """Whether this answers a request with our credential, which is sent only if the server asks for one."""
    sent = header_text(response.request.headers.get("Authorization"))
    return response.status_code != HTTPStatus.UNAUTHORIZED and proves_who_we_are(sent)


class _BasicWhereAsked(AuthBase):
    """Basic, sent only if the server asks for it: a device that asks for no login gets no password."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.register_hook("response", self._answered)
        return request

    def _answered(self, response: requests.Response, **sending: Any) -> requests.Response:  # noqa: ANN401 - requests' signature
        if response.status_code != HTTPStatus.UNAUTHORIZED:
            return response
        offered = response.headers.get("WWW-Authenticate", "")
        if not _OFFERS_BASIC.search(_QUOTED.sub("", offered)):
            raise LoginRefused(f"the server does not offer Basic, but {offered or 'no login at all'}")
        # After this answer is read, the next request can use the same connection.
        _ = response.content
        request = response.request.copy()
        return response.connection.send(_with_basic(request, self._credential), **sending)


def _with_basic(request: requests.PreparedRequest, credential: Credential) -> requests.PreparedRequest:
    password = credential.password.reveal() if credential.password else ""
    return HTTPBasicAuth(credential.username or "", password)(request)
