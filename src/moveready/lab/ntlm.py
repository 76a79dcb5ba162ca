"""An acceptor of NTLM that tells who it is as the simulated server would.

pyspnego's own acceptor names the machine that it runs on. Here the CHALLENGE message names the server and its domain,
as a member of a domain does (MS-NLMP 2.2.1.2, 2.2.2.1, 3.2.5.1.1), and the version of Windows Server 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spnego import ContextReq, NegotiateOptions
from spnego._context import GSSMech
from spnego._negotiate import NegotiateProxy
from spnego._ntlm import NTLMProxy
from spnego._ntlm_raw.messages import AvId, Challenge, FileTime, NegotiateFlags, TargetInfo, Version

if TYPE_CHECKING:
    from spnego.channel_bindings import GssChannelBindings

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
