"""The simulated organization: its directory, its servers, and how they change.

Everything in the lab that changes is here. The flag in the directory and the flag that the running application has read
are separate; only a restart makes the application read again (inferred, see the KB's cause 2). No clock is read here:
`now` is an argument, with its zone.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from moveready.lab.events import (
    MRSPROXY_IS_OFF,
    LogRecord,
    WebFault,
    WebRequest,
    asp_net_provider,
    is_mrsproxy_off,
    ordinary_record,
    web_error_record,
)
from moveready.lab.fleet import ChannelName, EndpointFact, Fix, Flag, PhaseName, RestartFacts, RestartOutcome, Version
from moveready.lab.sections import states_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moveready.lab.fleet import EventFacts, Fleet, Role, ServerFacts

NEVER = datetime.max.replace(tzinfo=UTC)
ACTIVE, INACTIVE = "Active", "Inactive"
_EVENT_INTERVAL = timedelta(minutes=1)
_SERVER_AGE = timedelta(days=400)
_FIRST_PROCESS_ID, _PROCESS_ID_STEP = 4100, 436
_GUIDS = uuid.uuid5(uuid.NAMESPACE_DNS, "lab.moveready.invalid")


@dataclass(slots=True)
class DirectoryEntry:
    """The EWS virtual directory of one server in Active Directory."""

    mrsproxy_enabled: bool
    changed_at: datetime


@dataclass(slots=True)
class Worker:
    """The worker process of MSExchangeServicesAppPool, with the flag that it read when it started."""

    mrsproxy_on: bool
    started_at: datetime
    process_id: int = _FIRST_PROCESS_ID


@dataclass(frozen=True, slots=True)
class ComponentState:
    """The state of a component that one requester wants."""

    state: str
    set_at: datetime


@dataclass(slots=True, eq=False)
class LabServer:
    """One simulated Exchange server.

    Attributes:
        front_end: What the header `X-FEServer` names, or "" if it is not sent.
        down: Channels that refuse connections.
        iis_generation: A number that every restart of IIS raises; shells and connections of an older generation are
        gone.
        iis_down_until: IIS does not run before this time.
        components: The states that requesters have set for components, in addition to the defaults.
        log: The Application log, oldest record first.
        clixml: Elements that replace properties of its EWS virtual directory, by their names.
        sections: The state of each section of the fleet file, by its key.
    """

    fqdn: str
    version: Version
    group: str | None
    site: str | None
    pool: str | None
    phase: PhaseName
    fix: Fix
    endpoint: EndpointFact
    front_end: str
    extended_protection: bool
    latency_seconds: float
    restart: RestartFacts
    worker: Worker
    created_at: datetime
    down: frozenset[ChannelName]
    iis_down_until: datetime
    iis_generation: int = 0
    components: dict[tuple[str, str], ComponentState] = field(default_factory=dict)
    log: list[LogRecord] = field(default_factory=list)
    clixml: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, object] = field(default_factory=dict)

    @property
    def netbios(self) -> str:
        """The short name as Exchange shows it."""
        return self.fqdn.partition(".")[0].upper()

    def iis_is_down(self, now: datetime) -> bool:
        """Whether IIS, and with it the Exchange endpoint and EWS, does not run now."""
        return now < self.iis_down_until

    def component_is_active(self, component: str) -> bool:
        """Whether no requester holds the component inactive."""
        states = (held.state for (name, _), held in self.components.items() if name == component)
        return all(state == ACTIVE for state in states)

    def guid(self, what: str) -> str:
        """A GUID of this server, the same in every run."""
        return guid_of(f"{self.fqdn}/{what}")


@dataclass(slots=True, eq=False)
class LabOrganization:
    """The simulated organization; servers without an EWS virtual directory are not in `directory`."""

    name: str
    servers: Mapping[str, LabServer]
    directory: dict[str, DirectoryEntry]
    roles: frozenset[Role]
    select_object: bool
    fix: Mapping[str, object] = field(default_factory=dict)

    @property
    def domain_controllers(self) -> tuple[str, str]:
        """FQDNs; both hold the same data at once. Without -DomainController the first is asked."""
        return f"dc01.{self.name}", f"dc02.{self.name}"

    def server_named(self, name: str) -> LabServer | None:
        """The server with that FQDN or NetBIOS name, in any case of letters."""
        wanted = name.lower()
        found = self.servers.get(wanted)
        short = (server for server in self.servers.values() if server.netbios.lower() == wanted)
        return found or next(short, None)


def guid_of(what: str) -> str:
    """The lab's GUID for a thing of that name."""
    return str(uuid.uuid5(_GUIDS, what))


def organization_from(fleet: Fleet, now: datetime) -> LabOrganization:
    """The organization that the fleet file describes, at the time `now`."""
    servers: dict[str, LabServer] = {}
    directory: dict[str, DirectoryEntry] = {}
    for facts in fleet.servers:
        for fqdn in facts.names:
            servers[fqdn] = _server_from(facts, fqdn, now)
            if facts.flag is not Flag.ABSENT:
                directory[fqdn] = DirectoryEntry(facts.flag is Flag.ON, now - _SERVER_AGE)
    return LabOrganization(fleet.organization, servers, directory, fleet.rbac, fleet.select_object, fleet.fix)


def set_flag(organization: LabOrganization, server: LabServer, now: datetime, *, enabled: bool) -> None:
    """Write `MRSProxyEnabled` into the directory. The running application does not notice."""
    entry = organization.directory[server.fqdn]
    entry.mrsproxy_enabled = enabled
    entry.changed_at = now


def restart_iis(organization: LabOrganization, server: LabServer, now: datetime) -> bool:
    """Do what `iisreset` does here; return whether IIS comes back. Until then only the Windows channel works."""
    server.iis_generation += 1
    if server.restart.outcome is RestartOutcome.DIES:
        server.iis_down_until = NEVER
        server.down |= {ChannelName.EXCHANGE, ChannelName.HTTPS}
        return False
    server.iis_down_until = now + server.restart.takes
    start_worker(organization, server, server.iis_down_until)
    return True


def start_worker(organization: LabOrganization, server: LabServer, now: datetime) -> None:
    """Start a new worker process, which reads the flag; if restarts are useless here, it keeps the old value."""
    entry = organization.directory.get(server.fqdn)
    flag = entry is not None and entry.mrsproxy_enabled
    reads = server.restart.outcome is not RestartOutcome.USELESS
    number = server.worker.process_id + _PROCESS_ID_STEP
    server.worker = Worker(flag if reads else server.worker.mrsproxy_on, now, number)


def log_refused_request(server: LabServer, request: WebRequest, now: datetime) -> None:
    """Log ASP.NET's event 1309 about a disabled MRSProxy: at most one a minute per application."""
    since = max(server.worker.started_at, now - _EVENT_INTERVAL + timedelta.resolution)
    if not any(record.recorded_at >= since and is_mrsproxy_off(record) for record in server.log):
        fault = WebFault(server.fqdn, server.worker.process_id, *MRSPROXY_IS_OFF, request)
        provider = asp_net_provider(exchange_2010=server.version.is_2010)
        server.log.append(web_error_record(server.log[-1].number + 1, now, provider, fault))


def _server_from(facts: ServerFacts, fqdn: str, now: datetime) -> LabServer:
    server = LabServer(
        fqdn=fqdn,
        version=facts.version,
        group=facts.group,
        site=facts.site,
        pool=facts.pool,
        phase=facts.phase,
        fix=facts.fix,
        endpoint=facts.endpoint,
        front_end=facts.front_end_of(fqdn),
        extended_protection=facts.extended_protection,
        latency_seconds=facts.latency.total_seconds(),
        restart=facts.restart,
        worker=Worker(facts.worker_is_on, now - facts.worker_started),
        created_at=now - _SERVER_AGE,
        down=facts.down,
        iis_down_until=now,
    )
    server.clixml = facts.clixml
    server.sections = states_from(facts)
    server.log = _log_from(facts, server, now)
    return server


def _log_from(facts: ServerFacts, server: LabServer, now: datetime) -> list[LogRecord]:
    """The oldest record and the events after it, because a circular log loses its older events."""
    oldest = now - facts.oldest_record
    log = [ordinary_record(1, oldest, server.fqdn)]
    for event in sorted(facts.events, key=lambda event: event.ago, reverse=True):
        if event.ago <= facts.oldest_record:
            log.append(_record_from(event, len(log) + 1, now - event.ago, server))
    return log


def _record_from(event: EventFacts, number: int, at: datetime, server: LabServer) -> LogRecord:
    """An event from the fleet file: as ASP.NET writes it, except for the values that the file replaces."""
    earlier = at < server.worker.started_at
    process_id = server.worker.process_id - earlier * _PROCESS_ID_STEP
    # The address is one of RFC 5737.
    request = WebRequest(f"https://{server.fqdn}:443{event.path}", "CONTOSO\\mover", "192.0.2.17")
    fault = WebFault(server.fqdn, process_id, event.exception, event.message, request)
    record = web_error_record(number, at, asp_net_provider(exchange_2010=server.version.is_2010), fault)
    return replace(record, computer=event.computer, data=record.data if event.data is None else event.data)
