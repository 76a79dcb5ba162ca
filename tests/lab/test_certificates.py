"""The certificates that the lab shows, in TLS handshakes without a socket."""

from __future__ import annotations

import hashlib
import ssl
from typing import TYPE_CHECKING

import pytest

from moveready.lab.certificates import Certificates
from moveready.lab.faults import Fault, FaultKind

if TYPE_CHECKING:
    from pathlib import Path

NAME = "ex01.contoso.com"


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Shake hands through memory; the client's and the server's end."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname=name)
    far = server.wrap_bio(to_server, to_client, server_side=True)
    done: set[ssl.SSLObject] = set()
    while len(done) < 2:
        for end in (near, far):
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                pass
    return near, far


@pytest.fixture
def certificates() -> Certificates:
    """An authority that knows one name."""
    return Certificates(frozenset({NAME}))


@pytest.fixture
def client(certificates: Certificates, tmp_path: Path) -> ssl.SSLContext:
    """A client that trusts the authority."""
    certificates.write_authority(tmp_path / "ca.pem")
    return ssl.create_default_context(cafile=tmp_path / "ca.pem")


@pytest.mark.parametrize("name", [NAME, "EX01.contoso.com", "127.0.0.1", "localhost"])
def test_a_known_name_and_the_address_are_certified(
    certificates: Certificates, client: ssl.SSLContext, name: str
) -> None:
    """Who names a server gets its certificate; who connects to the address gets one for the address."""
    near, _ = handshake(certificates.context_for_listener(lambda _: None), client, name)

    assert near.version()


def test_the_bindings_are_those_of_the_certificate_shown(certificates: Certificates, client: ssl.SSLContext) -> None:
    """Channel bindings are the hash of the very certificate that this connection saw (RFC 5929)."""
    near, far = handshake(certificates.context_for_listener(lambda _: None), client, NAME)
    shown = near.getpeercert(binary_form=True)

    assert shown is not None
    assert certificates.bindings_of(far.context) == b"tls-server-end-point:" + hashlib.sha256(shown).digest()


def test_a_name_is_certified_once(certificates: Certificates, client: ssl.SSLContext) -> None:
    """The second handshake shows the same certificate."""
    listener = certificates.context_for_listener(lambda _: None)
    shown = {handshake(listener, client, NAME)[0].getpeercert(binary_form=True) for _ in range(2)}

    assert len(shown) == 1


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (FaultKind.TLS_WRONG_NAME, "Hostname mismatch"),
        (FaultKind.TLS_EXPIRED, "certificate has expired"),
        (FaultKind.TLS_OTHER_AUTHORITY, "unable to get local issuer|self-signed"),
    ],
)
def test_faults_show_another_certificate(
    certificates: Certificates, client: ssl.SSLContext, kind: FaultKind, problem: str
) -> None:
    """An injected TLS fault fails the client's own verification."""
    with pytest.raises(ssl.SSLCertVerificationError, match=problem):
        handshake(certificates.context_for_listener(lambda _: Fault(kind)), client, NAME)


def test_an_unknown_name_gets_no_certificate_of_its_own(certificates: Certificates, client: ssl.SSLContext) -> None:
    """The lab certifies its own servers only."""
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(certificates.context_for_listener(lambda _: None), client, "elsewhere.example")


@pytest.mark.parametrize("asks_clients", [True, False])
@pytest.mark.parametrize("has_one", [True, False])
def test_a_client_is_asked_for_its_certificate(
    certificates: Certificates, tmp_path: Path, asks_clients: bool, has_one: bool
) -> None:
    """Where the listener wants it; whoever has none goes on without."""
    certificates.write_authority(tmp_path / "ca.pem")
    client = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    if has_one:
        (tmp_path / "client.pem").write_bytes(certificates.client_certificate("mover@contoso.com"))
        client.load_cert_chain(tmp_path / "client.pem")

    listener = certificates.context_for_listener(lambda _: None, asks_clients=asks_clients)
    near, far = handshake(listener, client, NAME)
    far.write(b"x")
    near.read(1)

    shown = (far.getpeercert() or {}).get("subjectAltName")
    assert shown == ((("email", "mover@contoso.com"),) if asks_clients and has_one else None)
