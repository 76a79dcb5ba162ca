"""What a failure of TLS means, in our words: the server's certificate, ours, the version, or the port. Pure."""

from __future__ import annotations

from moveready.errors import AuthenticationError, CertificateError, EvidenceError, TlsError
from moveready.remoting.certificates import RefusedCertificateError, refusal_of, refused_certificate_behind
from moveready.remoting.wording import root_of, words_of

TlsFailure = tuple[type[EvidenceError], str, str]
"""The error, what happened (a sentence without its full stop), and what to do about it."""

_OLD_TLS = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION"})
"""OpenSSL's reasons where a server chooses TLS 1.0 or 1.1, or says that it speaks nothing newer."""
_NO_TLS_1_2 = (
    "TLS failed: it speaks TLS 1.0 or 1.1 only, and both are insecure (RFC 8996)",
    "Turn on TLS 1.2 on the server. moveready speaks TLS 1.2 and newer.",
)
_REFUSED_CLIENT = (
    "ALERT_BAD_CERTIFICATE",
    "ALERT_CERTIFICATE_EXPIRED",
    "ALERT_CERTIFICATE_REQUIRED",
    "ALERT_CERTIFICATE_REVOKED",
    "ALERT_CERTIFICATE_UNKNOWN",
    "ALERT_UNKNOWN_CA",
    "ALERT_UNSUPPORTED_CERTIFICATE",
)
"""What a server says about the certificate of its client (RFC 8446, section 6.2), as OpenSSL names it."""
_LET_IT_IN = (
    "On the server, set Certificate of WSMan:\\localhost\\Service\\Auth to true, trust the authority that signed the"
    " certificate, and map it to an account in WSMan:\\localhost\\ClientCertificate."
)
NO_CLIENT_CERTIFICATE = ("it does not accept our client certificate", _LET_IT_IN)


def tls_failure_of(error: Exception) -> TlsFailure:
    """Why a handshake failed, or a connection that had one was ended."""
    root = refused_certificate_behind(error) or root_of(error)
    if isinstance(root, RefusedCertificateError):
        return CertificateError, *refusal_of(root)
    reason = str(getattr(root, "reason", ""))
    if reason in _OLD_TLS:
        return TlsError, *_NO_TLS_1_2
    if reason.endswith(_REFUSED_CLIENT):
        return AuthenticationError, *NO_CLIENT_CERTIFICATE
    return (
        TlsError,
        f"TLS failed: {words_of(root)}",
        "Is it a TLS port at all, and does the server speak TLS 1.2 or newer?",
    )


def authority_file_failure_of(error: Exception) -> TlsFailure:
    """Why the authorities of the inventory cannot be trusted."""
    return (
        TlsError,
        f"the file of the authorities cannot be used: {words_of(error)}",
        "Give a PEM file with at least one certificate as `tls.ca_file` in the inventory.",
    )


def client_certificate_failure_of(error: Exception) -> TlsFailure:
    """Why the client certificate of a credential cannot be shown to anybody."""
    return (
        TlsError,
        f"the client certificate of this credential cannot be used: {words_of(error.__cause__ or error)}",
        "Look at its `certificate`, `certificate_key` and `password` in the inventory.",
    )
