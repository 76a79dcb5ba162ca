"""`Get-` and `Set-ServerComponentState`, and their object: how a server is drained. Pure.

Load balancers follow `/EWS/healthcheck.htm`, which follows the component EwsProxy. A component is active while no
requester holds it inactive. Exchange 2010 has no such states. The list of components is that of a recorded Exchange
2016 (microsoft/CSS-Exchange, MIT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.lab.clixml import Thing, enum_value
from moveready.lab.cmdlets.binding import Flow, SimulatedCmdlet, TerminatingError
from moveready.lab.cmdlets.exchange_errors import (
    asked_server,
    domain_controller_of,
    exchange_error,
    prompt_error,
)
from moveready.lab.cmdlets.registry import offer_to_exchange
from moveready.lab.exchange_values import (
    DATA,
    DIRECTORY,
    EXCHANGE_ASSEMBLY,
    MANAGEMENT,
    OBJECT,
    serialization_data,
    server_id,
)
from moveready.lab.fleet import Role
from moveready.lab.state import ACTIVE, ComponentState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moveready.lab.cmdlets.binding import Call
    from moveready.lab.state import LabOrganization, LabServer

COMPONENTS = (  # noqa: SIM905 - as one text it reads as the list it is
    "ServerWideOffline HubTransport FrontendTransport Monitoring RecoveryActionsEnabled AutoDiscoverProxy"
    " ActiveSyncProxy EcpProxy EwsProxy ImapProxy OabProxy OwaProxy PopProxy PushNotificationsProxy RpsProxy RwsProxy"
    " RpcProxy UMCallRouter XropProxy HttpProxyAvailabilityGroup ForwardSyncDaemon ProvisioningRps MapiProxy"
    " EdgeTransport HighAvailability SharedCache MailboxDeliveryProxy RoutingUpdates RestProxy DefaultProxy Lsass"
    " RoutingService E4EProxy CafeLAMv2 LogExportProvider"
).split()
REQUESTERS = ("HealthApi", "Maintenance", "Sidelined", "Functional", "Deployment")
STATES = ("Active", "Inactive", "Draining")
_MANAGEMENT_TASKS = "Microsoft.Exchange.Management.SystemConfigurationTasks"
_COMPONENT = f"{MANAGEMENT}.ServerComponentStatePresentationObject"
_REQUESTER = f"{_COMPONENT}+RequesterDetails"


def component_state_object(organization: LabOrganization, server: LabServer, component: str) -> Thing:
    """What `Get-ServerComponentState` gives for one component of one server."""
    active = server.component_is_active(component)
    held = {"Functional": ComponentState(ACTIVE, server.created_at)}
    held |= {requester: state for (name, requester), state in server.components.items() if name == component}
    return Thing(
        (_COMPONENT, f"{DATA}.ConfigurableObject", OBJECT),
        text=_COMPONENT,
        properties=(
            ("ServerFqdn", server.fqdn),
            ("Component", component),
            ("State", enum_value(f"{DATA}.ServiceState", *((ACTIVE, 1) if active else ("Inactive", 0)))),
            ("ServerWideOfflineIsOffline", not server.component_is_active("ServerWideOffline")),
            ("RemoteStates", _requesters(component, held)),
            ("LocalStates", _requesters(component, held)),
            ("Identity", server_id(organization, server, server.guid("server"))),
            ("IsValid", True),
            ("ObjectState", enum_value(f"{DATA}.ObjectState", "New", 0)),
        ),
        notes=serialization_data(6368, DIRECTORY),
    )


def _requesters(component: str, held: Mapping[str, ComponentState]) -> Thing:
    listed = f"System.Collections.Generic.List`1[[{_REQUESTER}, {DIRECTORY}, {EXCHANGE_ASSEMBLY}]]"
    return Thing((listed, OBJECT), items=tuple(_requester(component, *one) for one in held.items()))


def _requester(component: str, requester: str, held: ComponentState) -> Thing:
    at = held.set_at
    stamp = f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at:%M:%S %p}"
    return Thing(
        (_REQUESTER, OBJECT),
        text=f"Requestor:{requester}; State:{held.state}; Timestamp:{stamp}",
        properties=(
            ("Requester", requester),
            ("State", held.state),
            ("Timestamp", at),
            ("Component", component),
        ),
    )


def _get(call: Call) -> Flow:
    server = _capable_server(call)
    wanted = COMPONENTS if call.text("Component") is None else [_one_of(call, "Component", COMPONENTS)]
    return Flow(tuple(component_state_object(call.organization, server, component) for component in wanted))


def _set(call: Call) -> Flow:
    server = _capable_server(call)
    component = _one_of(call, "Component", COMPONENTS)
    requester = _one_of(call, "Requester", REQUESTERS)
    state = _one_of(call, "State", STATES)
    if call.switch("Confirm"):
        raise prompt_error(call)
    if not call.switch("WhatIf"):
        server.components[component, requester] = ComponentState(state, call.now)
    return Flow()


def _capable_server(call: Call) -> LabServer:
    server = asked_server(call, call.text("Identity") or "", domain_controller_of(call))
    if server.version.is_2010:
        message = f"The server '{server.netbios}' runs a version of Exchange that has no component states."
        raise TerminatingError(exchange_error(call, "System.InvalidOperationException", message, server.netbios))
    return server


def _one_of(call: Call, name: str, allowed: Sequence[str]) -> str:
    """The argument as one of these, in their spelling; raises `TerminatingError` for any other."""
    given = call.text(name) or ""
    found = next((value for value in allowed if value.lower() == given.lower()), None)
    if found is None:
        message = f"The value '{given}' of parameter '{name}' isn't one of: {', '.join(allowed)}."
        raise TerminatingError(exchange_error(call, "System.ArgumentException", message, given))
    return found


GET_SERVER_COMPONENT_STATE = offer_to_exchange(
    SimulatedCmdlet(
        "Get-ServerComponentState",
        f"{_MANAGEMENT_TASKS}.GetServerComponentState",
        ("Identity", "Component", "DomainController"),
        _get,
        positional=("Identity",),
        mandatory=("Identity",),
    ),
    Role.VIEW_ONLY_CONFIGURATION,
    Role.EXCHANGE_SERVERS,
)
SET_SERVER_COMPONENT_STATE = offer_to_exchange(
    SimulatedCmdlet(
        "Set-ServerComponentState",
        f"{_MANAGEMENT_TASKS}.SetServerComponentState",
        ("Identity", "Component", "State", "Requester", "DomainController", "Confirm", "WhatIf"),
        _set,
        positional=("Identity",),
        mandatory=("Identity", "Component", "State", "Requester"),
    ),
    Role.EXCHANGE_SERVERS,
)
