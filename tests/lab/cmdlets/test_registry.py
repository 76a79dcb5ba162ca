"""Which commands the endpoints know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moveready.lab.cmdlets.registry import commands_of, is_simulated
from moveready.lab.pipeline import Endpoint

MakeBench = Callable[..., Any]


def test_a_module_of_the_folder_is_found_by_itself(bench: MakeBench) -> None:
    """Nothing names it but itself."""
    organization = bench().organization

    assert "start-service" in commands_of(organization, Endpoint.WINDOWS)
    assert "start-service" not in commands_of(organization, Endpoint.EXCHANGE)


def test_a_command_is_simulated_whoever_asks(bench: MakeBench) -> None:
    """A missing role hides it from an account, and not from the lab."""
    organization = bench(rbac=[]).organization

    assert "get-exchangeserver" not in commands_of(organization, Endpoint.EXCHANGE)
    assert is_simulated("get-exchangeserver")
    assert not is_simulated("get-nonsense")
