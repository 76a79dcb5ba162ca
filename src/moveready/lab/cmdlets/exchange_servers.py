"""`Get-ExchangeServer` and its object. Pure.

The object follows a recorded one of Exchange 2016 (microsoft/CSS-Exchange, MIT), an evaluation copy, like the lab's
servers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.lab.clixml import Plain, Thing, enum_value
from moveready.lab.cmdlets.binding import Flow, SimulatedCmdlet
from moveready.lab.cmdlets.exchange_errors import asked_server, domain_controller_of
from moveready.lab.cmdlets.registry import offer_to_exchange
from moveready.lab.exchange_values import (
    CONFIGURATION,
    DATA,
    DIRECTORY,
    EXCHANGE_ASSEMBLY,
    MANAGEMENT,
    OBJECT,
    directory_times,
    domain_of,
    install_path,
    legacy_dn,
    multi_valued,
    no_time,
    object_version,
    organization_id,
    path_value,
    schema_id,
    serialization_data,
    server_dn,
    server_id,
    site_id,
    string_list,
    version_value,
)
from moveready.lab.fleet import Role

if TYPE_CHECKING:
    from moveready.lab.cmdlets.binding import Call
    from moveready.lab.exchange_values import Properties
    from moveready.lab.state import LabOrganization, LabServer

_TYPES = (
    f"{MANAGEMENT}.ExchangeServer",
    f"{MANAGEMENT}.ADPresentationObject",
    f"{DIRECTORY}.ADObject",
    f"{DIRECTORY}.ADRawEntry",
    f"{DATA}.ConfigurableObject",
    OBJECT,
)
_ADDRESSES = ("ncacn_vns_spp", "netbios", "ncacn_np", "ncacn_spx", "ncacn_ip_tcp", "ncalrpc")


def exchange_server_object(organization: LabOrganization, server: LabServer) -> Thing:
    """What `Get-ExchangeServer` gives for one server."""
    identity = server_id(organization, server, server.guid("server"))
    return Thing(
        _TYPES,
        text=server.netbios,
        properties=(
            ("Name", server.netbios),
            ("DataPath", path_value(f"{install_path(server)}\\Mailbox")),
            ("Domain", domain_of(server)),
            ("Edition", enum_value(f"{DATA}.ServerEditionType", "StandardEvaluation", 2)),
            ("ExchangeLegacyDN", legacy_dn(organization, server)),
            ("ExchangeLegacyServerRole", 0),
            ("Fqdn", server.fqdn),
            *_roles(server),
            ("NetworkAddress", _network_addresses(server)),
            ("OrganizationalUnit", f"{domain_of(server)}/{server.netbios}"),
            ("AdminDisplayVersion", version_value(server.version)),
            ("Site", site_id(organization, server)),
            ("ServerRole", _server_role(server)),
            ("ErrorReportingEnabled", True),
            ("MitigationsEnabled", True),
            *_domain_controllers(organization),
            *_licence(),
            ("Identity", identity),
            ("IsValid", True),
            ("ExchangeVersion", object_version("0.1", "0.2", 1, "8.0.535.0")),
            ("DistinguishedName", server_dn(organization, server)),
            ("Guid", Plain("G", server.guid("server"))),
            ("ObjectCategory", schema_id(organization, "ms-Exch-Exchange-Server")),
            ("ObjectClass", string_list("top", "server", "msExchExchangeServer")),
            *directory_times(server.created_at, server.created_at),
            ("OrganizationId", organization_id()),
            ("Id", identity),
            ("OriginatingServer", organization.domain_controllers[0]),
            ("ObjectState", enum_value(f"{DATA}.ObjectState", "Unchanged", 1)),
        ),
        notes=serialization_data(69790, DIRECTORY),
    )


def _roles(server: LabServer) -> Properties:
    return (
        ("CustomerFeedbackEnabled", True),
        ("InternetWebProxy", None),
        ("InternetWebProxyBypassList", None),
        ("IsHubTransportServer", True),
        ("IsClientAccessServer", True),
        ("IsExchange2007OrLater", True),
        ("IsEdgeServer", False),
        ("IsMailboxServer", True),
        ("IsE14OrLater", True),
        ("IsE15OrLater", not server.version.is_2010),
        ("IsProvisionedServer", False),
        ("IsUnifiedMessagingServer", False),
        ("IsFrontendTransportServer", not server.version.is_2010),
    )


def _server_role(server: LabServer) -> Thing:
    """Since 2016 a server has one role; a 2010 server of the lab has the three that a typical one had."""
    role = ("Mailbox, ClientAccess, HubTransport", 38) if server.version.is_2010 else ("Mailbox", 2)
    return enum_value(f"{CONFIGURATION}.ServerRole", *role)


def _domain_controllers(organization: LabOrganization) -> Properties:
    first = organization.domain_controllers[0]
    return (
        ("StaticDomainControllers", string_list()),
        ("StaticGlobalCatalogs", string_list()),
        ("StaticConfigDomainController", ""),
        ("StaticExcludedDomainControllers", string_list()),
        ("MonitoringGroup", ""),
        ("CurrentDomainControllers", string_list(*organization.domain_controllers)),
        ("CurrentGlobalCatalogs", string_list(*organization.domain_controllers)),
        ("CurrentConfigDomainController", first),
    )


def _licence() -> Properties:
    return (
        ("ProductID", ""),
        ("IsExchangeTrialEdition", True),
        ("IsExpiredExchangeTrialEdition", True),
        ("MailboxProvisioningAttributes", None),
        ("RemainingTrialPeriod", no_time()),
        ("MitigationsApplied", None),
        ("MitigationsBlocked", None),
        ("DataCollectionEnabled", False),
    )


def _network_addresses(server: LabServer) -> Thing:
    element = f"[[{DATA}.NetworkAddress, {DATA}, {EXCHANGE_ASSEMBLY}]]"
    types = (
        f"{DATA}.NetworkAddressCollection",
        f"{DATA}.ProtocolAddressCollection`1{element}",
        *multi_valued(element),
    )
    names = {"ncacn_ip_tcp": server.fqdn}
    return Thing(types, items=tuple(_address(kind, names.get(kind, server.netbios)) for kind in _ADDRESSES))


def _address(protocol: str, name: str) -> Thing:
    kinds = ("CustomNetworkAddress", "NetworkAddress", "ProtocolAddress")
    return Thing(
        (*(f"{DATA}.{kind}" for kind in kinds), OBJECT),
        text=f"{protocol}:{name}",
        properties=(("ProtocolType", protocol), ("AddressString", name)),
    )


def _get(call: Call) -> Flow:
    domain_controller = domain_controller_of(call)
    name = call.text("Identity")
    if name is None:
        servers = list(call.organization.servers.values())
    else:
        servers = [asked_server(call, name, domain_controller)]
    return Flow(tuple(exchange_server_object(call.organization, server) for server in servers))


GET_EXCHANGE_SERVER = offer_to_exchange(
    SimulatedCmdlet(
        "Get-ExchangeServer",
        "Microsoft.Exchange.Management.SystemConfigurationTasks.GetExchangeServer",
        ("Identity", "Status", "DomainController"),
        _get,
        positional=("Identity",),
    ),
    Role.VIEW_ONLY_CONFIGURATION,
    Role.EXCHANGE_SERVERS,
)
