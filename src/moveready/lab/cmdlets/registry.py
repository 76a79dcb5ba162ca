"""Which commands the endpoints of the lab know. A module in this folder adds its own and is found automatically."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from moveready.lab.pipeline import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moveready.lab.cmdlets.binding import SimulatedCmdlet
    from moveready.lab.fleet import Role
    from moveready.lab.state import LabOrganization

_PACKAGE = __name__.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Offer:
    """A command of an endpoint; on the Exchange endpoint, the account needs one of `roles`, if there are any."""

    endpoint: Endpoint
    cmdlet: SimulatedCmdlet
    roles: frozenset[Role] = frozenset()


_OFFERS: list[Offer] = []


def offer_to_windows(cmdlet: SimulatedCmdlet) -> SimulatedCmdlet:
    """Let the Windows endpoint know the command."""
    _OFFERS.append(Offer(Endpoint.WINDOWS, cmdlet))
    return cmdlet


def offer_to_exchange(cmdlet: SimulatedCmdlet, *roles: Role) -> SimulatedCmdlet:
    """Let the Exchange endpoint know the command, for accounts that have one of these management roles."""
    _OFFERS.append(Offer(Endpoint.EXCHANGE, cmdlet, frozenset(roles)))
    return cmdlet


@cache
def _offers() -> tuple[Offer, ...]:
    from moveready.lab import cmdlets  # noqa: PLC0415 - its modules import this one

    for module in iter_modules(cmdlets.__path__, f"{_PACKAGE}."):
        import_module(module.name)
    return tuple(_OFFERS)


def commands_of(organization: LabOrganization, endpoint: Endpoint) -> Mapping[str, SimulatedCmdlet]:
    """The commands that an endpoint gives the account, by lower-case name."""
    return {
        offer.cmdlet.name.lower(): offer.cmdlet
        for offer in _offers()
        if offer.endpoint is endpoint and _is_given(offer, organization)
    }


def is_simulated(name: str) -> bool:
    """Whether an endpoint of the lab knows the command, for one account or another."""
    return any(offer.cmdlet.name.lower() == name for offer in _offers())


def _is_given(offer: Offer, organization: LabOrganization) -> bool:
    if offer.endpoint is Endpoint.WINDOWS:
        return True
    return bool(offer.roles & organization.roles) if offer.roles else organization.select_object
