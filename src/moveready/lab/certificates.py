"""The lab's certificate authority and the certificates of its servers. No sockets; imports nothing of moveready.

Clients connect to 127.0.0.1 and name the server in the handshake (SNI), so each listener needs only one context: its
SNI callback issues the named server's certificate on first use (about 1.6 ms) and keeps it. A client that gives no
name, such as curl with an IP address, gets a certificate for 127.0.0.1.
"""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import trustme

from moveready.lab.faults import FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.faults import Fault

_PAST = datetime(2019, 12, 31, tzinfo=UTC)


class Certificates:
    """One authority, and one server certificate per name."""

    def __init__(self, names: frozenset[str]) -> None:
        """`names` are the only names that certificates are issued for, lower case."""
        self._names = names
        self._authority = trustme.CA(organization_name="moveready lab")
        self._of_clients = trustme.CA(organization_name="moveready lab, client certificates")
        self._stranger = trustme.CA(organization_name="moveready lab, an authority nobody knows")
        self._contexts: dict[tuple[str, FaultKind | None], ssl.SSLContext] = {}
        self._bindings: dict[ssl.SSLContext, bytes] = {}

    def write_authority(self, file: Path) -> None:
        """Write the authority's certificate as PEM; a client that trusts it trusts every server of the lab."""
        file.write_bytes(self._authority.cert_pem.bytes())

    def client_certificate(self, name: str) -> bytes:
        """A certificate for the client `name@domain.com`, with its key, as PEM."""
        return self._of_clients.issue_cert(name).private_key_and_cert_chain_pem.bytes()

    def context_for_listener(
        self, fault_of: Callable[[str], Fault | None], *, asks_clients: bool = False
    ) -> ssl.SSLContext:
        """The TLS context of one channel's listeners.

        Args:
            fault_of: Gives the TLS fault, if any, that strikes a handshake with the server of this name.
            asks_clients: Whether clients are asked for a certificate; those that have none may go on.
        """
        context = self._new_context(self._authority, "127.0.0.1", "localhost")
        if not asks_clients:
            # Whether a client is asked is decided by this context, before a name has chosen another.
            context.verify_mode = ssl.CERT_NONE

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
            if name is not None and name.lower() in self._names:
                connection.context = self._context_of(name.lower(), fault_of(name.lower()))

        context.sni_callback = choose
        return context

    def bindings_of(self, context: ssl.SSLContext) -> bytes:
        """The channel bindings `tls-server-end-point` of RFC 5929 section 4 for the certificate of a context."""
        return self._bindings[context]

    def _context_of(self, name: str, fault: Fault | None) -> ssl.SSLContext:
        key = (name, fault.kind if fault else None)
        if key not in self._contexts:
            authority = self._stranger if key[1] is FaultKind.TLS_OTHER_AUTHORITY else self._authority
            shown = f"not-{name}" if key[1] is FaultKind.TLS_WRONG_NAME else name
            until = _PAST if key[1] is FaultKind.TLS_EXPIRED else None
            self._contexts[key] = self._new_context(authority, shown, until=until)
        return self._contexts[key]

    def _new_context(self, authority: trustme.CA, *names: str, until: datetime | None = None) -> ssl.SSLContext:
        certificate = authority.issue_cert(*names, not_after=until)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self._of_clients.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        der = ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())
        # Trustme signs with SHA-256, so that is the hash which RFC 5929 asks for.
        self._bindings[context] = b"tls-server-end-point:" + hashlib.sha256(der).digest()
        return context
