"""What each library's exception means to a person; the ones that sockets bring are in the tests of the channels."""

from __future__ import annotations

import re
import ssl
from http.client import BadStatusLine

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
from moveready.evidence.xml_text import DocumentTypeError
from moveready.inventory import Auth, Credential, Secret
from moveready.remoting.deadline import Deadline
from moveready.remoting.dialing import OversizedAnswerError, SilentServerError
from moveready.remoting.failures import Conversation, as_evidence_errors, evidence_error_from
from moveready.remoting.login_failures import NO_KDC, SILENT_KDC
from moveready.remoting.logins import Logins

ABOUT = Conversation("ex01.contoso.com", "Windows endpoint http://ex01.contoso.com:5985/wsman", Deadline(3600))
REFUSED = OSError(111, "Connection refused")
OFFER = "The server did not response with one of the following authentication methods Negotiate, NTLM - actual: '%s'"
IIS_PAGE = "<html><head><title>IIS 10.0 - 500.19</title></head><body><h3>HTTP Error 500.19</h3></body></html>"
PYTHONS = re.compile(r"[A-Z][a-z]+Error|NoneType|Spnego|Traceback|errno|object at")


def no_http(line: str) -> requests.ConnectionError:
    """What requests makes of an answer that is no HTTP."""
    return requests.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", BadStatusLine(line)))


MEANINGS = [
    (LoginRefused("no"), AuthenticationError, "the login was refused"),
    (
        LoginRefused("Failed to authenticate the user CONTOSO\\svc with ntlm"),
        AuthenticationError,
        "the login was refused: CONTOSO\\svc with ntlm",
    ),
    (LoginRefused(OFFER % 'Basic realm="x, y", Bearer'), AuthenticationError, "offers only Basic and Bearer"),
    (LoginRefused(OFFER % "Bearer authorization_uri=https://sts"), AuthenticationError, "offers only Bearer"),
    (LoginRefused(OFFER % ""), AuthenticationError, "it answers 401 and offers no login"),
    (NoCredentialError(context_msg="none"), AuthenticationError, "there is no Kerberos ticket"),
    (ImportError("no gssapi"), AuthenticationError, "a library that is not installed here"),
    (
        ValueError(
            "Server responded with the auth protocol 'Kerberos' which is incompatible with the specified auth_provider"
            " 'ntlm'"
        ),
        AuthenticationError,
        "it offers another login: Kerberos, where the credential has `auth: ntlm`",
    ),
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
    (WinRMError("odd"), UnexpectedAnswerError, "the answer cannot be read: odd"),
    (UnicodeDecodeError("utf-8", b"", 0, 1, "bad"), UnexpectedAnswerError, "cannot be read: its text is not UTF-8"),
    (KeyError("N"), UnexpectedAnswerError, "the answer cannot be read: a part is missing"),
    (AttributeError("'NoneType' has no 'group'"), UnexpectedAnswerError, "cannot be read: a part is missing"),
    (RuntimeError("RuntimeError"), UnexpectedAnswerError, "cannot be read: no reason is known"),
    (no_http("220 smtp"), UnexpectedAnswerError, "it says: 220 smtp"),
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
    assert not PYTHONS.search(told)


@pytest.mark.parametrize("raised", [raised for raised, _, _ in MEANINGS], ids=lambda value: type(value).__name__)
def test_after_the_deadline_every_exception_is_its_consequence(raised: Exception) -> None:
    """A cut connection looks like many things; what it means is that the time was up."""
    over = Deadline(7)
    over.cut()

    told = evidence_error_from(raised, ABOUT._replace(deadline=over))
    assert (type(told), told.happened) == (DeadlineError, "no complete answer within 7 s")


class Krb5Error(Exception):
    """As the krb5 library has it."""

    __module__ = "krb5._exceptions"
    err_code = -1765328228


def test_a_silent_kdc_is_told_after_the_deadline_too() -> None:
    """Its library waits longer than any deadline, which is not the fault of the server."""
    over = Deadline(7)
    over.cut()

    told = evidence_error_from(Krb5Error(), ABOUT._replace(deadline=over))
    assert (type(told), told.happened) == (AuthenticationError, NO_KDC.happened)


def test_a_kdc_that_was_lost_is_found_once() -> None:
    """The next login with the credential is not tried: it would wait as long."""
    account = Logins().of(Credential("admin", Auth.KERBEROS, "svc@CONTOSO.COM", Secret("secret")))
    with (
        pytest.raises(AuthenticationError),
        as_evidence_errors(ABOUT._replace(account=account)),
    ):
        raise Krb5Error

    assert account.ticket.known_failure == NO_KDC


def test_ntlm_that_was_tried_for_want_of_a_ticket_is_told_so() -> None:
    """The server that takes Kerberos alone is not at fault, and neither is the credential."""
    account = Logins().of(Credential("admin", Auth.NEGOTIATE, "svc@CONTOSO.COM", Secret("secret")))
    account.ticket.failure(lambda: SILENT_KDC, Deadline(60))
    raised = ValueError(
        "Server responded with the auth protocol 'Kerberos' which is incompatible with the specified auth_provider"
        " 'ntlm'"
    )

    told = evidence_error_from(raised, ABOUT._replace(account=account))
    assert told.happened == f"it takes Kerberos alone, and {SILENT_KDC.happened}"
    assert told.next_step == SILENT_KDC.next_step


@pytest.mark.parametrize(
    "raised", [requests.ConnectTimeout(), requests.ReadTimeout(), SilentServerError(10.0)], ids=str
)
def test_a_timeout_does_not_blame_the_account(raised: Exception) -> None:
    """Who says nothing has not refused anybody."""
    told = str(evidence_error_from(raised, ABOUT)).lower()

    assert not any(word in told for word in ("credential", "account", "password", "login"))


def test_seconds_are_told_as_people_say_them() -> None:
    """`13.3333 s` is nobody's measure."""
    over = Deadline(40 / 3)
    over.cut()

    told = evidence_error_from(RuntimeError(), ABOUT._replace(deadline=over)).happened
    assert told == "no complete answer within 13 s"


def test_an_error_page_that_is_xml_keeps_its_status() -> None:
    """Pypsrp looks for a WSMan fault in it, and finds none; IIS's own sub-status is told where the page has it."""
    for error in (DocumentTypeError("it has a document type"), WSManFaultError(None, None, None)):
        error.__context__ = WinRMTransportError("http", 500, IIS_PAGE)

        assert evidence_error_from(error, ABOUT).happened == "it answers with HTTP status 500.19 instead of WSMan"


def test_the_original_stays_behind_the_error() -> None:
    """Who looks for the library's own exception finds it as the cause."""
    raised = KeyError("N")

    with pytest.raises(UnexpectedAnswerError) as caught, as_evidence_errors(ABOUT):
        raise raised
    assert caught.value.__cause__ is raised


def test_an_error_of_evidence_passes_as_it_is() -> None:
    """What was told once is not told again."""
    told = MissingCommandError("ex02", "there", "it is not known", "Ask.")

    with pytest.raises(MissingCommandError) as caught, as_evidence_errors(ABOUT):
        raise told
    assert caught.value is told


def test_an_unknown_failure_is_told_with_its_type_and_not_at_length() -> None:
    """A stranger's exception may carry a whole page of HTML."""
    assert len(evidence_error_from(RuntimeError("x" * 10_000), ABOUT).happened) < 400
