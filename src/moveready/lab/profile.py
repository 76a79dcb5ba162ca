"""How the channels of a simulated server let clients log in. Pure.

With a keytab, as a real Exchange server does:

- `/PowerShell` takes Kerberos alone (header `Kerberos`; seen by pypsrp's users, issues 66 and 187), for the service
  `http`. The blank in the boundary of its sealed messages is in `encryption`.
- WinRM takes Negotiate and Kerberos, for the service `host` (or the others that a Windows machine has), and Basic over
  TLS. It closes the connection of a 401 that begins no login (inferred). Over TLS it checks channel bindings that a
  client sends, and wants none: `CbtHardeningLevel` is *Relaxed* by default (Microsoft).
- HTTPS takes what IIS offers, for the service `http` under the name of the server or of its pool.

Without a keytab there is no Kerberos, and `/PowerShell` takes Negotiate with NTLM instead, which no real one does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.lab.auth import LoginPolicy
from moveready.lab.kerberos import KerberosServices
from moveready.lab.sections.ews import EWS, ExtendedProtection, protection_of

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.lab.auth import LabAccount
    from moveready.lab.state import LabServer

_WINDOWS_SERVICES = ("host", "http", "wsman")


@dataclass(frozen=True, slots=True)
class LoginProfile:
    """The logins of a whole lab; `keytab` has the keys of its servers, or is None where there is no KDC."""

    accounts: tuple[LabAccount, ...]
    keytab: Path | None = None

    def policy_for(self, channel: str, server: LabServer, bindings: bytes | None) -> LoginPolicy:
        """What a channel of a server demands; `bindings` are those of the connection, None without TLS."""
        match channel:
            case "exchange":
                scheme = "Negotiate" if self.keytab is None else "Kerberos"
                return self._policy(server, (scheme,), _names(server, "http"))
            case "windows":
                schemes = self._windows_schemes(tls=bindings is not None)
                return self._policy(server, schemes, _names(server, *_WINDOWS_SERVICES), bindings, required=False)
            case _:
                check = protection_of(server)
                expected = None if check is ExtendedProtection.NONE else bindings
                required = check is ExtendedProtection.REQUIRE
                return self._policy(server, EWS.of(server).offers, _names(server, "http"), expected, required=required)

    def closes_after_challenge(self, channel: str) -> bool:
        """Whether a 401 that begins no login ends its connection."""
        return channel == "windows" and self.keytab is not None

    def _windows_schemes(self, *, tls: bool) -> tuple[str, ...]:
        kerberos = () if self.keytab is None else ("Kerberos",)
        return ("Negotiate", *kerberos, *(('Basic realm="WSMAN"',) if tls else ()))

    def _policy(
        self,
        server: LabServer,
        schemes: tuple[str, ...],
        principals: frozenset[str],
        bindings: bytes | None = None,
        *,
        required: bool = False,
    ) -> LoginPolicy:
        kerberos = None if self.keytab is None else KerberosServices(self.keytab, principals)
        return LoginPolicy(schemes, self.accounts, bindings, required, kerberos, server.fqdn)


def _names(server: LabServer, *services: str) -> frozenset[str]:
    """The principals of services under the names of a server and of its pool, lower case."""
    hosts = {server.fqdn, server.pool or server.fqdn}
    return frozenset(f"{service}/{host}".lower() for service in services for host in hosts)
