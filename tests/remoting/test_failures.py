"""What each library's exception means to a person; the ones that sockets bring are in the tests of the channels."""

from __future__ import annotations

import ssl

import pytest
import requests
import urllib3
from pypsrp.exceptions import AuthenticationError as LoginRefused
from pypsrp.exceptions import WinRMError, WinRMTransportError, WSManFaultError
from spnego.exceptions import NoCredentialError

from moveready.errors import (
    AuthenticationError,
    DeadlineError,
    EvidenceError,
    MissingCommandError,
    RedirectError,
    RemoteCommandError,
    TlsError,
    UnexpectedAnswerError,
    UnreachableError,
)
from moveready.remoting.deadline import Deadline
from moveready.remoting.dialing import OversizedAnswerError
from moveready.remoting.failures import Conversation, evidence_error_from, told_as_evidence

ABOUT = Conversation("ex01.contoso.com", "Windows endpoint http://ex01.contoso.com:5985/wsman", Deadline(3600))
REFUSED = OSError(111, "Connection refused")

MEANINGS = [
    (LoginRefused("no"), AuthenticationError, "the login was refused: no"),
    (NoCredentialError(context_msg="none"), AuthenticationError, "the login could not be made: "),
    (ImportError("no gssapi"), AuthenticationError, "a library that is not installed here: no gssapi"),
    (ValueError("'Kerberos' is incompatible with the specified auth_provider 'ntlm'"), AuthenticationError, "offers"),
    (
        WSManFaultError(5, "EX01", "Access is denied. "),
        RemoteCommandError,
        "it refused with WSMan fault 5: Access is denied",
    ),
    (WSManFaultError(None, None, None), UnexpectedAnswerError, "an error that is no WSMan fault: no reason given"),
    (WinRMTransportError("http", 403, ""), RemoteCommandError, "HTTP status 403 instead of WSMan"),
    (WinRMTransportError("http", 404, ""), RemoteCommandError, "HTTP status 404 instead of WSMan"),
    (WinRMTransportError("http", 503, ""), UnexpectedAnswerError, "HTTP status 503 instead of WSMan"),
    (requests.exceptions.SSLError(ssl.SSLError(1, "wrong version")), TlsError, "TLS failed: wrong version"),
    (ssl.SSLError(1, "no certificate"), TlsError, "authorities cannot be used: no certificate"),
    (requests.ConnectTimeout(), UnreachableError, "no answer to the attempt to connect"),
    (requests.ReadTimeout(), DeadlineError, "it accepted the connection and said nothing"),
    (urllib3.exceptions.ReadTimeoutError(None, "/", "slow"), DeadlineError, "said nothing"),  # type: ignore[arg-type] # no pool
    (requests.TooManyRedirects(), RedirectError, "it redirects to nowhere"),
    (requests.exceptions.ChunkedEncodingError("cut"), UnreachableError, "the connection broke before the end"),
    (
        urllib3.exceptions.ProtocolError("cut"),
        UnreachableError,
        "the connection broke before the end of the answer: cut",
    ),
    (requests.ConnectionError(urllib3.exceptions.ProtocolError("cut")), UnreachableError, "the connection broke"),
    (requests.ConnectionError(REFUSED), UnreachableError, "no connection: Connection refused"),
    (OversizedAnswerError("more than 16 bytes"), UnexpectedAnswerError, "the answer is too large: more than 16 bytes"),
    (WinRMError("odd"), UnexpectedAnswerError, "the answer cannot be read (WinRMError: odd)"),
    (UnicodeDecodeError("utf-8", b"", 0, 1, "bad"), UnexpectedAnswerError, "cannot be read (UnicodeDecodeError"),
    (KeyError("N"), UnexpectedAnswerError, "the answer cannot be read (KeyError: 'N')"),
]


@pytest.mark.parametrize(("raised", "error", "words"), MEANINGS, ids=lambda value: type(value).__name__)
def test_an_exception_is_told_as_what_it_means(raised: Exception, error: type[EvidenceError], words: str) -> None:
    """Exactly one family, in words that say what happened."""
    told = evidence_error_from(raised, ABOUT)

    assert (type(told), words in told.happened) == (error, True), told


@pytest.mark.parametrize("raised", [raised for raised, _, _ in MEANINGS], ids=lambda value: type(value).__name__)
def test_every_error_says_where_and_what_next(raised: Exception) -> None:
    """Server and channel in front, a whole sentence of advice at the end."""
    told = str(evidence_error_from(raised, ABOUT))

    assert told.startswith(f"{ABOUT.server}, {ABOUT.channel}: ")
    assert told.endswith((".", "?", '"'))
    assert ".." not in told


@pytest.mark.parametrize("raised", [raised for raised, _, _ in MEANINGS], ids=lambda value: type(value).__name__)
def test_after_the_deadline_every_exception_is_its_consequence(raised: Exception) -> None:
    """A cut connection looks like many things; what it means is that the time was up."""
    over = Deadline(7)
    over.cut()

    told = evidence_error_from(raised, ABOUT._replace(deadline=over))
    assert (type(told), told.happened) == (DeadlineError, "no complete answer within 7 s")


def test_the_original_stays_behind_the_error() -> None:
    """Who looks for the library's own exception finds it as the cause."""
    raised = KeyError("N")

    with pytest.raises(UnexpectedAnswerError) as caught, told_as_evidence(ABOUT):
        raise raised
    assert caught.value.__cause__ is raised


def test_an_error_of_evidence_passes_as_it_is() -> None:
    """What was told once is not told again."""
    told = MissingCommandError("ex02", "there", "it is not known", "Ask.")

    with pytest.raises(MissingCommandError) as caught, told_as_evidence(ABOUT):
        raise told
    assert caught.value is told


def test_an_unknown_failure_is_told_with_its_type_and_not_at_length() -> None:
    """A stranger's exception may carry a whole page of HTML."""
    assert len(evidence_error_from(RuntimeError("x" * 10_000), ABOUT).happened) < 400
