"""What a library's exception means, in our words.

Every exception of requests, urllib3, pypsrp, spnego, krb5 and of Python's own parsers that a conversation can raise
becomes one `EvidenceError` with the server, the channel, what happened and what to do next; the original stays its
`__cause__`.
"""

from __future__ import annotations

import re
import ssl
from contextlib import contextmanager
from http.client import BadStatusLine, RemoteDisconnected
from typing import TYPE_CHECKING, NamedTuple

import requests
import urllib3
from pypsrp.exceptions import AuthenticationError as LoginRefused
from pypsrp.exceptions import WinRMTransportError, WSManFaultError

from moveready.cleaning import cleaned
from moveready.errors import (
    AuthenticationError,
    DeadlineError,
    EvidenceError,
    RedirectError,
    RemoteCommandError,
    UnexpectedAnswerError,
    UnreachableError,
)
from moveready.evidence.xml_text import DocumentTypeError, OversizedXmlError
from moveready.inventory import Auth
from moveready.remoting.dialing import OversizedAnswerError, SilentServerError, UnusableClientCertificateError
from moveready.remoting.heads import UnreadableHeadError
from moveready.remoting.login_failures import NO_KDC, failure_of_a_login
from moveready.remoting.tls_failures import (
    NO_CLIENT_CERTIFICATE,
    authority_file_failure_of,
    client_certificate_failure_of,
    tls_failure_of,
)
from moveready.remoting.wording import root_of, seconds_text, why_unreadable, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moveready.remoting.deadline import Deadline
    from moveready.remoting.logins import Account
    from moveready.remoting.tls_failures import TlsFailure


class Conversation(NamedTuple):
    """Which server was being asked when it happened, and with which account, if with any."""

    server: str
    channel: str
    deadline: Deadline
    account: Account | None = None


class _Meaning(NamedTuple):
    error: type[EvidenceError]
    happened: str
    next_step: str


_CHECK_LOGIN = "Check the credential of this server in the inventory (account, password, Kerberos ticket)."
_ASK_AGAIN = "Ask again; if it stays so, something between here and the server changes the answer."
_ASK_AGAIN_OR_REPORT = _ASK_AGAIN.removesuffix(".") + ", or it is a fault of moveready: then please report this line."
_RIGHT_PORT = "Is the port right?"

_OTHER_LOGIN = re.compile(r"protocol '(?P<offered>[^']*)' which is incompatible.*auth_provider '(?P<wanted>[^']*)'")
_OFFER = re.compile(r"one of the following authentication methods .* - actual: '(?P<schemes>.*)'$", re.DOTALL)
_REFUSED = re.compile(r"authenticate the user (?P<user>.*) with (?P<auth>\w+)$", re.DOTALL)
"""The texts in which pypsrp reports the three; it has no fields for them."""

_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][\w-]*)(?=\s*(?:,|$)|\s+[^\s=,]+=)")
"""A challenge begins with the name of its scheme (RFC 9110, section 11.6.1)."""

_SUB_STATUS = re.compile(r"HTTP Error (\d{3}(?:\.\d+)?)")
"""The status in pages of IIS and http.sys, with IIS's sub-status."""

_SEALS, _OPENING = "pypsrp.encryption", "unwrap_message"


@contextmanager
def as_evidence_errors(conversation: Conversation) -> Iterator[None]:
    """Turn every error inside the block into the `EvidenceError` that it means; the original is its `__cause__`."""
    try:
        yield
    except EvidenceError:
        raise
    except Exception as error:
        if conversation.account is not None and failure_of_a_login(error) is NO_KDC:
            conversation.account.ticket.lose(NO_KDC)
        raise evidence_error_from(error, conversation) from error


def evidence_error_from(error: Exception, conversation: Conversation) -> EvidenceError:
    """The `EvidenceError` that explains this exception to people, with the step at which it happened; pure."""
    meaning = _no_ticket(error, conversation.account) or _meaning_of(error, conversation.deadline)
    where = ", ".join(filter(None, (conversation.channel, str(conversation.deadline.steps))))
    return meaning.error(conversation.server, where, cleaned(meaning.happened), meaning.next_step)


def _no_ticket(error: Exception, account: Account | None) -> _Meaning | None:
    """A server that takes Kerberos alone refuses NTLM, which was tried only because there is no ticket."""
    offer = _OTHER_LOGIN.search(str(error)) if isinstance(error, ValueError) else None
    failure = account.ticket.known_failure if account else None
    if offer is None or failure is None:
        return None
    return _Meaning(
        AuthenticationError, f"it takes {offer['offered']} alone, and {failure.happened}", failure.next_step
    )


def _meaning_of(error: Exception, deadline: Deadline) -> _Meaning:
    login = failure_of_a_login(error)
    if login is NO_KDC:
        # libkrb5 waits for a KDC longer than any deadline, and that is not the server's fault.
        return _Meaning(AuthenticationError, *login)
    if deadline.is_over:
        return _Meaning(
            DeadlineError,
            f"no complete answer within {seconds_text(deadline.seconds)}",
            "Is the server overloaded or hanging? Raise --server-timeout to wait longer.",
        )
    if _is_about_a_seal(error):
        return _Meaning(UnexpectedAnswerError, "a sealed message of the server cannot be opened", _ASK_AGAIN)
    if login is not None:
        return _Meaning(AuthenticationError, *login)
    for kind, meaning in _MEANINGS:
        if isinstance(error, kind):
            return meaning(error)
    return _unreadable(error)


def _is_about_a_seal(error: BaseException) -> bool:
    """Whether pypsrp raised it while it decrypted a message; logins raise the same exceptions."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == _SEALS and trace.tb_frame.f_code.co_name.endswith(_OPENING):
            return True
        trace = trace.tb_next
    return False


def _unreadable(error: Exception) -> _Meaning:
    return _Meaning(UnexpectedAnswerError, f"the answer cannot be read: {why_unreadable(error)}", _ASK_AGAIN_OR_REPORT)


def _no_connection(error: Exception) -> _Meaning:
    if isinstance(root := root_of(error), BadStatusLine) and not isinstance(root, RemoteDisconnected):
        return _Meaning(UnexpectedAnswerError, f"it does not speak HTTP; it says: {words_of(root)}", _RIGHT_PORT)
    if isinstance(root, UnreadableHeadError):
        return _Meaning(UnexpectedAnswerError, f"the answer cannot be read: {root}", _ASK_AGAIN)
    if error.args and isinstance(error.args[0], urllib3.exceptions.ProtocolError):
        return _broken(error)
    return _Meaning(
        UnreachableError,
        f"no connection: {words_of(root_of(error))}",
        "Is the server up, is the name right, and does a firewall allow this port from here?",
    )


def _broken(error: Exception) -> _Meaning:
    return _Meaning(
        UnreachableError, f"the connection broke before the end of the answer: {words_of(root_of(error))}", _ASK_AGAIN
    )


def _of_tls(failure_of: Callable[[Exception], TlsFailure]) -> Callable[[Exception], _Meaning]:
    return lambda error: _Meaning(*failure_of(error))


def _connect_timeout(_: Exception) -> _Meaning:
    return _Meaning(
        UnreachableError,
        "no answer to the attempt to connect",
        "Is the server up, and does a firewall drop this port?",
    )


def _silent(error: Exception) -> _Meaning:
    if isinstance(error, SilentServerError):
        return _Meaning(
            DeadlineError,
            f"it accepted the connection and {error}",
            "Is the service behind this port hanging? Raise --first-answer-timeout to wait longer.",
        )
    return _Meaning(
        DeadlineError,
        "it accepted the connection and said nothing",
        "Is the service behind this port hanging?",
    )


def _redirect(error: Exception) -> _Meaning:
    assert isinstance(error, requests.TooManyRedirects)  # noqa: S101 - the table says so
    target = error.response.headers.get("location", "nowhere") if error.response is not None else "nowhere"
    return _Meaning(
        RedirectError,
        f"it redirects to {target}; redirects are not followed",
        "Give the server's own `address` in the inventory, not that of a publishing device.",
    )


def _wrong_value(error: Exception) -> _Meaning:
    if (other := _OTHER_LOGIN.search(str(error))) is None:
        return _unreadable(error)
    return _Meaning(
        AuthenticationError,
        f"it offers another login: {other['offered']}, where the credential has `auth: {other['wanted']}`",
        "Give its credential in the inventory the `auth:` that this server offers.",
    )


def _missing_login_library(_: Exception) -> _Meaning:
    return _Meaning(
        AuthenticationError,
        "this login needs a library that is not installed here",
        'For Kerberos outside Windows: python -m pip install "moveready[kerberos]"',
    )


def _oversized(error: Exception) -> _Meaning:
    return _Meaning(UnexpectedAnswerError, f"the answer is too large: {words_of(error)}", _ASK_AGAIN)


def _web_page(error: Exception) -> _Meaning:
    page = _page_behind(error)
    return _oversized(error) if page is None else _http_status(page)


def _login_refused(error: Exception) -> _Meaning:
    if (offer := _OFFER.search(str(error))) is not None:
        schemes = " and ".join(dict.fromkeys(_SCHEME.findall(offer["schemes"])))
        return _Meaning(
            AuthenticationError,
            f"it asks for a login and offers only {schemes}" if schemes else "it answers 401 and offers no login",
            "Turn on Windows authentication (Negotiate) for this directory on the server; where only Basic is wanted,"
            " give the credential `auth: basic`; is this the server itself, and no proxy or firewall?",
        )
    refused = _REFUSED.search(str(error))
    if refused and refused["auth"] == Auth.CERTIFICATE.value:
        return _Meaning(AuthenticationError, *NO_CLIENT_CERTIFICATE)
    whose = f": {refused['user']} with {refused['auth']}" if refused else ""
    return _Meaning(AuthenticationError, f"the login was refused{whose}", _CHECK_LOGIN)


def _http_status(error: Exception) -> _Meaning:
    assert isinstance(error, WinRMTransportError)  # noqa: S101 - the table says so
    sub_status = _SUB_STATUS.search(str(error.response_text))
    status = sub_status[1] if sub_status and sub_status[1].startswith(str(error.code)) else error.code
    happened = f"it answers with HTTP status {status} instead of WSMan"
    return {
        403: _Meaning(RemoteCommandError, happened, "May the account use remote PowerShell there?"),
        404: _Meaning(RemoteCommandError, happened, "Is the port that of the PowerShell endpoint?"),
    }.get(error.code, _Meaning(UnexpectedAnswerError, happened, "Is the service behind this port healthy?"))


def _fault(error: Exception) -> _Meaning:
    assert isinstance(error, WSManFaultError)  # noqa: S101 - the table says so
    reason = " ".join((error.reason or "no reason given").split()).rstrip(".")
    if error.code is None and error.reason is None and (page := _page_behind(error)) is not None:
        return _http_status(page)
    if error.code is None:
        return _Meaning(UnexpectedAnswerError, f"it answers with an error that is no WSMan fault: {reason}", _ASK_AGAIN)
    return _Meaning(
        RemoteCommandError,
        f"it refused with WSMan fault {error.code}: {reason}",
        "May the account use this endpoint, and are not too many of its sessions open (Exchange allows 18)?",
    )


# The order is important: some classes of requests are bases of others.
_MEANINGS: tuple[tuple[type[Exception], Callable[[Exception], _Meaning]], ...] = (
    (LoginRefused, _login_refused),
    (WSManFaultError, _fault),
    (WinRMTransportError, _http_status),
    (requests.exceptions.SSLError, _of_tls(tls_failure_of)),
    (requests.ConnectTimeout, _connect_timeout),
    (requests.ReadTimeout, _silent),
    (requests.TooManyRedirects, _redirect),
    (OversizedAnswerError, _oversized),
    (DocumentTypeError, _web_page),
    (OversizedXmlError, _oversized),
    (requests.exceptions.ChunkedEncodingError, _broken),
    (requests.ConnectionError, _no_connection),
    (urllib3.exceptions.ReadTimeoutError, _silent),
    (urllib3.exceptions.ProtocolError, _broken),
    (UnusableClientCertificateError, _of_tls(client_certificate_failure_of)),
    (ssl.SSLError, _of_tls(authority_file_failure_of)),
    (FileNotFoundError, _of_tls(authority_file_failure_of)),
    (PermissionError, _of_tls(authority_file_failure_of)),
    (ImportError, _missing_login_library),
    (ValueError, _wrong_value),
)


def _page_behind(error: BaseException) -> WinRMTransportError | None:
    """The error page that was read as a WSMan fault because it is XML, as pages of IIS may be."""
    behind = error.__context__
    while behind is not None and not isinstance(behind, WinRMTransportError):
        behind = behind.__context__
    return behind
