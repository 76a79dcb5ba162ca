"""One PowerShell endpoint of one server: where it is, and who logs in to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.remoting.audit import Asked
from moveready.remoting.logins import Account, CredentialUse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moveready.inventory import Credential
    from moveready.remoting.dialing import Destination


@dataclass(frozen=True, slots=True)
class PowerShellEndpoint:
    """One PowerShell endpoint of one server.

    Attributes:
        path: The path of the URL, without the first slash: `wsman`, or `PowerShell` on Exchange.
        configuration: Session configuration, e.g. `Microsoft.Exchange`.
        service: Service class of the Kerberos principal.
        account: What the run knows about the credential.
    """

    destination: Destination
    path: str
    configuration: str
    service: str
    credential: Credential
    channel: str
    account: Account

    @property
    def login(self) -> CredentialUse:
        """A login with its credential, which has not begun."""
        return CredentialUse(self.account, self.destination.name, self.description)

    @property
    def description(self) -> str:
        """The channel with its address, for messages."""
        scheme = "https" if self.destination.tls else "http"
        return f"{self.channel} {scheme}://{self.destination.name}:{self.destination.port}/{self.path}"

    def asked(self, what: Mapping[str, object]) -> Asked:
        """What is sent to it, for the audit."""
        return Asked(self.destination.name, self.channel, self.account.name, what)
