"""The section `ews:`: how the EWS directory of a server lets clients log in.

    ews: {windows_authentication: false}
    ews: {offers: [NTLM]}
    ews: {extended_protection: require}

Without Windows authentication a node offers Basic, as one did in a support thread (seen). `offers` is what stands in
`WWW-Authenticate` instead, as where a provider was removed or a device rewrites the header. `extended_protection` is
what IIS is told; the server's own fact of that name says, too, that the node refuses a login without channel bindings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from moveready.lab.facts import FactsModel
from moveready.lab.sections import FleetSection, declare_section


class ExtendedProtection(StrEnum):
    """What `ExtendedProtectionTokenChecking` says."""

    NONE = "none"
    ALLOW = "allow"
    REQUIRE = "require"


class EwsFacts(FactsModel):
    """The directory's login."""

    windows_authentication: bool = True
    offers: tuple[str, ...] | None = None
    extended_protection: ExtendedProtection = ExtendedProtection.NONE


@dataclass(frozen=True, slots=True)
class EwsState:
    """The directory's login now."""

    windows_authentication: bool
    offers: tuple[str, ...]
    extended_protection: ExtendedProtection


def _begin(facts: EwsFacts) -> EwsState:
    usual = ("Negotiate", "NTLM") if facts.windows_authentication else ('Basic realm="ews"',)
    offers = usual if facts.offers is None else facts.offers
    return EwsState(facts.windows_authentication, offers, facts.extended_protection)


EWS = declare_section(FleetSection("ews", EwsFacts, _begin))
