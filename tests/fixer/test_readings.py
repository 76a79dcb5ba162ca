"""Settings are declared by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import FixError
from moveready.fixer.readings import Reading, declare_setting, setting_named

if TYPE_CHECKING:
    from moveready.fixer.readings import Asking
    from moveready.inventory import Server


class LoginPolicy:
    """A setting."""

    name = "a door"
    rights = "Ask for the key."

    def read(self, server: Server, asking: Asking, *_: str | None) -> Reading:
        """Nobody asks for it here."""
        raise NotImplementedError


class OtherDoor(LoginPolicy):
    """Another one of the same name."""


def test_a_setting_is_found_by_its_name() -> None:
    """Its module may be imported anew: then it replaces its older one."""
    first, second = LoginPolicy(), LoginPolicy()
    declare_setting(first)

    assert declare_setting(second) is setting_named("a door") is second


def test_a_name_is_given_once() -> None:
    """Nobody replaces a setting by accident."""
    declare_setting(LoginPolicy())
    with pytest.raises(ValueError, match="a setting a door exists: LoginPolicy"):
        declare_setting(OtherDoor())


def test_an_unknown_name_says_what_to_do() -> None:
    """A plan may have been made where another file was loaded."""
    with pytest.raises(FixError, match="no setting of this name is known"):
        setting_named("pray")


def test_a_reading_holds_no_more_than_it_was_given() -> None:
    """Most settings have no domain controller, and no subject."""
    reading = Reading(where="x", value="Running")

    assert (reading.domain_controller, dict(reading.evidence)) == (None, {})
