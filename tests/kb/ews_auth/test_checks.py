"""The three controls of EWS-AUTH on living labs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from checks import test_ews_auth_login_refused as kb
from moveready.collection.bounds import Bounds
from moveready.findings.controls import control_of
from moveready.fixer.verify import check_again
from moveready.inventory import Phase, load_inventory

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.lab.server import Lab


CHECKS = (
    kb.test_windows_login_is_offered,
    kb.test_windows_authentication_is_on,
    kb.test_extended_protection_is_supported,
)


@pytest.fixture
def ended(lab_with: Callable[..., Lab]) -> Callable[..., tuple[str, ...]]:
    """How each control ends on a server of these facts."""

    def ask(**facts: object) -> tuple[str, ...]:
        inventory = load_inventory(lab_with(**facts).inventory_file, os.environ)
        found = check_again(inventory.servers[0], CHECKS, inventory, Bounds(server_timeout=20))
        return tuple(outcome.result.value for outcome in found.outcomes)

    return ask


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ("passed", "passed", "passed")),
        ({"ews": {"windows_authentication": False}}, ("failed", "failed", "passed")),
        ({"ews": {"offers": ["Basic realm=x", "Bearer"]}}, ("failed", "passed", "passed")),
        ({"ews": {"offers": ["NTLM"]}}, ("passed", "passed", "passed")),
        ({"ews": {"extended_protection": "allow"}}, ("passed", "passed", "passed")),
        ({"ews": {"extended_protection": "require"}}, ("passed", "passed", "failed")),
        ({"extended_protection": True}, ("passed", "passed", "failed")),
        ({"endpoint": "device-403"}, ("error", "passed", "passed")),
        ({"front_end": "EX09"}, ("error", "passed", "passed")),
        ({"version": "14.3 (Build 123.4)"}, ("error", "passed", "passed")),
        ({"flag": "absent"}, ("passed", "error", "error")),
        ({"down": ["https"]}, ("error", "passed", "passed")),
    ],
)
def test_each_cause_fails_its_own_control(
    ended: Callable[..., tuple[str, ...]], facts: dict[str, object], expected: tuple[str, ...]
) -> None:
    """At the wire; what is not proved to be the server's own is an error."""
    assert ended(**facts) == expected


@pytest.mark.parametrize("check", CHECKS)
def test_all_are_asked_while_moving_alone(check: object) -> None:
    """An idle server lets nobody move."""
    control = control_of(check)

    assert control is not None
    assert control.phases == (Phase.MOVING,)
