"""`Get-` and `Set-WebServicesVirtualDirectory`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MakeBench = Callable[..., Any]
GET, SET = "Get-WebServicesVirtualDirectory", "Set-WebServicesVirtualDirectory"
EWS = "EX01\\EWS (Default Web Site)"
OTHER = {"name": "ex02.contoso.com"}
QUIET = {"Force": None, "Confirm": False}

# Every property of a recorded object of Exchange 2016, in its order.
PROPERTIES = (
    "CertificateAuthentication InternalNLBBypassUrl GzipLevel MRSProxyEnabled Name InternalAuthenticationMethods"
    " ExternalAuthenticationMethods LiveIdNegotiateAuthentication WSSecurityAuthentication LiveIdBasicAuthentication"
    " BasicAuthentication DigestAuthentication WindowsAuthentication OAuthAuthentication AdfsAuthentication"
    " MetabasePath Path ExtendedProtectionTokenChecking ExtendedProtectionFlags ExtendedProtectionSPNList"
    " AdminDisplayVersion Server InternalUrl ExternalUrl AdminDisplayName ExchangeVersion DistinguishedName Identity"
    " Guid ObjectCategory ObjectClass WhenChanged WhenCreated WhenChangedUTC WhenCreatedUTC OrganizationId Id"
    " OriginatingServer IsValid ObjectState"
)


def flag_of(lab: Any) -> bool:
    """What the directory says about the first server."""
    return bool(lab.organization.directory[lab.server.fqdn].mrsproxy_enabled)


def test_the_object_has_the_shape_of_a_recorded_one(bench: MakeBench) -> None:
    """All properties in order, the enum with its name, the second identity as a reference to the first."""
    lab = bench()
    root = lab.element(lab.exchange(lab.command(GET)).output[0])
    properties = {child.get("N"): child for child in root.find("Props")}

    assert " ".join(properties) == PROPERTIES
    assert root.findtext("TN/T").endswith(".ADWebServicesVirtualDirectory")
    assert root.findtext("ToString") == EWS
    assert (properties["GzipLevel"].findtext("ToString"), properties["GzipLevel"].findtext("I32")) == ("Low", "1")
    assert properties["Id"].tag == "Ref"
    assert properties["Id"].get("RefId") == properties["Identity"].get("RefId")


def test_a_whole_object_is_as_heavy_as_a_recorded_one(bench: MakeBench) -> None:
    """41,253 characters without line breaks (microsoft/CSS-Exchange); a few properties are light."""
    lab = bench()
    (whole,) = lab.exchange(lab.command(GET)).output
    few = lab.exchange(lab.command(GET), lab.command("Select-Object", Property=["MRSProxyEnabled", "Name"])).output

    assert len(whole) == pytest.approx(41_253, rel=0.05)
    assert len(few[0]) < 500


def test_one_call_reads_the_whole_organization(bench: MakeBench) -> None:
    """Of every server that has a directory, whatever server was asked."""
    lab = bench({"flag": "off"}, OTHER, {"name": "ex03.contoso.com", "flag": "absent"})
    result = lab.exchange(lab.command(GET, ADPropertiesOnly=None))

    assert lab.texts(result, "Server") == ["EX01", "EX02"]
    assert lab.texts(result, "MRSProxyEnabled") == ["false", "true"]
    assert lab.texts(result, "MetabasePath")[1] == "IIS://ex02.contoso.com/W3SVC/1/ROOT/EWS"


@pytest.mark.parametrize(
    "identity",
    ["EX02\\EWS (Default Web Site)", "ex02\\ews*", "ex02.contoso.com\\EWS (Default Web Site)"],
)
def test_an_identity_gives_its_own_object(bench: MakeBench, identity: str) -> None:
    """Server and name, in any case of letters; `*` stands for anything."""
    lab = bench({}, OTHER)

    assert lab.texts(lab.exchange(lab.command(GET, identity)), "Server") == ["EX02"]


@pytest.mark.parametrize("name", ["Guid", "DistinguishedName"])
def test_what_an_object_tells_is_an_identity(bench: MakeBench, name: str) -> None:
    """GUID and distinguished name identify it too."""
    lab = bench({}, OTHER)
    told = lab.texts(lab.exchange(lab.command(GET)), name)[1]

    assert lab.texts(lab.exchange(lab.command(GET, Identity=told)), "Server") == ["EX02"]


@pytest.mark.parametrize("identity", [None, "EX99\\EWS (Default Web Site)"])
def test_a_null_or_unknown_identity_gives_all(bench: MakeBench, identity: str | None) -> None:
    """The trap: a client must compare the server it gets with the one it asked for."""
    lab = bench({}, OTHER)

    assert len(lab.exchange(lab.command(GET, Identity=identity)).output) == 2


def test_a_server_gives_its_own_object(bench: MakeBench) -> None:
    """By short name or FQDN; none for a server without a directory."""
    lab = bench({"flag": "absent"}, OTHER)

    assert lab.texts(lab.exchange(lab.command(GET, Server="ex02")), "Server") == ["EX02"]
    assert lab.exchange(lab.command(GET, Server="ex01.contoso.com")).output == ()


def test_server_and_identity_exclude_each_other(bench: MakeBench) -> None:
    """They are two parameter sets."""
    lab = bench()

    assert lab.error_id(lab.exchange(lab.command(GET, EWS, Server="EX01"))).startswith("AmbiguousParameterSet")


@pytest.mark.parametrize("facts", [{"down": "all"}, {"down": ["windows"]}])
def test_a_silent_iis_gives_no_object(bench: MakeBench, facts: dict[str, object]) -> None:
    """A full read asks every IIS; empty is not False, and the rest is still given."""
    lab = bench({}, OTHER | facts)
    result = lab.exchange(lab.command(GET))

    assert lab.texts(result, "Server") == ["EX01"]
    assert "EX02" in result.warnings[0]
    assert len(lab.exchange(lab.command(GET, ADPropertiesOnly=None)).output) == 2


def test_a_restarting_iis_is_silent_too(bench: MakeBench) -> None:
    """While an iisreset works there is nobody to ask."""
    lab = bench({"restart": {"takes": "30s"}})
    lab.windows(lab.command("iisreset"))

    assert lab.exchange(lab.command(GET)).output == ()


def test_without_iis_authentication_has_defaults(bench: MakeBench) -> None:
    """With -ADPropertiesOnly these properties say nothing about the server."""
    lab = bench({"extended_protection": True})
    full, directory = lab.exchange(lab.command(GET)), lab.exchange(lab.command(GET, ADPropertiesOnly=None))

    for name, known in {"WindowsAuthentication": "true", "ExtendedProtectionTokenChecking": "Require"}.items():
        assert lab.texts(full, name) == [known]
        assert lab.texts(directory, name) in (["false"], ["None"])


def test_exchange_2010_has_one_property_more(bench: MakeBench) -> None:
    """`MRSProxyMaxConnections` went into a file with 2013."""
    lab = bench({"version": "14.3 (Build 123.4)"})
    result = lab.exchange(lab.command(GET))

    assert lab.texts(result, "MRSProxyMaxConnections") == ["100"]
    assert lab.texts(result, "Path")[0].endswith("\\V14\\ClientAccess\\exchweb\\EWS")
    assert lab.texts(result, "AdminDisplayVersion") == ["Version 14.3 (Build 123.4)"]


def test_set_changes_the_flag_and_when_it_was_changed(bench: MakeBench) -> None:
    """The directory knows at once; it gives no output."""
    lab = bench({"flag": "off"})
    lab.later(minutes=5)
    result = lab.exchange(lab.command(SET, EWS, MRSProxyEnabled=True, **QUIET))

    assert (result.output, result.failure, result.warnings) == ((), None, ())
    assert flag_of(lab)
    assert lab.texts(lab.exchange(lab.command(GET)), "WhenChangedUTC") == ["2026-01-31T12:05:00Z"]


@pytest.mark.parametrize("arguments", [{}, {"MRSProxyEnabled": True}])
def test_set_warns_where_it_changes_nothing(bench: MakeBench, arguments: dict[str, bool]) -> None:
    """The warning of every Set- cmdlet of Exchange."""
    lab = bench({"flag": "on"})

    assert "no settings" in lab.exchange(lab.command(SET, EWS, **arguments, **QUIET)).warnings[0]


def test_what_if_changes_nothing(bench: MakeBench) -> None:
    """And it does not prompt."""
    lab = bench({"flag": "off"})
    result = lab.exchange(lab.command(SET, EWS, MRSProxyEnabled=True, WhatIf=None))

    assert result.failure is None
    assert not flag_of(lab)


@pytest.mark.parametrize("arguments", [{}, {"Force": None}, {"Confirm": False}, {"Force": None, "Confirm": True}])
def test_set_prompts_unless_told_not_to(bench: MakeBench, arguments: dict[str, bool | None]) -> None:
    """Both -Force and -Confirm:$false are needed, and nothing has changed."""
    lab = bench({"flag": "off"})
    result = lab.exchange(lab.command(SET, EWS, MRSProxyEnabled=True, **arguments))

    assert result.failure.exception.endswith("HostException")
    assert not flag_of(lab)


def test_set_wants_exactly_one_directory(bench: MakeBench) -> None:
    """What Get takes for "all" is an error here."""
    lab = bench({"flag": "off"}, OTHER)

    assert "NullNotAllowed" in lab.error_id(lab.exchange(lab.command(SET, Identity=None, MRSProxyEnabled=True)))
    for identity in ("EX99\\EWS (Default Web Site)", "*"):
        failed = lab.exchange(lab.command(SET, identity, MRSProxyEnabled=True, **QUIET))
        assert "ManagementObjectNotFoundException" in lab.error_id(failed)
    assert not flag_of(lab)


def test_set_needs_the_servers_iis(bench: MakeBench) -> None:
    """It touches the metabase of the server that it is about."""
    lab = bench({}, OTHER | {"down": "all"})
    result = lab.exchange(lab.command(SET, "EX02\\EWS*", MRSProxyEnabled=False, **QUIET))

    assert "IISGeneralCOMException" in lab.error_id(result)


def test_set_takes_booleans_only(bench: MakeBench) -> None:
    """The text `$true` is no boolean."""
    lab = bench()

    assert "CannotConvertArgument" in lab.error_id(
        lab.exchange(lab.command(SET, EWS, MRSProxyEnabled="$true", **QUIET))
    )


def test_a_property_may_stand_as_the_fleet_file_has_it(bench: MakeBench) -> None:
    """For answers that no healthy server gives; the properties around it are as ever."""
    lab = bench({"clixml": {"MRSProxyEnabled": '<B N="MRSProxyEnabled">maybe</B>'}})
    output = lab.exchange(lab.command(GET)).output[0]

    assert '<B N="MRSProxyEnabled">maybe</B><S N="Name">' in output
