"""The multipart framing of WinRM's message encryption (MS-WSMV 2.2.9.1), written from the specification. Pure.

Sealing itself is the security context's work; this module packs and unpacks the data around the sealed bytes. Imports
nothing of moveready.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    class Wrapped(Protocol):
        """The result of sealing: signature, sealed bytes, and the number of padding bytes."""

        @property
        def header(self) -> bytes:
            """The signature."""
            ...

        @property
        def data(self) -> bytes:
            """The sealed bytes."""
            ...

        @property
        def padding_length(self) -> int:
            """Bytes of padding."""
            ...

    class SecurityContext(Protocol):
        """The two methods of a security context that this module needs."""

        def wrap_winrm(self, data: bytes) -> Wrapped:
            """Seal."""
            ...

        def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
            """Unseal; raises if the bytes do not belong to this context."""
            ...


_PLAIN_TYPE = "application/soap+xml;charset=UTF-8"
_OCTETS = b"\tContent-Type: application/octet-stream\r\n"
_LENGTH = re.compile(rb";Length=(\d+)\s*$", re.MULTILINE)
_SIGNATURE_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Framing:
    """How one side writes its encrypted messages.

    Attributes:
        protocol: `application/HTTP-SPNEGO-session-encrypted`, or `...HTTP-Kerberos-session-encrypted` if the login used
            the header `Kerberos`.
        dashes: The text before the boundary's name: `--`, or `-- ` as Exchange writes it (seen by pypsrp's users).
    """

    protocol: str = "application/HTTP-SPNEGO-session-encrypted"
    dashes: str = "--"

    @property
    def content_type(self) -> str:
        """The value of the HTTP header Content-Type."""
        return f'multipart/encrypted;protocol="{self.protocol}";boundary="Encrypted Boundary"'


def framing_for(scheme: str, *, exchange: bool) -> Framing:
    """The framing of an endpoint's answers after a login by `scheme` (`negotiate`, `ntlm` or `kerberos`).

    Exchange's boundary has the blank after Kerberos logins; it is not known after other logins.
    """
    if scheme.lower() != "kerberos":
        return Framing()
    return Framing("application/HTTP-Kerberos-session-encrypted", "-- " if exchange else "--")


def is_sealed(content_type: str) -> bool:
    """Whether an HTTP body of this Content-Type is an encrypted message."""
    return content_type.lower().startswith("multipart/encrypted")


def unsealed(body: bytes, context: SecurityContext) -> bytes:
    """The plain message of an encrypted HTTP body.

    Raises:
        LabError: The body is not framed as MS-WSMV 2.2.9.1 says, or does not have the announced length.
        Exception: The context cannot unseal the bytes; the kind depends on the context.
    """
    announced = _LENGTH.search(body)
    _, found, sealed = body.partition(_OCTETS)
    ending = re.search(rb"--\s*Encrypted Boundary--\r\n\Z", sealed)
    if announced is None or not found or ending is None:
        raise LabError("An encrypted message is not framed as multipart/encrypted")
    sealed = sealed[: ending.start()]
    data_at = _SIGNATURE_LENGTH.size + _SIGNATURE_LENGTH.unpack_from(sealed)[0]
    message = context.unwrap_winrm(sealed[_SIGNATURE_LENGTH.size : data_at], sealed[data_at:])
    if len(message) != int(announced[1]):
        raise LabError(f"An encrypted message announces {announced[1].decode()} bytes and holds {len(message)}")
    return message


def sealed(message: bytes, context: SecurityContext, framing: Framing) -> bytes:
    """The encrypted HTTP body of a plain message."""
    wrapped = context.wrap_winrm(message)
    length = len(message) + wrapped.padding_length
    boundary = f"{framing.dashes}Encrypted Boundary"
    lines: Sequence[str] = (
        boundary,
        f"\tContent-Type: {framing.protocol}",
        f"\tOriginalContent: type={_PLAIN_TYPE};Length={length}",
        boundary,
        _OCTETS.decode(),
    )
    signature = _SIGNATURE_LENGTH.pack(len(wrapped.header)) + wrapped.header
    return "\r\n".join(lines).encode() + signature + wrapped.data + f"{boundary}--\r\n".encode()


def altered(body: bytes) -> bytes:
    """The encrypted HTTP body with one byte of its message changed, as a device on the way might do it."""
    at = body.rindex(b"Encrypted Boundary--") - 8
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
