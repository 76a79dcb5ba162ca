"""One suite a process: its share of the servers, and what a worker is handed.

What a test's end means is tested in tests/test_plugin.py, on a living lab.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.bounds import PAUSE_SECONDS
from moveready.inventory import Inventory, Organization, Phase
from moveready.outcomes import value_from
from moveready.settings import Settings
from moveready.suite import Suite, suite_for

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = Settings(Path("reports"), timedelta(hours=1), 5.0, 64, 8, keep_raw=False)


@pytest.fixture
def inventory(server_named: Callable[..., Any]) -> Inventory:
    """Three servers, one of them idle."""
    servers = (server_named(), server_named("ex02.contoso.com", phase=Phase.IDLE), server_named("ex03.contoso.com"))
    return Inventory(Organization("contoso", ()), servers, (Path("prod.yaml"),), "0")


def test_inventory_is_handed_over_whole(inventory: Inventory) -> None:
    """As JSON could carry it, secrets included, and equal on the other side."""
    handed: Any = json.loads(json.dumps(Suite(inventory, SETTINGS, "prod.yaml").handed_over()))

    assert value_from(handed["inventory"], Inventory) == inventory
    assert handed["path"] == "prod.yaml"


def test_concurrency_is_divided_among_workers(inventory: Inventory) -> None:
    """More workers do not put more load on production."""
    assert Suite(inventory, SETTINGS, "", worker=1, workers=4).bounds.concurrency == 16
    assert Suite(inventory, SETTINGS, "", worker=1, workers=100).bounds.concurrency == 1


def test_workers_start_no_faster_than_one_process(inventory: Inventory) -> None:
    """Four start at the same time, so each of them takes four times as long."""
    assert Suite(inventory, SETTINGS, "", worker=1, workers=4).bounds.pause_seconds == 4 * PAUSE_SECONDS


def test_plain_tests_get_every_server(inventory: Inventory) -> None:
    """Without a control there is no phase to ask for."""
    assert Suite(inventory, SETTINGS, "").servers_for(None) == list(inventory.servers)


def test_worker_without_a_suite_has_none(pytester: pytest.Pytester) -> None:
    """A run of somebody else's tests under pytest-xdist is left alone."""
    config = pytester.parseconfig()
    config.workerinput = {"workerid": "gw0", "workercount": 1}  # type: ignore[attr-defined] # as xdist sets it

    assert suite_for(config) is None
