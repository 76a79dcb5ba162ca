"""`Get-` and `Set-WebServicesVirtualDirectory`, and their object. Pure.

Kept on purpose: a `$null` or unknown -Identity gives all objects (field observation, inferred to hold everywhere);
a read that asks IIS gives no object for a server whose IIS does not answer. The real Set may prompt; the lab's Set
always does, unless it has `-Force -Confirm:$false`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from moveready.lab.clixml import Plain, Raw, Thing, enum_value
from moveready.lab.cmdlets.binding import Flow, SimulatedCmdlet, TerminatingError, null_not_allowed
from moveready.lab.cmdlets.exchange_errors import (
    asked_server,
    domain_controller_of,
    exchange_error,
    object_not_found,
    prompt_error,
)
from moveready.lab.cmdlets.registry import offer_to_exchange
from moveready.lab.exchange_values import (
    CONFIGURATION,
    DATA,
    DIRECTORY,
    EXCHANGE_ASSEMBLY,
    NO_GUID,
    OBJECT,
    directory_id,
    directory_times,
    install_path,
    multi_valued,
    object_version,
    organization_id,
    schema_id,
    serialization_data,
    server_dn,
    server_id,
    string_list,
    version_value,
)
from moveready.lab.fleet import ChannelName, Role
from moveready.lab.sections.ews import EWS, ExtendedProtection, protection_of
from moveready.lab.state import set_flag

if TYPE_CHECKING:
    from moveready.lab.cmdlets.binding import Call
    from moveready.lab.exchange_values import Properties
    from moveready.lab.pipeline import ErrorRecord
    from moveready.lab.state import DirectoryEntry, LabOrganization, LabServer

SITE = "EWS (Default Web Site)"
_TASKS = "Microsoft.Exchange.Management.SystemConfigurationTasks"
_TYPES = (
    f"{CONFIGURATION}.ADWebServicesVirtualDirectory",
    f"{CONFIGURATION}.ADExchangeServiceVirtualDirectory",
    f"{CONFIGURATION}.ExchangeVirtualDirectory",
    f"{CONFIGURATION}.ADVirtualDirectory",
    f"{CONFIGURATION}.ADConfigurationObject",
    f"{DIRECTORY}.ADObject",
    f"{DIRECTORY}.ADRawEntry",
    f"{DATA}.ConfigurableObject",
    OBJECT,
)
_TOKEN_CHECKING = {
    ExtendedProtection.NONE: ("None", 0),
    ExtendedProtection.ALLOW: ("Allow", 1),
    ExtendedProtection.REQUIRE: ("Require", 2),
}
_AUTHENTICATION = (("Ntlm", 2), ("WindowsIntegrated", 4), ("WSSecurity", 7), ("OAuth", 10))


@dataclass(frozen=True, slots=True)
class ReadResult:
    """How a virtual directory was read.

    Attributes:
        properties_of_iis: False with -ADPropertiesOnly: then all properties of IIS have defaults.
        domain_controller: FQDN of the one that answered.
    """

    properties_of_iis: bool
    domain_controller: str


def identity_of(server: LabServer) -> str:
    r"""The identity of a server's EWS virtual directory, `EX01\EWS (Default Web Site)`."""
    return f"{server.netbios}\\{SITE}"


def distinguished_name_of(organization: LabOrganization, server: LabServer) -> str:
    """The place of a server's EWS virtual directory in Active Directory."""
    return f"CN={SITE},CN=HTTP,CN=Protocols,{server_dn(organization, server)}"


def virtual_directory_object(
    organization: LabOrganization, server: LabServer, entry: DirectoryEntry, reading: ReadResult
) -> Thing:
    """What `Get-WebServicesVirtualDirectory` gives for one server."""
    properties = (
        ("CertificateAuthentication", None),
        ("InternalNLBBypassUrl", None),
        ("GzipLevel", enum_value(f"{CONFIGURATION}.GzipLevel", "Low", 1)),
        ("MRSProxyEnabled", entry.mrsproxy_enabled),
        *((("MRSProxyMaxConnections", 100),) if server.version.is_2010 else ()),
        ("Name", SITE),
        *_authentication(server, reading),
        *_site(server),
        *_extended_protection(server, reading),
        *_whereabouts(organization, server),
        *_directory_facts(organization, server, entry, reading),
    )
    raw = {name: Raw(xml) for name, xml in server.clixml.items()}
    return Thing(
        _TYPES,
        text=identity_of(server),
        properties=tuple((name, raw.get(name, value)) for name, value in properties),
        notes=serialization_data(19239, DIRECTORY),
    )


def _authentication(server: LabServer, reading: ReadResult) -> Properties:
    """What IIS knows about authentication; if IIS is not asked, the lab gives False (these defaults are inferred)."""
    asked = reading.properties_of_iis
    return (
        ("InternalAuthenticationMethods", _authentication_methods()),
        ("ExternalAuthenticationMethods", _authentication_methods()),
        ("LiveIdNegotiateAuthentication", None),
        ("WSSecurityAuthentication", asked),
        ("LiveIdBasicAuthentication", False),
        ("BasicAuthentication", False),
        ("DigestAuthentication", False),
        ("WindowsAuthentication", asked and EWS.of(server).windows_authentication),
        ("OAuthAuthentication", asked),
        ("AdfsAuthentication", False),
    )


def _authentication_methods() -> Thing:
    kind = f"{CONFIGURATION}.AuthenticationMethod"
    element = f"[[{kind}, {DIRECTORY}, {EXCHANGE_ASSEMBLY}]]"
    types = (f"{DIRECTORY}.ADMultiValuedProperty`1{element}", *multi_valued(element))
    return Thing(types, items=tuple(enum_value(kind, name, number) for name, number in _AUTHENTICATION))


def _site(server: LabServer) -> Properties:
    folder = "ClientAccess\\exchweb\\EWS" if server.version.is_2010 else "FrontEnd\\HttpProxy\\EWS"
    return (
        ("MetabasePath", f"IIS://{server.fqdn}/W3SVC/1/ROOT/EWS"),
        ("Path", f"{install_path(server)}\\{folder}"),
    )


def _extended_protection(server: LabServer, reading: ReadResult) -> Properties:
    mode = _TOKEN_CHECKING[protection_of(server) if reading.properties_of_iis else ExtendedProtection.NONE]
    flags = f"[[{CONFIGURATION}.ExtendedProtectionFlag, {DIRECTORY}, {EXCHANGE_ASSEMBLY}]]"
    checking = enum_value(f"{CONFIGURATION}.ExtendedProtectionTokenCheckingMode", *mode)
    return (
        ("ExtendedProtectionTokenChecking", checking),
        ("ExtendedProtectionFlags", Thing(multi_valued(flags), items=())),
        ("ExtendedProtectionSPNList", string_list()),
    )


def _whereabouts(organization: LabOrganization, server: LabServer) -> Properties:
    return (
        ("AdminDisplayVersion", version_value(server.version)),
        ("Server", server_id(organization, server, NO_GUID)),
        ("InternalUrl", Plain("URI", f"https://{server.fqdn}/EWS/Exchange.asmx")),
        ("ExternalUrl", None),
        ("AdminDisplayName", ""),
        ("ExchangeVersion", object_version("0.10", "0.11", 10, "14.0.100.0")),
    )


def _directory_facts(
    organization: LabOrganization, server: LabServer, entry: DirectoryEntry, reading: ReadResult
) -> Properties:
    identity = directory_id(
        organization, distinguished_name_of(organization, server), identity_of(server), server.guid("ews"), "HTTP"
    )
    return (
        ("DistinguishedName", distinguished_name_of(organization, server)),
        ("Identity", identity),
        ("Guid", Plain("G", server.guid("ews"))),
        ("ObjectCategory", schema_id(organization, "ms-Exch-Web-Services-Virtual-Directory")),
        ("ObjectClass", string_list("top", "msExchVirtualDirectory", "msExchWebServicesVirtualDirectory")),
        *directory_times(entry.changed_at, server.created_at),
        ("OrganizationId", organization_id()),
        ("Id", identity),
        ("OriginatingServer", reading.domain_controller),
        ("IsValid", True),
        ("ObjectState", enum_value(f"{DATA}.ObjectState", "Changed", 2)),
    )


def _get(call: Call) -> Flow:
    domain_controller = domain_controller_of(call)
    if call.has("Server") and call.has("Identity"):
        message = "Parameter set cannot be resolved using the specified named parameters."
        raise TerminatingError(call.binding_error(message, "AmbiguousParameterSet"))
    properties_of_iis = not call.switch("ADPropertiesOnly")
    reading = ReadResult(properties_of_iis, domain_controller)
    asked = _asked_servers(call, domain_controller)
    silent = [server for server in asked if properties_of_iis and _iis_is_silent(call, server)]
    return Flow(
        tuple(
            virtual_directory_object(call.organization, server, call.organization.directory[server.fqdn], reading)
            for server in asked
            if server not in silent
        ),
        warnings=tuple(_unreadable(server) for server in silent),
    )


def _set(call: Call) -> Flow:
    if call.text("Identity") is None:
        raise null_not_allowed(call, "Identity")
    domain_controller = domain_controller_of(call)
    found = _matching(call.organization, call.text("Identity") or "")
    enabled = call.boolean("MRSProxyEnabled")
    if len(found) != 1:
        raise TerminatingError(object_not_found(call, call.text("Identity") or "", domain_controller))
    server = found[0]
    if _iis_is_silent(call, server):
        raise TerminatingError(_iis_error(call, server))
    if call.switch("WhatIf"):
        return Flow()
    if not call.switch("Force") or not call.has("Confirm") or call.switch("Confirm"):
        raise prompt_error(call)
    return _written(call, server, enabled)


def _written(call: Call, server: LabServer, enabled: bool | None) -> Flow:
    """Change the flag; without a change, give the warning that every Set- cmdlet of Exchange gives."""
    if enabled is None or call.organization.directory[server.fqdn].mrsproxy_enabled is enabled:
        unchanged = f"no settings of '{identity_of(server)}' have been modified."
        return Flow(warnings=(f"The command completed successfully but {unchanged}",))
    set_flag(call.organization, server, call.now, enabled=enabled)
    return Flow()


def _asked_servers(call: Call, domain_controller: str) -> list[LabServer]:
    """The servers that the command asks for and that have a directory."""
    organization = call.organization
    if call.has("Server"):
        server = asked_server(call, call.text("Server") or "", domain_controller)
        return [server] if server.fqdn in organization.directory else []
    every = [organization.servers[fqdn] for fqdn in organization.directory]
    return _matching(organization, call.text("Identity") or "") or every


def _matching(organization: LabOrganization, identity: str) -> list[LabServer]:
    """Servers whose directory has that identity (`*` stands for anything), GUID or distinguished name."""
    wanted = identity.lower()
    servers = [organization.servers[fqdn] for fqdn in organization.directory]
    return [
        server
        for server in servers
        if fnmatchcase(identity_of(server).lower(), wanted.replace("[", "[[]"))
        or wanted == f"{server.fqdn}\\{SITE}".lower()
        or wanted == server.guid("ews")
        or wanted == distinguished_name_of(organization, server).lower()
    ]


def _iis_is_silent(call: Call, server: LabServer) -> bool:
    return ChannelName.WINDOWS in server.down or server.iis_is_down(call.now)


def _unreadable(server: LabServer) -> str:
    return f"The virtual directory '{identity_of(server)}' couldn't be read: the RPC server is unavailable."


def _iis_error(call: Call, server: LabServer) -> ErrorRecord:
    path = f"IIS://{server.fqdn}/W3SVC/1/ROOT/EWS"
    reason = "The RPC server is unavailable."
    message = f"An IIS directory entry couldn't be created. The error message is {reason} (path: {path})"
    return exchange_error(call, "Microsoft.Exchange.Management.Metabase.IISGeneralCOMException", message, path)


GET_WEB_SERVICES_VIRTUAL_DIRECTORY = offer_to_exchange(
    SimulatedCmdlet(
        "Get-WebServicesVirtualDirectory",
        f"{_TASKS}.GetWebServicesVirtualDirectory",
        ("Identity", "Server", "ADPropertiesOnly", "ShowMailboxVirtualDirectories", "DomainController"),
        _get,
        positional=("Identity",),
    ),
    Role.VIEW_ONLY_CONFIGURATION,
    Role.EXCHANGE_VIRTUAL_DIRECTORIES,
)
SET_WEB_SERVICES_VIRTUAL_DIRECTORY = offer_to_exchange(
    SimulatedCmdlet(
        "Set-WebServicesVirtualDirectory",
        f"{_TASKS}.SetWebServicesVirtualDirectory",
        ("Identity", "MRSProxyEnabled", "Force", "Confirm", "WhatIf", "DomainController"),
        _set,
        positional=("Identity",),
        mandatory=("Identity",),
    ),
    Role.EXCHANGE_VIRTUAL_DIRECTORIES,
)
