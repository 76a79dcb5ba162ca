"""The section `services:`: Windows services that are not as on a healthy server.

    services: {MSExchangeMailboxReplication: stopped}
    services: {MSExchangeMailboxReplication: {state: stopped, start_type: disabled}}

W3SVC and WAS are stopped while IIS is, and no fact of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from moveready.lab.facts import Facts
from moveready.lab.sections import Section, declare_section

MAILBOX_REPLICATION = "MSExchangeMailboxReplication"


class ServiceState(StrEnum):
    """What `Get-Service` shows as `Status`."""

    RUNNING = "running"
    STOPPED = "stopped"
    PAUSED = "paused"


class StartType(StrEnum):
    """How a service starts."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    DISABLED = "disabled"


class ServiceFacts(Facts):
    """One service; `starts: false` is one that stops again as soon as it is started (inferred)."""

    state: ServiceState = ServiceState.RUNNING
    start_type: StartType = StartType.AUTOMATIC
    starts: bool = True


def _facts_from(value: object) -> object:
    return {"state": value} if isinstance(value, str) else value


class ServicesFacts(Facts):
    """The services that a fleet may tell of."""

    MSExchangeMailboxReplication: Annotated[ServiceFacts, BeforeValidator(_facts_from)] = ServiceFacts()


@dataclass(slots=True)
class Service:
    """One service now."""

    state: ServiceState
    start_type: StartType
    starts: bool

    def start(self) -> bool:
        """Start it; whether it runs then."""
        if self.starts and self.start_type is not StartType.DISABLED:
            self.state = ServiceState.RUNNING
        return self.state is ServiceState.RUNNING


def _begin(facts: ServicesFacts) -> dict[str, Service]:
    replication = facts.MSExchangeMailboxReplication
    return {MAILBOX_REPLICATION: Service(replication.state, replication.start_type, replication.starts)}


SERVICES = declare_section(Section("services", ServicesFacts, _begin))
