"""An acceptor of NTLM that tells who it is as the simulated server would.

pyspnego's own acceptor names the machine that it runs on. Here the CHALLENGE message names the server and its domain,
as a member of a domain does (MS-NLMP 2.2.1.2, 2.2.2.1, 3.2.5.1.1), and the version of Windows Server 2016.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from spnego import ContextReq, NegotiateOptions
from spnego._context import GSSMech
from spnego._negotiate import NegotiateProxy
from spnego._ntlm import NTLMProxy
from spnego._ntlm_raw.messages import AvId, Challenge, FileTime, NegotiateFlags, TargetInfo, Version
from spnego.channel_bindings import GssChannelBindings

from moveready.errors import LabError

if TYPE_CHECKING:
    from moveready.lab.encryption import Wrapped

SIGNATURE = b"NTLMSSP\0"
AUTHENTICATE = SIGNATURE + struct.pack("<I", 3)
_RESPONSE_FIELD = 8
"""The position of the field NtChallengeResponse after the message type: behind LmChallengeResponse."""
_FIELD = struct.Struct("<H2xI")
_FIRST_AV_PAIR = 16 + 28
"""Behind the proof and the fixed part of NTLMv2_CLIENT_CHALLENGE."""
_AV_PAIR = struct.Struct("<HH")
_AV_CHANNEL_BINDINGS = 10

# pyspnego's own Negotiate and NTLM on every platform: Windows' SSPI would check the accounts of this machine.
_OPTIONS = NegotiateOptions.use_negotiate | NegotiateOptions.wrapping_winrm
_WINDOWS_2016 = Version(10, 0, 14393)


class ServerAcceptor(NegotiateProxy):
    """pyspnego's acceptor of Negotiate, with an NTLM of its own."""

    def __init__(self, computer: str, channel_bindings: GssChannelBindings | None) -> None:
        """Accept logins to the server of this FQDN."""
        super().__init__(
            None,
            None,
            "unspecified",
            "host",
            channel_bindings,
            ContextReq.default,
            usage="accept",
            protocol="negotiate",
            options=_OPTIONS,
        )
        self._computer = computer

    def _rebuild_context_list(
        self, mech_types: list[str] | None = None, channel_bindings: GssChannelBindings | None = None
    ) -> list[str]:
        known = super()._rebuild_context_list(mech_types, channel_bindings)
        if GSSMech.ntlm in self._context_list:
            self._context_list[GSSMech.ntlm] = (ServerNtlm(self._computer, self.channel_bindings), None)
        return known


class ServerNtlm(NTLMProxy):
    """pyspnego's acceptor of NTLM under the names of another machine."""

    def __init__(self, computer: str, channel_bindings: GssChannelBindings | None) -> None:
        """Accept logins to the server of this FQDN."""
        options = _OPTIONS & ~NegotiateOptions.use_negotiate
        super().__init__(usage="accept", protocol="ntlm", channel_bindings=channel_bindings, options=options)
        self._is_wrapped = True  # as in the context that this one replaces
        self._computer = computer

    def _step_accept_negotiate(self, token: bytes) -> bytes:
        """The CHALLENGE of pyspnego with other names; it is kept, because the client signs it."""
        super()._step_accept_negotiate(token)
        if self._temp_challenge is None:
            raise AssertionError
        self._temp_challenge = _named(self._temp_challenge, self._computer)
        return self._temp_challenge.pack()


def _named(challenge: Challenge, computer: str) -> Challenge:
    host, _, domain = computer.partition(".")
    names = TargetInfo()
    names[AvId.nb_domain_name] = domain.partition(".")[0].upper()
    names[AvId.nb_computer_name] = host.upper()[:15]
    names[AvId.dns_domain_name] = domain
    names[AvId.dns_computer_name] = computer
    names[AvId.dns_tree_name] = domain
    names[AvId.timestamp] = FileTime.now()
    flags = challenge.flags & ~NegotiateFlags.target_type_server | NegotiateFlags.target_type_domain
    return Challenge(
        flags,
        challenge.server_challenge,
        target_name=domain.partition(".")[0].upper(),
        target_info=names,
        version=_WINDOWS_2016 if flags & NegotiateFlags.version else None,
    )


class NtlmLogin:
    """One login by NTLM, with or without SPNEGO around it, and then the security context of its connection."""

    def __init__(self, computer: str, bindings: bytes | None, *, bindings_required: bool) -> None:
        """Wait for the first message to the server of that FQDN; the bindings are as those of `KerberosLogin`."""
        self._bindings = None if bindings is None else GssChannelBindings(application_data=bindings)
        self._bindings_required = bindings_required
        self._context = ServerAcceptor(computer, None)

    @property
    def complete(self) -> bool:
        """Whether the client is known."""
        return self._context.complete

    @property
    def client_principal(self) -> str:
        """The client, as its message names it."""
        return self._context.client_principal or ""

    def step(self, message: bytes) -> bytes | None:
        """The answer to a message of the client; raises an exception of any kind if it is refused."""
        # Windows sends sixteen zeros where it has no bindings.
        are_sent = ntlm_bindings(message) not in (None, bytes(16))
        expected = self._bindings if are_sent or self._bindings_required else None
        answer = self._context.step(message, channel_bindings=expected)
        if self.complete and expected is not None and not are_sent:
            raise LabError("The login has no channel bindings")
        return answer

    def wrap_winrm(self, data: bytes) -> Wrapped:
        """Seal a message."""
        return self._context.wrap_winrm(data)

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Unseal a message."""
        return self._context.unwrap_winrm(header, data)


def ntlm_bindings(message: bytes) -> bytes | None:
    """The hash MsvAvChannelBindings of an NTLMv2 AUTHENTICATE message (MS-NLMP 2.2.1.3, 2.2.2.1, 2.2.2.7).

    Args:
        message: The message itself, or a SPNEGO token around it.

    Returns:
        Sixteen bytes, or None if there are no bindings.
    """
    _, found, fields = message.partition(AUTHENTICATE)
    if not found:
        return None
    length, offset = _FIELD.unpack_from(fields, _RESPONSE_FIELD)
    response = (found + fields)[offset : offset + length]
    at = _FIRST_AV_PAIR
    while at + _AV_PAIR.size <= len(response):
        kind, size = _AV_PAIR.unpack_from(response, at)
        at += _AV_PAIR.size
        if kind == _AV_CHANNEL_BINDINGS:
            return response[at : at + size]
        at += size
    return None
