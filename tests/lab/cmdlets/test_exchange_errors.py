"""The errors of Exchange's own cmdlets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MakeBench = Callable[..., Any]


def test_an_unknown_server_is_told_with_the_domain_controller(bench: MakeBench) -> None:
    """Who was asked stands in the message, and the id names the failure's category."""
    lab = bench()
    failure = lab.exchange(lab.command("Get-ExchangeServer", "EX99")).failure

    assert failure.message.endswith("object 'EX99' couldn't be found on 'dc01.contoso.com'.")
    assert failure.error_id.startswith("[Server=EX01,FailureCategory=Cmdlet-ManagementObjectNotFoundException] ")
    assert failure.error_id.endswith(",Microsoft.Exchange.Management.SystemConfigurationTasks.GetExchangeServer")


@pytest.mark.parametrize("name", ["dc02.contoso.com", "DC02.Contoso.com"])
def test_a_domain_controller_can_be_named(bench: MakeBench, name: str) -> None:
    """The objects say who gave them."""
    lab = bench()
    read = lab.command("Get-WebServicesVirtualDirectory", ADPropertiesOnly=None, DomainController=name)

    assert lab.texts(lab.exchange(read), "OriginatingServer") == ["dc02.contoso.com"]


def test_an_unknown_domain_controller_is_refused(bench: MakeBench) -> None:
    """A wrong -DomainController is no wish that is ignored."""
    lab = bench()
    failure = lab.exchange(lab.command("Get-ExchangeServer", DomainController="dc9")).failure

    assert "'dc9' isn't available" in failure.message


def test_a_prompt_ends_the_pipeline(bench: MakeBench) -> None:
    """Nobody is there to answer "are you sure?"."""
    lab = bench()
    command = lab.command("Set-WebServicesVirtualDirectory", "EX01\\EWS*", MRSProxyEnabled=False)

    assert lab.exchange(command).failure.error_id.startswith("HostFunctionNotImplemented,")


@pytest.mark.parametrize("name", ["ex01", "EX01.contoso.com"])
def test_a_known_server_is_no_error(bench: MakeBench, name: str) -> None:
    """By short name or FQDN."""
    lab = bench()

    assert lab.texts(lab.exchange(lab.command("Get-ExchangeServer", name)), "Name") == ["EX01"]
