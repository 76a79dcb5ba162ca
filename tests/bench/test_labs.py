"""The lab's fleet, and the target file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.labs import findings_in, fleet_text, target_from
from moveready.inventory import Inventory, Organization
from moveready.lab.fleet import read_fleet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.inventory import Server


def test_every_tenth_server_is_off(tmp_path: Path) -> None:
    """The lab takes the file, and has as many servers and as many findings as the contenders are held to."""
    (tmp_path / "fleet.yaml").write_text(fleet_text(25, 50), encoding="utf-8")
    fleet = read_fleet(tmp_path / "fleet.yaml")
    names = [name for facts in fleet.servers for name in facts.names]
    off = [name for facts in fleet.servers for name in facts.names if not facts.worker_is_on]

    assert (len(names), len(off), {facts.latency.total_seconds() for facts in fleet.servers}) == (25, 2, {0.05})
    assert findings_in(25) == 2


def test_a_few_servers_are_all_healthy(tmp_path: Path) -> None:
    """Three servers are a fleet as well."""
    (tmp_path / "fleet.yaml").write_text(fleet_text(3, 0), encoding="utf-8")

    assert len(read_fleet(tmp_path / "fleet.yaml").servers) == 1


def test_the_target_has_the_questions_of_the_suite(server_named: Callable[..., Server]) -> None:
    """As plain data, a given switch as true: whoever asks by pypsrp alone asks the same."""
    target = target_from(Inventory(Organization("contoso.com", ()), (server_named(),), (), ""))
    cmdlets = [[cmdlet["name"] for cmdlet in question] for question in json.loads(json.dumps(target))["questions"]]

    assert cmdlets == [
        ["Get-CimInstance", "Select-Object"],
        ["Get-WinEvent", "ForEach-Object"],
        ["Get-WinEvent", "ForEach-Object"],
    ]
    assert json.loads(json.dumps(target))["directories"][0]["parameters"] == {"ADPropertiesOnly": True}
