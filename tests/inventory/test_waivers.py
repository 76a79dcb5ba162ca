"""Guards `moveready.inventory.waivers`: what a waiver covers, and when it ends; and how an inventory says it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.errors import InventoryError
from moveready.inventory import Inventory, Waiver, load_inventory

if TYPE_CHECKING:
    from pathlib import Path

SERVERS = """\
organization: {name: x, exchange: [ex01.a.com]}
groups: {old: {}}
servers:
- ex01.a.com
- ex02.a.com
- {name: mb01.a.com, group: old}
"""
Load = Callable[..., Inventory]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load an inventory of three servers with these waivers, in the file itself or beside it."""

    def from_text(inside: str = "", beside: str = "") -> Inventory:
        (tmp_path / "prod.yaml").write_text(SERVERS + inside, encoding="utf-8")
        if beside:
            (tmp_path / "waivers.yaml").write_text(beside, encoding="utf-8")
        return load_inventory(tmp_path / "prod.yaml", {})

    return from_text


def waiver(**changes: object) -> Waiver:
    """A waiver of one control on ex01, until the end of March 2026."""
    usual: dict[str, object] = {
        "control": "KB3063913-2",
        "servers": ("ex01.a.com",),
        "reason": "a known event of a test",
        "until": date(2026, 3, 31),
    }
    return Waiver(**{**usual, **changes})  # type: ignore[arg-type] # the caller names fields


def test_waiver_is_read_with_its_place(load: Load, tmp_path: Path) -> None:
    """Names, patterns and groups become servers, in the order of the inventory."""
    text = (
        "waivers:\n"
        "- {control: KB3063913-2, servers: ['group:old', EX01], reason: ' planned ', until: 2026-03-31,\n"
        "   ticket: CHG1, approved_by: J. Doe}\n"
    )
    (found,) = load(text).waivers

    assert found == Waiver(
        control="KB3063913-2",
        servers=("ex01.a.com", "mb01.a.com"),
        reason="planned",
        until=date(2026, 3, 31),
        ticket="CHG1",
        approved_by="J. Doe",
        file=str(tmp_path / "prod.yaml"),
        line=8,
    )


def test_file_beside_the_inventory_is_read(load: Load) -> None:
    """`waivers.yaml`; with it, another inventory is meant, and its fingerprint says so."""
    entry = "waivers: [{control: MRS-SVC, servers: ['*'], reason: r, until: 2026-03-31}]\n"
    alone, both = load().fingerprint, load(beside=entry)

    assert [len(found.servers) for found in both.waivers] == [3]
    assert both.fingerprint != alone


def test_waivers_of_both_places_add_up(load: Load) -> None:
    """Neither replaces the other."""
    entry = "waivers: [{control: MRS-SVC, servers: ['*'], reason: r, until: 2026-03-31}]\n"

    assert len(load(entry, beside=entry).waivers) == 2


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{servers: ['*'], reason: r, until: 2026-03-31}", "`control` is missing"),
        ("{control: K-1, servers: ['*'], reason: r}", "`until` is missing"),
        ("{control: K-1, servers: ['*'], until: 2026-03-31}", "`reason` is missing"),
        ("{control: K-1, servers: ['*'], reason: '  ', until: 2026-03-31}", "this text cannot be used"),
        ("{control: K-1, servers: [], reason: r, until: 2026-03-31}", "`servers`"),
        ("{control: K-1, servers: ['*'], reason: r, until: 2026-02-30}", "this date does not exist"),
        ("{control: K-1, servers: ['*'], reason: r, until: 31.3.2026}", "this is not a date"),
        ("{control: K-1, servers: ['*'], reason: r, until: never}", "this is not a date"),
        ("{control: K-1, servers: [ex1], reason: r, until: 2026-03-31}", "no server of the inventory is called so"),
        ("{control: 'K 1', servers: ['*'], reason: r, until: 2026-03-31}", "this name cannot be used"),
        ("{control: K-1, servers: ['*'], reason: r, until: 2026-03-31, untill: x}", "untill"),
    ],
)
def test_mistakes_are_reported_with_their_line(load: Load, entry: str, problem: str) -> None:
    """A waiver that is not understood must neither count nor be lost."""
    with pytest.raises(InventoryError) as caught:
        load(f"waivers:\n- {entry}\n")

    (mistake,) = caught.value.mistakes
    assert problem in str(mistake)
    assert mistake.place.line == 8


def test_limit_keeps_the_waivers(load: Load) -> None:
    """And knows which servers it has left out."""
    limited = load("waivers: [{control: K-1, servers: ['*'], reason: r, until: 2026-03-31}]\n").limited_to("ex01")

    assert len(limited.waivers) == 1
    assert limited.without_known(["ex01.a.com", "ex02.a.com", "ex09.a.com"]) == ("ex09.a.com",)


def test_control_or_its_kb_is_covered() -> None:
    """On the servers that it names."""
    assert waiver().covers("KB3063913-2", "ex01.a.com")
    assert waiver(control="KB3063913").covers("KB3063913-2", "ex01.a.com")
    assert waiver(control="mrs-svc-1").covers("MRS-SVC-1", "ex01.a.com")
    assert not waiver().covers("KB3063913-20", "ex01.a.com")
    assert not waiver(control="KB306391").covers("KB3063913-2", "ex01.a.com")
    assert not waiver().covers("KB3063913-2", "ex02.a.com")


def test_last_day_counts_to_its_end() -> None:
    """In UTC."""
    midnight = datetime(2026, 4, 1, tzinfo=UTC)

    assert not waiver().has_expired(midnight - timedelta(microseconds=1))
    assert waiver().has_expired(midnight)


def test_end_is_near_for_two_weeks() -> None:
    """Not before, and not once it is over."""
    midnight = datetime(2026, 4, 1, tzinfo=UTC)

    assert not waiver().ends_soon(midnight - timedelta(days=14, microseconds=1))
    assert waiver().ends_soon(midnight - timedelta(days=14))
    assert not waiver().ends_soon(midnight)


def test_waiver_until_the_last_day_never_ends() -> None:
    """That is what people write for `forever`; there is no day after it."""
    forever = waiver(until=date.max)

    assert not forever.has_expired(datetime(2999, 1, 1, tzinfo=UTC))
    assert not forever.ends_soon(datetime(2999, 1, 1, tzinfo=UTC))
