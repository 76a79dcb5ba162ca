"""The .NET values inside Exchange's objects."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from moveready.lab.clixml import Thing, rendered
from moveready.lab.exchange_values import (
    NO_GUID,
    directory_times,
    domain_of,
    install_path,
    legacy_dn,
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
from moveready.lab.fleet import Version, fleet_from
from moveready.lab.state import LabOrganization, LabServer, organization_from

NOON = datetime(2026, 1, 31, 12, 0, 0, 500000, tzinfo=UTC)


def lab_of(**facts: object) -> tuple[LabOrganization, LabServer]:
    """An organization with the one server of these facts."""
    organization = organization_from(fleet_from(servers=[{"name": "ex01.contoso.com", **facts}]), NOON)
    return organization, organization.servers["ex01.contoso.com"]


def test_a_directory_id_knows_its_place() -> None:
    """Depth counts the parts above; a server's own GUID comes with that of its partition."""
    organization, server = lab_of()
    known, bare = (server_id(organization, server, guid) for guid in (server.guid("server"), NO_GUID))

    assert (known.member("Depth"), known.member("Rdn"), known.member("Parent")) == (9, "CN=EX01", "Servers")
    assert known.member("PartitionGuid") != bare.member("PartitionGuid") == bare.member("ObjectGuid")


def test_names_in_the_directory_follow_the_organization() -> None:
    """Distinguished name and the old legacy name."""
    organization, server = lab_of()

    assert server_dn(organization, server).endswith(
        "CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com"
    )
    assert legacy_dn(organization, server).startswith("/o=Contoso/ou=Exchange Administrative Group")
    assert domain_of(server) == "contoso.com"


@pytest.mark.parametrize(("facts", "name"), [({"site": "Dublin"}, "Dublin"), ({}, "Default-First-Site-Name")])
def test_a_server_is_in_a_site(facts: dict[str, str], name: str) -> None:
    """The one of the fleet, or Active Directory's default."""
    assert site_id(*lab_of(**facts)).text == f"contoso.com/Configuration/Sites/{name}"


def test_schema_classes_have_ids() -> None:
    """An object's category is a class of the schema."""
    assert schema_id(lab_of()[0], "ms-Exch-Exchange-Server").member("Depth") == 4


@pytest.mark.parametrize(
    ("version", "folder"), [("14.3 (Build 1.1)", "V14"), ("15.0 (Build 1.1)", "V15"), ("15.2 (Build 1.1)", "V15")]
)
def test_all_versions_since_2013_share_a_folder(version: str, folder: str) -> None:
    """Only 2010 has its own."""
    assert install_path(lab_of(version=version)[1]).endswith(folder)


def test_the_directory_keeps_whole_seconds() -> None:
    """Local and UTC of the same two times."""
    times = dict(directory_times(NOON, NOON))

    assert times["WhenChangedUTC"] == times["WhenChanged"] == NOON.replace(microsecond=0)
    assert rendered(times["WhenCreated"]) == "<DT>2026-01-31T13:00:00+01:00</DT>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (no_time(), "00:00:00"),
        (path_value("C:\\a"), "C:\\a"),
        (version_value(Version(15, 2, 1748, 10)), "Version 15.2 (Build 1748.10)"),
        (object_version("0.10", "0.11", 10, "14.0.100.0"), "0.10 (14.0.100.0)"),
        (organization_id(), None),
        (string_list("a", "b"), None),
    ],
)
def test_each_value_shows_as_dotnet_shows_it(value: Thing, text: str | None) -> None:
    """`ToString` is what most clients read."""
    assert (ET.fromstring(rendered(value)).findtext("ToString") or None) == text


def test_serialization_data_has_the_frame_of_a_net_object_and_the_length_asked_for() -> None:
    """Header and library first, the end record last (MS-NRBF 2.6.1 to 2.6.3)."""
    thing = Thing(("T",), notes=serialization_data(400, "Microsoft.Exchange.Data"))
    data = base64.b64decode(ET.fromstring(rendered(thing)).findtext("MS/BA[@N='SerializationData']") or "")

    assert (len(data), data[:5], data[-1]) == (400, b"\0\1\0\0\0", 11)
    assert b"\x5bMicrosoft.Exchange.Data, Version=15.0.0.0, Culture=neutral, PublicKeyToken=" in data
