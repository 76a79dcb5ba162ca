"""A refused certificate is told by its authority, its name or its time, whichever it was."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from moveready.errors import CertificateError
from moveready.inventory import Ports, Tls
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.certificates import RefusedCertificateError, refusal_of, shown_by
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_authenticated

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import trustme

    from moveready.inventory import Server
    from moveready.lab.server import Lab

    Handler = Callable[[socket.socket], object]
    Listen = Callable[..., int]
    ServerOf = Callable[..., Server]
    Within = Callable[[], AbstractContextManager[None]]

EX01 = "ex01.contoso.com"
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (FaultKind.TLS_WRONG_NAME, f"its certificate is not valid for {EX01} but for not-{EX01}"),
        (
            FaultKind.TLS_OTHER_AUTHORITY,
            r"signed by an authority that is not trusted here \(.*nobody knows.*tls.ca_file",
        ),
        (FaultKind.TLS_EXPIRED, r"its certificate expired on 2019-12-31 \(UTC\)\. Renew"),
    ],
)
def test_a_refused_certificate_is_named_as_what_it_is(
    lab: Lab, server_of: ServerOf, kind: FaultKind, words: str
) -> None:
    """At the wire, with the names and the date that OpenSSL's message leaves out, and nothing asked of the server."""
    lab.inject(EX01, "https", Fault(kind))

    with pytest.raises(CertificateError, match=rf"HTTPS endpoint .*TLS failed: .*{words}"):
        get_authenticated(server_of(lab), "/EWS/mrsproxy.svc", Deadline(10))
    assert lab.log.entries() == ()


def test_an_unknown_and_a_self_signed_certificate_are_two(
    lab: Lab, server_of: ServerOf, authority: trustme.CA, listen: Listen
) -> None:
    """The first wants the certificate of its authority, the other its own."""
    with pytest.raises(CertificateError, match="signed by an authority that is not trusted here"):
        get_authenticated(
            server_of(lab, tls=Tls(ca_file=lab.ca_file), ports=Ports(https=listen(lambda _: None, tls=True))),
            "/EWS/mrsproxy.svc",
            Deadline(10),
        )
    told = refusal_of(refused(18, authority.cert_pem.bytes()))
    assert "self-signed" in told.happened


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (9, "its certificate, or that of its authority, is not valid yet"),
        (10, "its certificate, or that of its authority, has expired"),
        (20, "an authority that is not trusted here"),
        (23, "its certificate is not accepted: certificate revoked"),
        (62, f"its certificate is not valid for {EX01}"),
    ],
)
def test_what_cannot_be_looked_at_is_told_all_the_same(code: int, words: str) -> None:
    """The second handshake may show nothing."""
    assert refusal_of(refused(code, None), NOW).happened.endswith(words)


def test_a_certificate_of_the_future_says_since_when(authority: trustme.CA) -> None:
    """A wrong clock, here or there."""
    pem = authority.issue_cert(EX01, not_before=datetime(2026, 4, 1, tzinfo=UTC)).cert_chain_pems[0].bytes()

    assert "valid from 2026-04-01 (UTC) on only" in refusal_of(refused(9, pem), NOW).happened


def test_many_names_are_told_shortly(authority: trustme.CA) -> None:
    """Five of them, and how many more."""
    pem = authority.issue_cert(*(f"n{number}.contoso.com" for number in range(8))).cert_chain_pems[0].bytes()

    assert refusal_of(refused(62, pem), NOW).happened.endswith("n4.contoso.com and 3 more")


def test_looking_at_a_certificate_is_bounded(listen: Listen, silent: Handler, within: Within) -> None:
    """A server that never gets on with the second handshake shows nothing, in time."""
    port = listen(silent)

    with within():
        assert shown_by("127.0.0.1", port, EX01, Deadline(0.5)) is None


def refused(code: int, pem: bytes | None) -> RefusedCertificateError:
    """OpenSSL's refusal of a certificate."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "certificate revoked"
    return RefusedCertificateError(error, EX01, ssl.PEM_cert_to_DER_cert(pem.decode()) if pem else None)
