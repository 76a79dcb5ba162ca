"""The section `ews:`: how the EWS directory of a server lets clients log in.

    ews: {windows_authentication: false}
    ews: {offers: [NTLM]}
    ews: {extended_protection: require}

Without Windows authentication a node offers Basic, as seen in a support thread. `offers` replaces the schemes in
`WWW-Authenticate`, as if a provider was removed or a device rewrites the header. `extended_protection` is the setting
of IIS, which the node obeys: `allow` refuses wrong channel bindings, `require` missing ones too. The server's own fact
of that name is short for `require`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from moveready.lab.facts import FactsModel
from moveready.lab.sections import FleetSection, declare_section

if TYPE_CHECKING:
    from moveready.lab.state import LabServer


class ExtendedProtection(StrEnum):
    """The values of `ExtendedProtectionTokenChecking`."""

    NONE = "none"
    ALLOW = "allow"
    REQUIRE = "require"


class EwsFacts(FactsModel):
    """The login settings of the directory in the fleet file."""

    windows_authentication: bool = True
    offers: tuple[str, ...] | None = None
    extended_protection: ExtendedProtection = ExtendedProtection.NONE


@dataclass(frozen=True, slots=True)
class EwsState:
    """The present login settings of the directory."""

    windows_authentication: bool
    offers: tuple[str, ...]
    extended_protection: ExtendedProtection


def _begin(facts: EwsFacts) -> EwsState:
    usual = ("Negotiate", "NTLM") if facts.windows_authentication else ('Basic realm="ews"',)
    offers = usual if facts.offers is None else facts.offers
    return EwsState(facts.windows_authentication, offers, facts.extended_protection)


EWS = declare_section(FleetSection("ews", EwsFacts, _begin))


def protection_of(server: LabServer) -> ExtendedProtection:
    """How IIS checks the channel bindings of logins to EWS."""
    return ExtendedProtection.REQUIRE if server.extended_protection else EWS.of(server).extended_protection
