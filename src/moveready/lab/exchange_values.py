"""The .NET values inside Exchange's objects: versions, directory ids, lists, times. Pure.

Properties, their order and types follow recorded objects of Exchange 2016 (microsoft/CSS-Exchange, MIT); names,
GUIDs and times are the lab's own. So is what is inside `SerializationData`, which has the recorded length: the real one
is the .NET object itself (MS-NRBF), and more than half of every answer that is asked for whole objects.
"""

from __future__ import annotations

import base64
import struct
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from moveready.lab.clixml import Plain, Raw, Thing, Value
from moveready.lab.events import LOCAL_TIME
from moveready.lab.state import guid_of

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.lab.fleet import Version
    from moveready.lab.state import LabOrganization, LabServer

Properties: TypeAlias = tuple[tuple[str, Value], ...]

CONFIGURATION = "Microsoft.Exchange.Data.Directory.SystemConfiguration"
DIRECTORY = "Microsoft.Exchange.Data.Directory"
DATA = "Microsoft.Exchange.Data"
MANAGEMENT = "Microsoft.Exchange.Data.Directory.Management"
OBJECT = "System.Object"
EXCHANGE_ASSEMBLY = "Version=15.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35"
NO_GUID = "00000000-0000-0000-0000-000000000000"

_ID = (f"{DIRECTORY}.ADObjectId", f"{DATA}.ObjectId", OBJECT)


_NRBF_HEADER = struct.pack("<Biiii", 0, 1, -1, 1, 0)
_NRBF_LIBRARY, _NRBF_END = 12, 11
_ID_BYTES, _ID_BYTES_WITHOUT_GUID = 1311, 547
"""Without the texts in it."""


@cache
def serialization_data(size_bytes: int, assembly: str) -> Properties:
    """The note property of that length that Exchange adds to its objects.

    It starts and ends as MS-NRBF 2.6.1, 2.6.2 and 2.6.3 say; what is in between is zeros.
    """
    library = f"{assembly}, {EXCHANGE_ASSEMBLY}".encode()
    start = _NRBF_HEADER + struct.pack("<BiB", _NRBF_LIBRARY, 2, len(library)) + library
    data = start.ljust(size_bytes - 1, b"\0") + bytes([_NRBF_END])
    return (("SerializationData", Raw(f'<BA N="SerializationData">{base64.b64encode(data).decode()}</BA>')),)


def directory_times(changed_at: datetime, created_at: datetime) -> Properties:
    """Times as the directory keeps them: in whole seconds, local and UTC."""
    changed, created = changed_at.replace(microsecond=0), created_at.replace(microsecond=0)
    return (
        ("WhenChanged", changed.astimezone(LOCAL_TIME)),
        ("WhenCreated", created.astimezone(LOCAL_TIME)),
        ("WhenChangedUTC", changed),
        ("WhenCreatedUTC", created),
    )


def no_time() -> Thing:
    """An EnhancedTimeSpan of no length."""
    parts = ("Days", "Hours", "Milliseconds", "Minutes", "Seconds")
    totals = ("TotalDays", "TotalHours", "TotalMilliseconds", "TotalMinutes", "TotalSeconds")
    properties: Properties = (
        *((part, 0) for part in parts),
        ("Ticks", Plain("I64", "0")),
        *((total, 0.0) for total in totals),
        ("Sign", 0),
    )
    return Thing(
        (f"{DATA}.EnhancedTimeSpan", "System.ValueType", OBJECT),
        text="00:00:00",
        properties=properties,
        notes=serialization_data(188, DATA),
    )


def path_value(path: str) -> Thing:
    """A LocalLongFullPath."""
    return Thing(
        (f"{DATA}.LocalLongFullPath", f"{DATA}.LongPath", OBJECT),
        text=path,
        properties=(("PathName", path), ("IsLocalFull", True), ("IsUnc", False), ("DriveName", path[:2])),
        notes=serialization_data(371, f"{DATA}.Common"),
    )


def version_value(version: Version) -> Thing:
    """The version of Exchange as a ServerVersion."""
    return Thing(
        (f"{DATA}.ServerVersion", OBJECT),
        text=str(version),
        properties=(
            ("Major", version.major),
            ("Minor", version.minor),
            ("Build", version.build),
            ("Revision", version.revision),
            ("FilePatchLevelDescription", None),
        ),
        notes=serialization_data(302, DATA),
    )


def object_version(version: str, following: str, minor: int, build: str) -> Thing:
    """An ExchangeObjectVersion: the version of Exchange that introduced an object's schema."""
    return Thing(
        (f"{DATA}.ExchangeObjectVersion", OBJECT),
        text=f"{version} ({build})",
        properties=(
            ("NextMajorVersion", "1.0 (0.0.0.0)"),
            ("NextMinorVersion", f"{following} (0.0.0.0)"),
            ("Major", Plain("By", "0")),
            ("Minor", Plain("By", str(minor))),
            ("ExchangeBuild", build),
        ),
        notes=serialization_data(346, DATA),
    )


def organization_id() -> Thing:
    """The OrganizationId of an organization on premises: empty."""
    return Thing(
        (f"{DIRECTORY}.OrganizationId", OBJECT),
        text="",
        properties=(
            ("OrganizationalUnit", None),
            ("ConfigurationUnit", None),
            ("IsConsumerOrganization", False),
            ("IdForEventLog", ""),
        ),
        notes=serialization_data(664, DIRECTORY),
    )


def server_id(organization: LabOrganization, server: LabServer, guid: str) -> Thing:
    """The ADObjectId of a server, with the GUID given (virtual directories show their server's without)."""
    return directory_id(organization, server_dn(organization, server), server.netbios, guid, "Servers")


def site_id(organization: LabOrganization, server: LabServer) -> Thing:
    """The ADObjectId of a server's site; Active Directory's default name if the fleet names none."""
    name = server.site or "Default-First-Site-Name"
    parent = f"{organization.name}/Configuration/Sites"
    dn = f"CN={name},CN=Sites,{_configuration_dn(organization)}"
    return directory_id(organization, dn, f"{parent}/{name}", guid_of(f"site/{name}"), parent)


def schema_id(organization: LabOrganization, name: str) -> Thing:
    """The ADObjectId of a class of the schema."""
    parent = f"{organization.name}/Configuration/Schema"
    dn = f"CN={name},CN=Schema,{_configuration_dn(organization)}"
    return directory_id(organization, dn, f"{parent}/{name}", guid_of(f"schema/{name}"), parent)


def directory_id(organization: LabOrganization, dn: str, text: str, guid: str, parent: str) -> Thing:
    """An ADObjectId; without its own GUID, it has no GUID of its partition either."""
    rdn = dn.partition(",")[0]
    partition = NO_GUID if guid == NO_GUID else guid_of(f"partition/{organization.name}")
    fixed = _ID_BYTES_WITHOUT_GUID if guid == NO_GUID else _ID_BYTES
    return Thing(
        _ID,
        text=text,
        properties=(
            ("OrgHierarchyToIgnore", None),
            ("IsDeleted", False),
            ("Rdn", rdn),
            ("Parent", parent),
            ("Depth", dn.count(",")),
            ("DistinguishedName", dn),
            ("IsRelativeDn", False),
            ("DomainId", organization.name),
            ("PartitionGuid", Plain("G", partition)),
            ("PartitionFQDN", organization.name),
            ("ObjectGuid", Plain("G", guid)),
            ("Name", rdn.removeprefix("CN=")),
        ),
        notes=serialization_data(fixed + len(dn) + len(text), DIRECTORY),
    )


def string_list(*values: str) -> Thing:
    """A MultiValuedProperty of texts."""
    element = "[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]"
    return Thing(multi_valued(element), items=values)


def multi_valued(element: str) -> tuple[str, ...]:
    """The types of a MultiValuedProperty of that element type."""
    return (f"{DATA}.MultiValuedProperty`1{element}", f"{DATA}.MultiValuedPropertyBase", OBJECT)


def install_path(server: LabServer) -> str:
    """Where Exchange is installed: V14 for 2010, V15 for all later ones."""
    return f"C:\\Program Files\\Microsoft\\Exchange Server\\V{min(server.version.major, 15)}"


def domain_of(server: LabServer) -> str:
    """The DNS domain of a server."""
    return server.fqdn.partition(".")[2]


def server_dn(organization: LabOrganization, server: LabServer) -> str:
    """The place of a server in Active Directory."""
    groups = "CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups"
    name = _organization_name(organization)
    services = f"CN={name},CN=Microsoft Exchange,CN=Services,{_configuration_dn(organization)}"
    return f"CN={server.netbios},CN=Servers,{groups},{services}"


def legacy_dn(organization: LabOrganization, server: LabServer) -> str:
    """The same in the form of Exchange 5.5."""
    group = "ou=Exchange Administrative Group (FYDIBOHF23SPDLT)"
    name = _organization_name(organization)
    return f"/o={name}/{group}/cn=Configuration/cn=Servers/cn={server.netbios}"


def _organization_name(organization: LabOrganization) -> str:
    return organization.name.partition(".")[0].capitalize()


def _configuration_dn(organization: LabOrganization) -> str:
    return f"CN=Configuration,DC={organization.name.replace('.', ',DC=')}"
