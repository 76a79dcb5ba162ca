"""Whoever leaves a collector is not held: what is under way is cut, what is not is given up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from moveready.collection.bounds import Bounds
from moveready.collection.collector import Collector
from moveready.errors import RunInterruptedError
from moveready.evidence import EWS_DIRECTORY
from moveready.inventory import load_inventory
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS
from moveready.lab.faults import Fault, FaultKind
from tests.builders import wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.inventory import Inventory
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]

NAMES = tuple(f"ex{number:02d}.contoso.com" for number in range(1, 7))
EX01, EX02 = NAMES[:2]
HANG = Fault(FaultKind.HANG)


def inventory_of(lab: Lab) -> Inventory:
    """The ready inventory of a lab."""
    return load_inventory(lab.inventory_file, os.environ)


def test_leaving_cuts_what_is_under_way(six: Lab) -> None:
    """Whoever waits is let go, and no thread stays behind."""
    six.inject(EX01, "https", HANG)
    for name in NAMES:
        six.inject(name, "exchange", HANG)
    inventory = inventory_of(six)
    with Collector(inventory, Bounds(server_timeout=60, concurrency=2)) as collector:
        collector.gather(wanted(inventory.servers[:1], EWS_DIRECTORY, ENDPOINT_ANSWER))
        _await(lambda: six.log.logins(server=EX01, channel="https") or six.log.requests(server=EX01) >= 3)
        threads = [thread for thread in threading.enumerate() if thread.name.startswith("moveready-ask")]
        started = time.monotonic()

    found = collector.facts_of(inventory.server(EX01))
    for thread in threads:
        thread.join(10)
    assert len(threads) == 2
    assert time.monotonic() - started < 30
    assert isinstance(found.of(ENDPOINT_ANSWER), RunInterruptedError)


def test_leaving_closes_open_sessions(six: Lab) -> None:
    """Also those whose Create has no answer yet; when the collector is left, no server holds a shell any more."""
    six.inject(EX01, "exchange", Fault(FaultKind.UNANSWERED, "Create"))
    for name in NAMES:
        six.inject(name, "windows", Fault(FaultKind.UNANSWERED, "Create" if name == EX02 else "Command"))
    inventory = inventory_of(six)
    with Collector(inventory, Bounds(server_timeout=60)) as collector:
        collector.gather(wanted(inventory.servers, EWS_DIRECTORY, MRSPROXY_EVENTS))
        _await(lambda: len(six.log.entries(kind="command")) == 5 and len(six.log.entries(kind="create-shell")) == 7)
        assert [six.shells(name, "windows") for name in NAMES] == [1] * 6

    assert [six.shells(name, "windows") for name in NAMES] == [0] * 6
    assert six.shells(EX01, "exchange") == 0
    assert len(six.log.entries(kind="delete-shell")) == 7


def test_leaving_ends_the_wait_before_the_first_visits(six: Lab) -> None:
    """Nobody is asked any more, and no thread sleeps on."""
    inventory = inventory_of(six)
    with Collector(inventory, Bounds(pause_seconds=3600)) as collector:
        collector.gather(wanted(inventory.servers, ENDPOINT_ANSWER))
        threads = [thread for thread in threading.enumerate() if thread.name.startswith("moveready-ask")]

    ends = time.monotonic() + 10
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    assert threads
    assert not any(thread.is_alive() for thread in threads)
    assert six.log.requests() == 0


def test_leaving_gives_up_what_is_not_under_way(six: Lab) -> None:
    """It is then known that the run was interrupted, and nothing about the server."""
    six.inject(EX01, "https", HANG)
    inventory = inventory_of(six)
    with Collector(inventory, Bounds(server_timeout=60, concurrency=1)) as collector:
        collector.gather(wanted(inventory.servers[:2], ENDPOINT_ANSWER))
        _await(lambda: six.log.requests(server=EX01) >= 2)

    assert isinstance(collector.facts_of(inventory.server(EX02)).of(ENDPOINT_ANSWER), RunInterruptedError)
    assert six.log.requests(server=EX02) == 0


def test_who_waits_while_the_fleet_is_left_is_let_go(six: Lab) -> None:
    """A question that was given up says so."""
    six.inject(EX01, "https", HANG)
    inventory = inventory_of(six)
    with ThreadPoolExecutor(1) as pool, Collector(inventory, Bounds(server_timeout=60, concurrency=1)) as collector:
        collector.gather(wanted(inventory.servers[:2], ENDPOINT_ANSWER))
        waiting = pool.submit(collector.evidence_of, ENDPOINT_ANSWER, inventory.server(EX02))
        _await(lambda: six.log.requests(server=EX01) >= 2)
        collector.__exit__()

        assert isinstance(waiting.exception(timeout=30), RunInterruptedError)


def test_a_fleet_that_was_left_asks_no_more(six: Lab) -> None:
    """It says so instead of waiting for ever."""
    inventory = inventory_of(six)
    with Collector(inventory, Bounds()) as collector:
        pass

    with pytest.raises(RunInterruptedError):
        collector.evidence_of(ENDPOINT_ANSWER, inventory.server(EX01))
    assert six.log.requests() == 0


def _await(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


RUN = """
import os, sys, time
from pathlib import Path
from moveready.kb.kb3063913 import KB
from moveready.collection.bounds import Bounds
from moveready.collection.collector import Collector
from moveready.inventory import load_inventory
from moveready.lab.faults import Fault, FaultKind
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab

lab = Lab(fleet_from(servers=[{"name": "ex01.contoso.com"}]), folder=Path(sys.argv[1])).__enter__()
for channel in ("exchange", "windows", "https"):
    lab.inject("ex01.contoso.com", channel, Fault(FaultKind.HANG))
inventory = load_inventory(lab.inventory_file, os.environ)
collector = Collector(inventory, Bounds(server_timeout=float(sys.argv[2])))
collector.gather([(server, KB.reads) for server in inventory.servers])
while not lab.log.requests():
    time.sleep(0.01)
"""


@pytest.mark.parametrize(
    ("end", "seconds"),
    [("collector.__exit__(); sys.exit(130)", 60), ("sys.exit(130)", 2)],
    ids=["interrupted", "never-left"],
)
def test_a_hanging_server_does_not_keep_the_process(tmp_path: Any, end: str, seconds: float) -> None:
    """Python waits for its threads at the end; ours end at once where the collector is left, else by their deadline."""
    started = time.monotonic()

    ended = subprocess.run(
        [sys.executable, "-c", RUN + end, str(tmp_path), str(seconds)], check=False, timeout=90, capture_output=True
    )
    assert (ended.returncode, ended.stderr) == (130, b"")
    assert time.monotonic() - started < 50
