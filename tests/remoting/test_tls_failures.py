"""A failure of TLS is told as what it is: an old version, a certificate of ours, a file that cannot be used."""

from __future__ import annotations

import ssl
import struct
from typing import TYPE_CHECKING

import pytest
import requests

from moveready.errors import AuthenticationError, TlsError
from moveready.evidence.workers import ASK_WORKERS
from moveready.inventory import Ports, Tls
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_authenticated
from moveready.remoting.tls_failures import authority_file_failure_of, client_certificate_failure_of, tls_failure_of
from moveready.remoting.windows import ask_windows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import trustme

    from moveready.inventory import Server

    Listen = Callable[..., int]

EX01 = "ex01.contoso.com"
OLD = r"TLS failed: it speaks TLS 1\.0 or 1\.1 only, and both are insecure.*Turn on TLS 1\.2 on the server"
# TLS 1.1 is chosen (RFC 4346, 7.4.1.3): version, 32 random bytes, no session, TLS_RSA_WITH_AES_128_CBC_SHA.
_HELLO = b"\x03\x02" + bytes(32) + b"\x00" + b"\x00\x2f" + b"\x00"
HELLO = b"\x02" + len(_HELLO).to_bytes(3, "big") + _HELLO
SERVER_HELLO = struct.pack(">BHH", 22, 0x0302, len(HELLO)) + HELLO


def https(server: Server) -> object:
    """Ask the HTTPS endpoint."""
    return get_authenticated(server, "/EWS/mrsproxy.svc", Deadline(10))


def windows(server: Server) -> object:
    """Ask the Windows endpoint."""
    return ask_windows(server, ASK_WORKERS, Deadline(10))


@pytest.fixture
def server_at(server_named: Callable[..., Server], authority_file: Path) -> Callable[..., Server]:
    """A server whose endpoints are one port of this machine, with TLS."""

    def build(port: int, *, verify: bool = True) -> Server:
        tls = Tls(verify, authority_file, windows=True)
        return server_named(EX01, address="127.0.0.1", ports=Ports(windows=port, https=port), tls=tls)

    return build


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("ask", [https, windows])
def test_a_server_of_old_tls_is_refused(
    listen: Listen,
    authority: trustme.CA,
    server_at: Callable[..., Server],
    ask: Callable[[Server], object],
    newest: ssl.TLSVersion,
) -> None:
    """One that really speaks nothing newer, with a certificate that is trusted.

    It is no lab: asyncio cuts a connection before it has sent why the handshake failed.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL 3 has neither version otherwise
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
    authority.issue_cert(EX01).configure_cert(context)

    with pytest.raises(TlsError, match=OLD):
        ask(server_at(listen(lambda connection: context.wrap_socket(connection, server_side=True).close())))


@pytest.mark.parametrize("verify", [True, False])
def test_a_server_that_chooses_old_tls_is_refused(
    listen: Listen, answering: Callable[..., Callable[..., None]], server_at: Callable[..., Server], verify: bool
) -> None:
    """One that answers with a version instead of an alert; without verification, too."""
    with pytest.raises(TlsError, match=OLD):
        https(server_at(listen(answering(SERVER_HELLO)), verify=verify))


@pytest.mark.parametrize(
    "reason",
    ["TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_CERTIFICATE_EXPIRED"],
)
def test_a_refused_client_certificate_is_ours(reason: str) -> None:
    """Whoever trusts it, and which account it is, is set on the server."""
    error = ssl.SSLError(1, "failed")
    error.reason = reason

    kind, happened, next_step = tls_failure_of(requests.exceptions.SSLError(error))

    assert kind is AuthenticationError
    assert happened == "it does not accept our client certificate"
    assert "map it to an account" in next_step


def test_files_are_told_by_their_keys_in_the_inventory() -> None:
    """The reason is that of the system."""
    missing = FileNotFoundError(2, "No such file or directory")
    wrapped = ssl.SSLError()
    wrapped.__cause__ = missing

    assert "`tls.ca_file`" in authority_file_failure_of(missing)[2]
    kind, happened, next_step = client_certificate_failure_of(wrapped)
    assert kind is TlsError
    assert happened.endswith("cannot be used: No such file or directory")
    assert "`certificate_key`" in next_step
