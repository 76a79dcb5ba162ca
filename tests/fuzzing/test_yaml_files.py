"""An inventory that is read says what another YAML reader finds in it; anything else is mistakes with their lines."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from ruamel.yaml import YAML

from moveready.errors import InventoryError
from moveready.inventory import Inventory, load_inventory
from tests.fuzzing.changes import BUDGETS, Budget, cuts, edited_json, edited_texts, single_changes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INVENTORY = """\
organization: {name: contoso, exchange: [ex01.contoso.com]}
tls: {verify: true}
defaults: {phase: idle, credential: admin}
groups:
  main: {pool: mail.contoso.com, phase: moving}
servers:
  - {name: ex01.contoso.com, group: main, address: 10.1.2.3, ports: {https: 8443}}
  - {name: ex02.contoso.com, group: main, fix: allowed}
  - ex03.contoso.com
credentials: {admin: {username: svc, password: "env:SECRET"}}
waivers:
  - {control: KB3063913-1, servers: [ex03.contoso.com], reason: old, until: 2026-12-31}
"""
ENVIRON = {"SECRET": "secret"}
DATA: Any = {
    "organization": {"name": "contoso", "exchange": ["ex01.contoso.com"]},
    "defaults": {"phase": "idle"},
    "servers": ["ex01.contoso.com", {"name": "ex02.contoso.com", "phase": "moving"}],
    "waivers": [{"control": "KB1-1", "servers": ["ex0*"], "reason": "old", "until": "2026-12-31"}],
}


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Inventory | None]:
    """The inventory of a text; None where it has mistakes, each with a line that the text has."""
    file = tmp_path / "any.yaml"

    def load_text(text: str) -> Inventory | None:
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            return load_inventory(file, ENVIRON)
        except InventoryError as error:
            assert error.mistakes
            assert all(0 <= mistake.place.line <= text.count("\n") + text.count("\r") + 2 for mistake in error.mistakes)
            assert "secret" not in str(error)
            return None

    return load_text


def must_be_what_it_says(load: Callable[[str], Inventory | None], text: str) -> None:
    """Compare what is read with what ruamel.yaml's own loader makes of the text."""
    if (found := load(text)) is None:
        return
    said: Any = YAML(typ="safe", pure=True).load(text)
    servers = [one if isinstance(one, dict) else {"name": one} for one in said["servers"]]
    groups, defaults = said.get("groups") or {}, said.get("defaults") or {}
    assert [server.name for server in found.servers] == [str(one["name"]).strip().lower() for one in servers]
    for server, one in zip(found.servers, servers, strict=True):
        group = groups.get(one.get("group")) or {}
        settings = {**defaults, **group, **one}
        assert server.phase.value == settings.get("phase", "moving")
        assert server.fix_allowed == (settings.get("fix") == "allowed")
        assert server.address == settings.get("address")
    assert found.servers[0].tls.verify is (said.get("tls") or {}).get("verify", True)
    ends = [one["until"] for one in said.get("waivers") or []]
    assert [waiver.until for waiver in found.waivers] == [
        end if isinstance(end, date) else date.fromisoformat(end) for end in ends
    ]


@BUDGETS
def test_no_change_of_one_character_is_misread(budget: Budget, load: Callable[[str], Inventory | None]) -> None:
    """A key that nobody knows is a mistake, and no phase becomes another."""
    assert load(INVENTORY) is not None
    for changed in budget.of(single_changes(INVENTORY, "0:")):
        must_be_what_it_says(load, changed)


@BUDGETS
def test_a_cut_file_is_what_it_says(budget: Budget, load: Callable[[str], Inventory | None]) -> None:
    """Some of them are whole inventories; none raises anything but its mistakes."""
    for cut in budget.of(cuts(INVENTORY)):
        must_be_what_it_says(load, cut)


@BUDGETS
def test_an_edited_file_is_what_it_says(budget: Budget, load: Callable[[str], Inventory | None]) -> None:
    """After any edits of its text and of its data; or it has mistakes."""
    edited = edited_texts(INVENTORY) | edited_json(DATA) | st.text(max_size=60)
    budget.explore(edited, lambda text: must_be_what_it_says(load, text))
