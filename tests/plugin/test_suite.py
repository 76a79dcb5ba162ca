"""One suite a process: its share of the servers, and what a worker is handed.

What a test's end means is tested in tests/plugin/test_hooks.py, on a living lab.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.collection.bounds import PAUSE_SECONDS
from moveready.collection.tally import Progress
from moveready.evidence import EWS_DIRECTORY, Subject
from moveready.findings.outcomes import value_from
from moveready.inventory import Inventory, Organization, Phase
from moveready.kb.kb3063913 import MRSPROXY_EVENTS
from moveready.plugin.passwords import having_asked
from moveready.plugin.progress import SilentWatch
from moveready.plugin.settings import Settings
from moveready.plugin.suite import Suite, suite_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from moveready.inventory import Server

SETTINGS = Settings(Path("reports"), timedelta(hours=1), 5.0, 64, 8, keep_raw=False)


@pytest.fixture
def inventory(server_named: Callable[..., Any]) -> Inventory:
    """Three servers, one of them idle."""
    servers = (server_named(), server_named("ex02.contoso.com", phase=Phase.IDLE), server_named("ex03.contoso.com"))
    return Inventory(Organization("contoso", ()), servers, (Path("prod.yaml"),), "0")


class TellingChannel:
    """A worker's end of the channel for passwords, with what the controller tells."""

    TimeoutError = TimeoutError

    def __init__(self, told: object = None) -> None:
        """What is told to whoever asks; an exception is raised."""
        self.told = told if told is not None else {"admin": "secret"}
        self.is_open = True

    def send(self, _: object) -> None:
        """Ask."""

    def receive(self, _: float) -> object:
        """The answer."""
        if isinstance(self.told, Exception):
            raise self.told
        return self.told

    def close(self) -> None:
        """It is used once."""
        self.is_open = False


def test_inventory_is_handed_over_without_secrets(inventory: Inventory) -> None:
    """As JSON could carry it; with its passwords it is equal on the other side, but for those who are notified."""
    told = replace(inventory, notify=("json://user:hunter2@somewhere/",))
    handed: Any = json.loads(json.dumps(Suite(told, SETTINGS, "prod.yaml").handed_over(())))

    assert "secret" not in json.dumps(handed["inventory"])
    assert "hunter2" not in json.dumps(handed)
    assert having_asked(TellingChannel(), value_from(handed["inventory"], Inventory)) == inventory
    assert handed["path"] == "prod.yaml"


def test_concurrency_is_divided_among_workers(inventory: Inventory) -> None:
    """More workers do not put more load on production."""
    assert Suite(inventory, SETTINGS, "", workers=4).bounds.concurrency == 16
    assert Suite(inventory, SETTINGS, "", workers=100).bounds.concurrency == 1


def test_workers_start_no_faster_than_one_process(inventory: Inventory) -> None:
    """Four start at the same time, so each of them takes four times as long."""
    assert Suite(inventory, SETTINGS, "", workers=4).bounds.pause_seconds == 4 * PAUSE_SECONDS


class Asked:
    """Keeps what a collector would be asked."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.gathered: list[list[tuple[str, frozenset[Subject[Any]]]]] = []

    def gather(self, wanted: Iterable[tuple[Server, Iterable[Subject[Any]]]]) -> None:
        """Keep it."""
        self.gathered.append([(server.name, frozenset(subjects)) for server, subjects in wanted])

    def wait(self, _: float) -> Progress:
        """It is over at once."""
        return Progress(0, 0, 0, None, 0.0)


def test_all_servers_are_gathered_together(inventory: Inventory) -> None:
    """The start is spread over what is gathered at once; one by one nothing would be."""
    suite, collector = Suite(inventory, SETTINGS, ""), Asked()
    vars(suite)["collector"] = collector
    needs = {"ex01.contoso.com": ["mrsproxy_events"], "ex02.contoso.com": [], "ex03.contoso.com": ["mrsproxy_events"]}
    items: Any = [
        SimpleNamespace(callspec=SimpleNamespace(params={"server": inventory.server(name)}), fixturenames=names)
        for name, needed in needs.items()
        for names in ([*needed, "server"], ["ews_directory"])
    ]
    suite.gather_for(items, SilentWatch())

    assert collector.gathered == [
        [
            ("ex01.contoso.com", frozenset({EWS_DIRECTORY, MRSPROXY_EVENTS})),
            ("ex02.contoso.com", frozenset({EWS_DIRECTORY})),
            ("ex03.contoso.com", frozenset({EWS_DIRECTORY, MRSPROXY_EVENTS})),
        ]
    ]


def test_nothing_asked_has_no_cost_and_needs_no_client(inventory: Inventory) -> None:
    """The controller of a run with workers, and a worker without servers."""
    suite = Suite(inventory, SETTINGS, "")

    assert suite.handed_back() == {"costs": {}, "not_kept": [], "not_audited": [], "seen": []}
    suite.close()
    assert "fleet" not in vars(suite)


def test_plain_tests_get_every_server(inventory: Inventory) -> None:
    """Without a control there is no phase to ask for."""
    assert Suite(inventory, SETTINGS, "").servers_for(None) == list(inventory.servers)


def test_worker_without_a_suite_has_none(pytester: pytest.Pytester) -> None:
    """A run of somebody else's tests under pytest-xdist is left alone."""
    config = pytester.parseconfig()
    config.workerinput = {"workerid": "gw0", "workercount": 1}  # type: ignore[attr-defined] # as xdist sets it

    assert suite_for(config) is None


def test_workers_mark_their_probes_as_the_controller_does(inventory: Inventory, pytester: pytest.Pytester) -> None:
    """One run has one id, whoever asks."""
    controller = Suite(inventory, SETTINGS, "prod.yaml")
    config = pytester.parseconfig()
    handed = controller.handed_over(()) | {"passwords": TellingChannel()}
    config.workerinput = {"workerid": "gw1", "workercount": 2, "moveready": handed}  # type: ignore[attr-defined] # as xdist sets it
    worker = suite_for(config)

    assert worker is not None
    assert worker.bounds.run == controller.bounds.run
