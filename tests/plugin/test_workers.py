"""What the controller tells its workers; whole runs are in tests/acceptance."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import plain_from
from moveready.inventory import Credential, Secret
from moveready.plugin.interruption import Interruption
from moveready.plugin.selection import Selection
from moveready.plugin.workers import INTERRUPTED, Workers

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("ex01.contoso.com", "ex02.contoso.com", "ex03.contoso.com")


class Channel:
    """The controller's end of a channel to a worker."""

    def __init__(self) -> None:
        """Nothing was sent."""
        self.sent: list[object] = []
        self.hear: Callable[[object], None] = self.sent.append

    def setcallback(self, callback: Callable[[object], None]) -> None:
        """Who hears what the worker says."""
        self.hear = callback

    def send(self, word: object) -> None:
        """A worker that is called gone cannot be reached."""
        self.sent.append(word)
        if word == "gone":
            raise OSError


def node_of(name: str) -> Any:
    """A worker that starts, one of two."""
    gateway = SimpleNamespace(id=name, newchannel=Channel)
    return SimpleNamespace(gateway=gateway, workerinput={"workercount": 2})


@pytest.fixture
def heard() -> list[object]:
    """What the workers said is to be judged, and what people were told."""
    return []


@pytest.fixture
def workers(heard: list[object]) -> Workers:
    """The workers of a run on three servers."""
    inventory = SimpleNamespace(servers=[SimpleNamespace(name=name) for name in NAMES], credentials=())
    suite: Any = SimpleNamespace(inventory=inventory, handed_over=lambda servers: {"servers": servers})
    results: Any = SimpleNamespace(expect=heard.append, lose=None)
    return Workers(suite, results, Interruption(), lambda: heard.append("interrupted"))


def test_worker_is_told_its_servers(workers: Workers) -> None:
    """Dealt in the inventory's order."""
    nodes = [node_of("gw0"), node_of("gw1")]
    for node in nodes:
        workers.pytest_configure_node(node)

    assert [node.workerinput["moveready"]["servers"] for node in nodes] == [[NAMES[0], NAMES[2]], [NAMES[1]]]


def test_replacement_is_told_the_servers_of_the_dead(workers: Workers) -> None:
    """A worker that ended as it should is not replaced."""
    first, second, third = node_of("gw0"), node_of("gw1"), node_of("gw2")
    for node in (first, second):
        workers.pytest_configure_node(node)
    workers.pytest_testnodedown(first, None)
    workers.pytest_testnodedown(second, "Not properly terminated")
    workers.pytest_configure_node(third)

    assert third.workerinput["moveready"]["servers"] == [NAMES[1]]


def test_what_a_worker_selects_is_expected(workers: Workers, heard: list[object]) -> None:
    """It comes as plain data."""
    node = node_of("gw0")
    workers.pytest_configure_node(node)
    node.workerinput["moveready"]["channel"].hear(plain_from(Selection((), ("test_plain",))))

    assert heard == [Selection((), ("test_plain",))]


def test_passwords_are_told_to_the_worker_that_asks(workers: Workers) -> None:
    """Apart from all that it is handed, and no sooner."""
    node = node_of("gw0")
    workers._suite.inventory.credentials = (  # type: ignore[misc] # a namespace
        Credential("admin", username="svc", password=Secret("hunter2")),
        Credential("reader"),
    )
    workers.pytest_configure_node(node)
    passwords = node.workerinput["moveready"]["passwords"]

    assert passwords.sent == []
    assert "hunter2" not in repr(node.workerinput)
    passwords.hear("please")
    assert passwords.sent == [{"admin": "hunter2"}]


def test_interruption_is_told_to_every_worker(workers: Workers, heard: list[object]) -> None:
    """Also where one cannot be reached; and whoever starts afterwards asks nothing."""
    nodes = [node_of("gw0"), node_of("gw1")]
    for node in nodes:
        workers.pytest_configure_node(node)
    nodes[0].workerinput["moveready"]["channel"].send = _fail
    workers._ended.set()
    dsession = SimpleNamespace(shouldstop=False)
    workers._interrupt(dsession)
    workers.pytest_testnodedown(nodes[1], "died")
    late = node_of("gw2")
    workers.pytest_configure_node(late)

    assert nodes[1].workerinput["moveready"]["channel"].sent == [INTERRUPTED]
    assert dsession.shouldstop
    assert heard == ["interrupted"]
    assert late.workerinput["moveready"]["servers"] == []


def _fail(_: object) -> None:
    raise OSError


@pytest.mark.parametrize(("dist", "is_ours"), [("load", True), ("loadfile", False)])
def test_another_dist_is_left_to_xdist(workers: Workers, dist: str, is_ours: bool) -> None:
    """Whoever names one wants it."""
    workers.pytest_configure_node(node_of("gw0"))
    config: Any = SimpleNamespace(getoption=lambda _: dist, getvalue=lambda _: ["2*popen"])
    log = SimpleNamespace(loadscopesched=None)

    assert (workers.pytest_xdist_make_scheduler(config, log) is not None) == is_ours
