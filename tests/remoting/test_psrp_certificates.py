"""A client certificate logs in to WinRM over TLS, and nobody else's does."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from moveready.errors import AuthenticationError, TlsError, UnreachableError
from moveready.evidence.workers import ASK_WORKERS
from moveready.inventory import Auth, Credential, Ports, Secret, Tls
from moveready.lab.auth import write_for_owner
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_authenticated
from moveready.remoting.logins import Logins
from moveready.remoting.windows import ask_windows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.inventory import Server
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]
    ServerOf = Callable[..., Server]
    Service = Callable[[ssl.TLSVersion], dict[str, Any]]

EX01 = "ex01.contoso.com"


@pytest.fixture
def lab(lab_with: LabWith) -> Lab:
    """A lab whose WinRM speaks TLS."""
    return lab_with(windows_tls=True)


@pytest.fixture
def service(listen: Callable[..., int], authority: trustme.CA, authority_file: Path) -> Service:
    """A WinRM that wants a certificate of its own authority, and speaks no newer TLS than it shall."""

    def start(newest: ssl.TLSVersion) -> dict[str, Any]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version, context.verify_mode = newest, ssl.CERT_REQUIRED
        authority.issue_cert(EX01).configure_cert(context)
        authority.configure_trust(context)

        def speak(connection: socket.socket) -> None:
            speaking = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            with suppress(ssl.SSLError):
                speaking.do_handshake()
            while socket.socket.recv(speaking, 4096):
                """Let the client read why, before the connection ends."""

        return {"ports": Ports(windows=listen(speak)), "tls": Tls(windows=True, ca_file=authority_file)}

    return start


def certificate(file: Path, password: Secret | None = None) -> Credential:
    """The credential of a PEM file with certificate and key."""
    return Credential("by certificate", Auth.CERTIFICATE, None, password, file, file)


def of(authority: trustme.CA, name: str, file: Path) -> Credential:
    """The credential of a certificate that the authority issues for this name."""
    write_for_owner(file, authority.issue_cert(name).private_key_and_cert_chain_pem.bytes().decode())
    return certificate(file)


def test_a_certificate_logs_in_to_winrm(lab: Lab, server_of: ServerOf) -> None:
    """As the account that it is mapped to, without a challenge and without a password on the wire."""
    server = server_of(lab, windows_credential=certificate(lab.client_file))

    answer = ask_windows(server, ASK_WORKERS, Deadline(10))

    assert len(answer.objects) == 1
    entries = lab.log.entries(server=EX01, channel="windows")
    assert {entry.user for entry in entries} == {lab.account.username}
    assert [entry.kind for entry in entries if entry.kind == "challenge"] == []
    assert len(lab.log.logins(channel="windows")) == 1
    assert lab.log.credentials == ()


def test_the_https_endpoint_has_the_other_credential(lab: Lab, server_of: ServerOf) -> None:
    """EWS takes Windows logins; the certificate is for WinRM alone."""
    server = server_of(lab, windows_credential=certificate(lab.client_file))

    assert get_authenticated(server, "/EWS/mrsproxy.svc", Deadline(10)).logged_in
    assert {entry.user for entry in lab.log.logins(channel="https")} == {lab.account.username}


def test_a_key_with_a_passphrase_is_opened(lab: Lab, server_of: ServerOf, tmp_path: Path) -> None:
    """With the passphrase from the inventory; with another one it is told, and nobody is asked."""
    from cryptography.hazmat.primitives import serialization as pem

    content = lab.client_file.read_bytes()
    key = pem.load_pem_private_key(content, None)
    sealed = key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.BestAvailableEncryption(b"hunter2"))
    write_for_owner(tmp_path / "sealed.pem", (sealed + content[content.index(b"-----BEGIN CERT") :]).decode())

    right = server_of(lab, windows_credential=certificate(tmp_path / "sealed.pem", Secret("hunter2")))
    assert ask_windows(right, ASK_WORKERS, Deadline(10)).objects
    lab.log.clear()
    for wrong in (Secret("hunter3"), None):
        server = server_of(lab, windows_credential=certificate(tmp_path / "sealed.pem", wrong))
        with pytest.raises(TlsError, match=r"the client certificate of this credential cannot be used.*`password`"):
            ask_windows(server, ASK_WORKERS, Deadline(10))
    assert lab.log.entries() == ()


@pytest.mark.parametrize(
    ("newest", "has_one"),
    [(ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_3, False)],
    ids=["unknown-1.2", "unknown-1.3", "none-1.3"],
)
def test_a_server_that_does_not_trust_the_certificate_is_told(
    service: Service, server_named: Callable[..., Server], tmp_path: Path, newest: ssl.TLSVersion, has_one: bool
) -> None:
    """In the handshake, and with TLS 1.3 after it; and so is one that gets none, and must have one.

    (TLS 1.2 has no alert of its own for a missing certificate.)
    """
    stranger = of(trustme.CA(), "svc-moveready@contoso.com", tmp_path / "stranger.pem")
    facts = service(newest)
    server = server_named(EX01, address="127.0.0.1", windows_credential=stranger if has_one else None, **facts)

    with pytest.raises(AuthenticationError, match=r"it does not accept our client certificate\. On the server, set"):
        ask_windows(server, ASK_WORKERS, Deadline(10))


def test_the_lab_refuses_a_certificate_of_an_unknown_authority(lab: Lab, server_of: ServerOf, tmp_path: Path) -> None:
    """Before anything is asked. Its loop may cut the connection before the alert is sent."""
    stranger = of(trustme.CA(), f"{lab.account.name}@contoso.com", tmp_path / "stranger.pem")

    with pytest.raises((AuthenticationError, UnreachableError)):
        ask_windows(server_of(lab, windows_credential=stranger), ASK_WORKERS, Deadline(10))
    assert lab.log.entries() == ()


def test_a_certificate_that_is_refused_is_given_up(lab: Lab, server_of: ServerOf) -> None:
    """Like a password: the account that it is mapped to has one, and can be locked."""
    lab.inject(EX01, "windows", Fault(FaultKind.UNAUTHORIZED))
    server, logins = server_of(lab, windows_credential=certificate(lab.client_file)), Logins()

    for _ in range(2):
        with pytest.raises(AuthenticationError, match="it does not accept our client certificate"):
            ask_windows(server, ASK_WORKERS, Deadline(10), logins)
    with pytest.raises(AuthenticationError, match=r"certificate lab-client\.pem was refused by ex01; not tried"):
        ask_windows(server, ASK_WORKERS, Deadline(10), logins)
    assert [entry.status for entry in lab.log.entries(channel="windows")] == [401, 401]
