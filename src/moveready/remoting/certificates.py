"""Why a certificate was refused, in our words: its authority, its name, or its time.

OpenSSL's message does not say for which names the certificate is valid, or when it expired, and after a failed
handshake the certificate is no longer available. So `shown_by` reads it in a second handshake, in which nothing is
sent.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509

if TYPE_CHECKING:
    from moveready.remoting.deadline import Deadline

_LOOK_SECONDS = 3.0
"""Longest wait for each step of the second handshake; the deadline may be earlier."""

_SELF_SIGNED = 18
_NOT_YET_VALID = 9
_EXPIRED = 10
_OTHER_NAME = {62, 63, 64}
_UNKNOWN_AUTHORITY = {2, 19, 20, 21}
"""Some of OpenSSL's X509_V_ERR_ codes (x509_vfy.h)."""

_MOST_NAMES = 5


class RefusedCertificateError(ssl.SSLError):
    """The handshake ended because of the server's certificate; used only inside remoting.

    Attributes:
        refused: OpenSSL's own error.
        name: The name of the server that we wanted to reach.
        shown: The certificate (DER), or None if it was not available.
    """

    def __init__(self, refused: ssl.SSLCertVerificationError, name: str, shown: bytes | None) -> None:
        """Keep the three fields."""
        super().__init__(refused.errno, refused.verify_message)
        self.refused = refused
        self.name = name
        self.shown = shown


class CertificateRefusal(NamedTuple):
    """What is wrong with a certificate (a sentence without its full stop), and what to do about it."""

    happened: str
    next_step: str


def shown_by(address: str, port: int, name: str, deadline: Deadline) -> bytes | None:
    """The certificate (DER) that a server shows when asked for that name; None if it shows none in time."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    wait = min(_LOOK_SECONDS, max(deadline.left, 0.001))
    with suppress(OSError), socket.create_connection((address, port), wait) as connection:
        handle = deadline.guard(connection)
        try:
            with context.wrap_socket(connection, server_hostname=name) as speaking:
                return speaking.getpeercert(binary_form=True)
        finally:
            deadline.release(handle)
    return None


def refused_certificate_behind(error: BaseException | None) -> RefusedCertificateError | None:
    """The refused certificate behind an error, because libraries wrap it in their own errors."""
    while error is not None and not isinstance(error, RefusedCertificateError):
        below = [*error.args, getattr(error, "reason", None)]
        error = next((part for part in below if isinstance(part, BaseException)), None)
    return error


def refusal_of(error: RefusedCertificateError, now: datetime | None = None) -> CertificateRefusal:
    """Why the certificate was refused; pure."""
    certificate = x509.load_der_x509_certificate(error.shown) if error.shown else None
    code = error.refused.verify_code
    if code in {_EXPIRED, _NOT_YET_VALID}:
        return _wrong_time(certificate, now or datetime.now(UTC), code)
    if code in _OTHER_NAME:
        return _wrong_name(certificate, error.name)
    if code == _SELF_SIGNED or code in _UNKNOWN_AUTHORITY:
        return _wrong_authority(certificate, code)
    return CertificateRefusal(
        f"TLS failed: its certificate is not accepted: {error.refused.verify_message}", "Replace the certificate."
    )


def _wrong_time(certificate: x509.Certificate | None, now: datetime, code: int) -> CertificateRefusal:
    renew = "Renew the certificate on the server; is this machine's clock right?"
    if certificate is not None and certificate.not_valid_after_utc < now:
        return CertificateRefusal(
            f"TLS failed: its certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d} (UTC)", renew
        )
    if certificate is not None and certificate.not_valid_before_utc > now:
        since = f"{certificate.not_valid_before_utc:%Y-%m-%d} (UTC)"
        return CertificateRefusal(f"TLS failed: its certificate is valid from {since} on only", renew)
    wrong = "has expired" if code == _EXPIRED else "is not valid yet"
    return CertificateRefusal(f"TLS failed: its certificate, or that of its authority, {wrong}", renew)


def _wrong_name(certificate: x509.Certificate | None, name: str) -> CertificateRefusal:
    names = _names_of(certificate)
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else "")
    return CertificateRefusal(
        f"TLS failed: its certificate is not valid for {name}" + (f" but for {shown}" if shown else ""),
        "Is the address right? Then name the server in the inventory as its certificate does (for the HTTPS endpoint"
        " alone, with `host_header`), or replace the certificate.",
    )


def _wrong_authority(certificate: x509.Certificate | None, code: int) -> CertificateRefusal:
    if code == _SELF_SIGNED:
        return CertificateRefusal(
            "TLS failed: its certificate is self-signed, and not trusted here",
            "Give the certificate itself as `tls.ca_file` in the inventory, or replace it.",
        )
    issuer = f" ({certificate.issuer.rfc4514_string()})" if certificate else ""
    return CertificateRefusal(
        f"TLS failed: its certificate is signed by an authority that is not trusted here{issuer}",
        "Give the certificate of that authority as `tls.ca_file` in the inventory.",
    )


def _names_of(certificate: x509.Certificate | None) -> list[str]:
    if certificate is None:
        return []
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
