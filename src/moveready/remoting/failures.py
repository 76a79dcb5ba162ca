"""What a library's exception means, in our words. May import errors and its neighbours.

Every exception of requests, urllib3, pypsrp, spnego, krb5 and of Python's own parsers that a conversation can raise
becomes one `EvidenceError` with the server, the channel, what happened and what to do next; the original stays its
`__cause__`.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import requests
import urllib3
from pypsrp.exceptions import AuthenticationError as LoginRefused
from pypsrp.exceptions import WinRMTransportError, WSManFaultError

from moveready.cleaning import cleaned
from moveready.errors import (
    AuthenticationError,
    CertificateError,
    DeadlineError,
    EvidenceError,
    RedirectError,
    RemoteCommandError,
    TlsError,
    UnexpectedAnswerError,
    UnreachableError,
)
from moveready.remoting.certificates import RefusedCertificateError, refusal_of
from moveready.remoting.dialing import OversizedAnswerError, SilentServerError
from moveready.xml_text import OversizedXmlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moveready.remoting.deadline import Deadline


class Conversation(NamedTuple):
    """Who was being asked when it happened."""

    server: str
    channel: str
    deadline: Deadline


class _Meaning(NamedTuple):
    error: type[EvidenceError]
    happened: str
    next_step: str


_CHECK_LOGIN = "Check the credential of this server in the inventory (account, password, Kerberos ticket)."
_ASK_AGAIN = "Ask again; if it stays so, something between here and the server changes the answer."
_ASK_AGAIN_OR_TELL = _ASK_AGAIN.removesuffix(".") + ", or it is a fault of moveready: then please report this line."
_OTHER_LOGIN = "incompatible with the specified auth_provider"
"""Of the words of pypsrp's `ValueError` where the server offers none but another login."""
_LOGIN_MODULES = frozenset({"spnego", "krb5", "gssapi"})


@contextmanager
def told_as_evidence(conversation: Conversation) -> Iterator[None]:
    """Raise whatever goes wrong inside as the `EvidenceError` that it means; the original is its `__cause__`."""
    try:
        yield
    except EvidenceError:
        raise
    except Exception as error:
        raise evidence_error_from(error, conversation) from error


def evidence_error_from(error: Exception, conversation: Conversation) -> EvidenceError:
    """The `EvidenceError` that tells this exception to a person; pure."""
    meaning = _meaning_of(error, conversation.deadline)
    return meaning.error(conversation.server, conversation.channel, cleaned(meaning.happened), meaning.next_step)


def _meaning_of(error: Exception, deadline: Deadline) -> _Meaning:
    if deadline.is_over:
        return _Meaning(
            DeadlineError,
            f"no complete answer within {deadline.seconds:g} s",
            "Is the server overloaded or hanging? Raise --server-timeout to wait longer.",
        )
    if type(error).__module__.partition(".")[0] in _LOGIN_MODULES:
        return _Meaning(AuthenticationError, f"the login could not be made: {_words(error)}", _CHECK_LOGIN)
    for kind, meaning in _MEANINGS:
        if isinstance(error, kind):
            return meaning(error)
    return _Meaning(UnexpectedAnswerError, f"the answer cannot be read ({_named(error)})", _ASK_AGAIN_OR_TELL)


def _no_connection(error: Exception) -> _Meaning:
    if error.args and isinstance(error.args[0], urllib3.exceptions.ProtocolError):
        return _broken(error)
    return _Meaning(
        UnreachableError,
        f"no connection: {_root_words(error)}",
        "Is the server up, is the name right, and does a firewall allow this port from here?",
    )


def _broken(error: Exception) -> _Meaning:
    return _Meaning(
        UnreachableError, f"the connection broke before the end of the answer: {_root_words(error)}", _ASK_AGAIN
    )


def _tls(error: Exception) -> _Meaning:
    root = _root_of(error)
    if isinstance(root, RefusedCertificateError):
        return _Meaning(CertificateError, *refusal_of(root))
    return _Meaning(
        TlsError,
        f"TLS failed: {_words(root)}",
        "Is it a TLS port at all, and does the server speak TLS 1.2 or newer?",
    )


def _authority_file(error: Exception) -> _Meaning:
    return _Meaning(
        TlsError,
        f"the file of the authorities cannot be used: {_words(error)}",
        "Give a PEM file with at least one certificate as `tls.ca_file` in the inventory.",
    )


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
    if _OTHER_LOGIN in str(error):
        return _Meaning(
            AuthenticationError,
            f"it offers another login: {_words(error)}",
            "Give its credential in the inventory the `auth:` that this server offers.",
        )
    return _Meaning(UnexpectedAnswerError, f"the answer cannot be read ({_named(error)})", _ASK_AGAIN_OR_TELL)


def _missing_login_library(error: Exception) -> _Meaning:
    return _Meaning(
        AuthenticationError,
        f"this login needs a library that is not installed here: {_words(error)}",
        'For Kerberos outside Windows: python -m pip install "moveready[kerberos]"',
    )


def _oversized(error: Exception) -> _Meaning:
    return _Meaning(UnexpectedAnswerError, f"the answer is too large: {_words(error)}", _ASK_AGAIN)


def _login_refused(error: Exception) -> _Meaning:
    return _Meaning(AuthenticationError, f"the login was refused: {_words(error)}", _CHECK_LOGIN)


def _http_status(error: Exception) -> _Meaning:
    assert isinstance(error, WinRMTransportError)  # noqa: S101 - the table says so
    happened = f"it answers with HTTP status {error.code} instead of WSMan"
    return {
        403: _Meaning(RemoteCommandError, happened, "May the account use remote PowerShell there?"),
        404: _Meaning(RemoteCommandError, happened, "Is the port that of the PowerShell endpoint?"),
    }.get(error.code, _Meaning(UnexpectedAnswerError, happened, "Is the service behind this port healthy?"))


def _fault(error: Exception) -> _Meaning:
    assert isinstance(error, WSManFaultError)  # noqa: S101 - the table says so
    reason = " ".join((error.reason or "no reason given").split()).rstrip(".")
    if error.code is None:
        return _Meaning(UnexpectedAnswerError, f"it answers with an error that is no WSMan fault: {reason}", _ASK_AGAIN)
    return _Meaning(
        RemoteCommandError,
        f"it refused with WSMan fault {error.code}: {reason}",
        "May the account use this endpoint, and are not too many of its sessions open (Exchange allows 18)?",
    )


# The order counts: requests' classes are each other's bases.
_MEANINGS: tuple[tuple[type[Exception], Callable[[Exception], _Meaning]], ...] = (
    (LoginRefused, _login_refused),
    (WSManFaultError, _fault),
    (WinRMTransportError, _http_status),
    (requests.exceptions.SSLError, _tls),
    (requests.ConnectTimeout, _connect_timeout),
    (requests.ReadTimeout, _silent),
    (requests.TooManyRedirects, _redirect),
    (OversizedAnswerError, _oversized),
    (OversizedXmlError, _oversized),
    (requests.exceptions.ChunkedEncodingError, _broken),
    (requests.ConnectionError, _no_connection),
    (urllib3.exceptions.ReadTimeoutError, _silent),
    (urllib3.exceptions.ProtocolError, _broken),
    (ssl.SSLError, _authority_file),
    (ImportError, _missing_login_library),
    (ValueError, _wrong_value),
)


def _root_of(error: BaseException) -> BaseException:
    """The exception at the bottom: libraries wrap it up to four times. One of our own is at the bottom."""
    if isinstance(error, RefusedCertificateError):
        return error
    below = next((part for part in error.args if isinstance(part, BaseException)), None)
    below = below or getattr(error, "reason", None) or error.__cause__ or error.__context__
    return _root_of(below) if isinstance(below, BaseException) else error


def _root_words(error: BaseException) -> str:
    return _words(_root_of(error))


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError) and getattr(error, "reason", None):
        return str(error.reason).replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {_words(error)}"[:300]
