"""The section `services:`: Windows services that differ from a healthy server.

    services: {MSExchangeMailboxReplication: stopped}
    services: {MSExchangeMailboxReplication: {state: stopped, start_type: disabled}}

The services of Exchange that the lab knows are a choice of those that `Test-ServiceHealth` of a recorded server named
(microsoft/CSS-Exchange, MIT). W3SVC and WAS are stopped while IIS is; they cannot be set here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict

from moveready.lab.facts import FactsModel
from moveready.lab.sections import FleetSection, declare_section

MAILBOX_REPLICATION = "MSExchangeMailboxReplication"
DISPLAY_NAMES = {
    "MSExchangeADTopology": "Microsoft Exchange Active Directory Topology",
    "MSExchangeIS": "Microsoft Exchange Information Store",
    MAILBOX_REPLICATION: "Microsoft Exchange Mailbox Replication",
    "MSExchangeRPC": "Microsoft Exchange RPC Client Access",
    "MSExchangeServiceHost": "Microsoft Exchange Service Host",
    "MSExchangeThrottling": "Microsoft Exchange Throttling",
    "MSExchangeTransport": "Microsoft Exchange Transport",
}


class ServiceState(StrEnum):
    """What `Get-Service` shows as `Status`."""

    RUNNING = "running"
    STOPPED = "stopped"
    PAUSED = "paused"


class ServiceStart(StrEnum):
    """How a service starts."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    DISABLED = "disabled"


class ServiceFacts(FactsModel):
    """One service; with `starts: false` it stops again as soon as it is started (inferred)."""

    state: ServiceState = ServiceState.RUNNING
    start_type: ServiceStart = ServiceStart.AUTOMATIC
    starts: bool = True


def _facts_from(value: object) -> object:
    return {"state": value} if isinstance(value, str) else value


def _known(name: str) -> str:
    if name not in DISPLAY_NAMES:
        raise ValueError(f"the lab knows no such service. It knows {', '.join(DISPLAY_NAMES)}.")
    return name


class ServicesFacts(FactsModel):
    """The services in a fleet file, by name; all others run and start automatically."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[
        Annotated[str, AfterValidator(_known)], Annotated[ServiceFacts, BeforeValidator(_facts_from)]
    ]


@dataclass(slots=True)
class Service:
    """The present state of one service."""

    state: ServiceState
    start_type: ServiceStart
    starts: bool

    def start(self) -> bool:
        """Start it; return whether it runs then."""
        if self.starts and self.start_type is not ServiceStart.DISABLED:
            self.state = ServiceState.RUNNING
        return self.state is ServiceState.RUNNING


def _begin(facts: ServicesFacts) -> dict[str, Service]:
    given = facts.__pydantic_extra__
    every = {name: given.get(name, ServiceFacts()) for name in DISPLAY_NAMES}
    return {name: Service(fact.state, fact.start_type, fact.starts) for name, fact in every.items()}


SERVICES = declare_section(FleetSection("services", ServicesFacts, _begin))
