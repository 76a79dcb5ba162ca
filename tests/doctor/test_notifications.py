"""Channels of `notify:`, before the run that would notify nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.doctor.finding import Result
from moveready.doctor.notifications import find_channels

if TYPE_CHECKING:
    from tests.doctor.conftest import InventoryOf


def test_a_channel_that_cannot_be_used_is_told_without_its_secret(inventory_of: InventoryOf) -> None:
    """What stands in the inventory may be one."""
    more = "notify: [env:NO_URL, hunter2, 'json://example.invalid/hunter2']"
    first, second = find_channels(inventory_of("ex01.contoso.com", more=more), {})

    assert first.told == "the environment variable NO_URL is not set"
    assert first.next_step == "Set it to the URL before the run."
    assert second.told == "a channel for messages is no URL"
    assert "hunter2" not in f"{first}{second}"
    assert {first.result, second.result} == {Result.PROBLEM}


def test_channels_that_can_be_read_are_counted(inventory_of: InventoryOf) -> None:
    """Nothing was sent, and the line says so."""
    more = "notify: ['json://example.invalid/hunter2']"
    (finding,) = find_channels(inventory_of("ex01.contoso.com", more=more), {})

    assert (finding.result, finding.told) == (Result.GOOD, "1 channel can be read; nothing was sent")


def test_nobody_to_notify_is_no_finding(inventory_of: InventoryOf) -> None:
    """Most inventories have no `notify`."""
    assert list(find_channels(inventory_of("ex01.contoso.com"), {})) == []
