"""Kerberos logins to the lab, by python-gssapi's acceptor: tokens in, tokens out; no sockets.

The tickets come from a real KDC, and a keytab has the keys of the simulated servers. GSSAPI reads both kinds of tokens:
those of SPNEGO (header `Negotiate`), and bare ones (header `Kerberos`). python-gssapi belongs to the extra `kerberos`,
so it is imported inside functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from moveready.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class KerberosServices:
    """The services of one listener.

    Attributes:
        keytab: The keys of all simulated servers.
        principals: Those that this listener is, like `http/ex01.contoso.com`, in lower case. A ticket for another one
            is refused: a real server does not have its key.
    """

    keytab: Path
    principals: frozenset[str]


class Sealed(NamedTuple):
    """A sealed message: its signature, its bytes with the padding, and the length of the padding."""

    header: bytes
    data: bytes
    padding_length: int


class KerberosLogin:
    """One login, and then the security context of its connection."""

    def __init__(self, services: KerberosServices, bindings: bytes | None, *, bindings_required: bool) -> None:
        """Wait for the first token; `bindings` are what a client's channel bindings must be, if it sends some."""
        import gssapi  # noqa: PLC0415 - see the module's docstring
        from gssapi.raw import ChannelBindings  # noqa: PLC0415 - as above

        # A replay needs an attacker, and a file of earlier logins would belong to all labs of this machine.
        store = {"keytab": f"FILE:{services.keytab}", "rcache": "none:"}
        self._services = services
        self._bindings_required = bindings is not None and bindings_required
        self._context: Any = gssapi.SecurityContext(
            creds=gssapi.Credentials(usage="accept", store=store),
            usage="accept",
            channel_bindings=None if bindings is None else ChannelBindings(application_data=bindings),
        )

    @property
    def complete(self) -> bool:
        """Whether the client is known."""
        return bool(self._context.complete)

    @property
    def client_principal(self) -> str:
        """The client, like `svc-moveready@CONTOSO.COM`."""
        return str(self._context.initiator_name)

    def step(self, token: bytes) -> bytes | None:
        """The answer to a token of the client.

        Raises:
            LabError: The ticket is for another service, or channel bindings are missing.
            Exception: The token is refused, also because of wrong channel bindings; the kind depends on GSSAPI.
        """
        answer: bytes | None = self._context.step(token)
        if self.complete:
            self._check()
        return answer

    def _check(self) -> None:
        """Refuse what GSSAPI lets pass.

        GSSAPI accepts a client without channel bindings, and tells it by its flag 0x800 alone (measured with MIT krb5
        1.20.1); pyspnego does not show this flag.
        """
        from gssapi import RequirementFlag  # noqa: PLC0415 - see the module's docstring

        service = str(self._context.target_name).partition("@")[0]
        if service.lower() not in self._services.principals:
            raise LabError(f"The ticket is for {service}")
        if self._bindings_required and RequirementFlag.channel_bound not in self._context.actual_flags:
            raise LabError("The login has no channel bindings")

    def wrap_winrm(self, data: bytes) -> Sealed:
        """Seal a message."""
        from gssapi.raw import IOV, IOVBufferType, wrap_iov  # noqa: PLC0415 - see the module's docstring

        buffers = IOV(IOVBufferType.header, data, IOVBufferType.padding, std_layout=False)
        wrap_iov(self._context, buffers)
        header, body, padding = (buffer.value or b"" for buffer in buffers)
        return Sealed(header, body + padding, len(padding))

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Unseal a message; raises an exception of GSSAPI if the bytes do not belong to this context."""
        from gssapi.raw import IOV, IOVBufferType, unwrap_iov  # noqa: PLC0415 - see the module's docstring

        # The empty last buffer is for RC4's padding, which no client sends separately.
        buffers = IOV((IOVBufferType.header, False, header), data, IOVBufferType.data, std_layout=False)
        unwrap_iov(self._context, buffers)
        return bytes(buffers[1].value or b"")
