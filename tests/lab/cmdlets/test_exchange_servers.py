"""`Get-ExchangeServer`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MakeBench = Callable[..., Any]

# Every property of a recorded object of Exchange 2016, in its order.
PROPERTIES = (
    "Name DataPath Domain Edition ExchangeLegacyDN ExchangeLegacyServerRole Fqdn CustomerFeedbackEnabled"
    " InternetWebProxy InternetWebProxyBypassList IsHubTransportServer IsClientAccessServer IsExchange2007OrLater"
    " IsEdgeServer IsMailboxServer IsE14OrLater IsE15OrLater IsProvisionedServer IsUnifiedMessagingServer"
    " IsFrontendTransportServer NetworkAddress OrganizationalUnit AdminDisplayVersion Site ServerRole"
    " ErrorReportingEnabled MitigationsEnabled StaticDomainControllers StaticGlobalCatalogs"
    " StaticConfigDomainController StaticExcludedDomainControllers MonitoringGroup CurrentDomainControllers"
    " CurrentGlobalCatalogs CurrentConfigDomainController ProductID IsExchangeTrialEdition"
    " IsExpiredExchangeTrialEdition MailboxProvisioningAttributes RemainingTrialPeriod MitigationsApplied"
    " MitigationsBlocked DataCollectionEnabled Identity IsValid ExchangeVersion DistinguishedName Guid ObjectCategory"
    " ObjectClass WhenChanged WhenCreated WhenChangedUTC WhenCreatedUTC OrganizationId Id OriginatingServer"
    " ObjectState"
)


def test_the_object_has_the_shape_of_a_recorded_one(bench: MakeBench) -> None:
    """All properties in order, enums with their names."""
    lab = bench()
    root = lab.element(lab.exchange(lab.command("Get-ExchangeServer")).output[0])

    assert " ".join(child.get("N") for child in root.find("Props")) == PROPERTIES
    assert root.findtext("TN/T") == "Microsoft.Exchange.Data.Directory.Management.ExchangeServer"
    assert root.findtext("ToString") == "EX01"
    assert root.findtext("Props/Obj[@N='ServerRole']/ToString") == "Mailbox"


def test_servers_are_listed_or_asked_for_by_name(bench: MakeBench) -> None:
    """Without a name all of the organization, also the one that is down."""
    lab = bench({}, {"name": "ex02.contoso.com", "down": "all", "site": "Dublin"})
    one = lab.exchange(lab.command("Get-ExchangeServer", "ex02"))

    assert lab.texts(lab.exchange(lab.command("Get-ExchangeServer")), "Fqdn") == [
        "ex01.contoso.com",
        "ex02.contoso.com",
    ]
    assert lab.texts(one, "Site") == ["contoso.com/Configuration/Sites/Dublin"]


def test_exchange_2010_has_the_roles_of_its_time(bench: MakeBench) -> None:
    """It is no E15 server, and its roles are told together."""
    lab = bench({"version": "14.3 (Build 123.4)"})
    result = lab.exchange(lab.command("Get-ExchangeServer"))

    assert lab.texts(result, "IsE15OrLater") == ["false"]
    assert lab.texts(result, "ServerRole") == ["Mailbox, ClientAccess, HubTransport"]


def test_a_whole_object_is_as_heavy_as_a_recorded_one(bench: MakeBench) -> None:
    """111,241 characters without line breaks (microsoft/CSS-Exchange)."""
    lab = bench()
    (whole,) = lab.exchange(lab.command("Get-ExchangeServer")).output

    assert len(whole) == pytest.approx(111_241, rel=0.05)
