"""Work goes to the workers by server; whole runs are in tests/acceptance/test_parallel.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from xdist.remote import Producer

from moveready.plugin.scheduling import ServerScheduling
from moveready.plugin.sharding import Shares, server_of

RUN = """
import pytest
from moveready.inventory import Server

@pytest.mark.parametrize("number", range(4))
def test_plain(number, worker_id, server: Server):
    print(f"{server.name} on {worker_id}")

def test_beside(worker_id):
    pass
"""


@pytest.mark.heavy
def test_server_stays_on_the_worker_of_its_number(pytester: pytest.Pytester) -> None:
    """Server i of the inventory on worker i modulo N; tests without a server go where there is room."""
    pytester.makepyfile(test_own=RUN)
    pytester.makefile(
        ".yaml",
        prod="""
            organization: {name: contoso.com, exchange: [ex01.contoso.com], credential: ticket}
            defaults: {credential: ticket}
            credentials: {ticket: {auth: kerberos}}
            servers: [ex01.contoso.com, ex02.contoso.com, ex03.contoso.com]
        """,
    )
    result = pytester.runpytest_subprocess("--inventory=prod.yaml", "-n", "2", "test_own.py", "-rP")
    placed = {line for line in result.outlines if line.startswith("ex0") and " on gw" in line}

    result.assert_outcomes(passed=13)
    assert placed == {"ex01.contoso.com on gw0", "ex02.contoso.com on gw1", "ex03.contoso.com on gw0"}


SERVERS = ("ex01.contoso.com", "ex02.contoso.com", "ex03.contoso.com", "ex04.contoso.com")
TESTS = [f"test_kb.py::test_{number}[{server}]" for number in (1, 2) for server in SERVERS]
PLAIN = "test_own.py::test_plain"


class Node:
    """A worker that keeps what it is told."""

    def __init__(self, name: str) -> None:
        """Nothing yet."""
        self.gateway = SimpleNamespace(id=name)
        self.shutting_down = False
        self.given: list[int] = []

    def shutdown(self) -> None:
        """It gets no more."""
        self.shutting_down = True

    def send_runtest_some(self, indices: list[int]) -> None:
        """More to run."""
        self.given += indices


class Dealt:
    """A scheduler whose workers have collected these tests."""

    def __init__(self, tests: list[str], workers: int = 2) -> None:
        """Every worker is ready."""
        self.shares = Shares(SERVERS, workers)
        self.lost: dict[str, str] = {}
        config: Any = SimpleNamespace(
            getvalue=lambda _: [f"{workers}*popen"], option=SimpleNamespace(loadscopereorder=False)
        )
        log = Producer("test", enabled=False)
        self.scheduling = ServerScheduling(config, self.shares, self.lost.__setitem__, log)
        self.tests = tests
        self.nodes = [self.joined(f"gw{number}") for number in range(workers)]
        self.scheduling.schedule()

    def joined(self, name: str) -> Any:
        """A worker that has collected."""
        node: Any = Node(name)
        self.shares.take(name)
        self.scheduling.add_node(node)
        self.scheduling.add_node_collection(node, self.tests)
        return node

    def dies(self, node: Any) -> str | None:
        """As xdist tells it; what it reports as crashed."""
        self.shares.lose(node.gateway.id)
        return self.scheduling.remove_node(node)

    def given(self, node: Node) -> list[str]:
        """What the worker was given to run."""
        return [self.tests[index] for index in node.given]


def of_share(share: int, tests: list[str] = TESTS) -> list[str]:
    """The tests of one of two shares."""
    return [nodeid for nodeid in tests if server_of(nodeid, SERVERS) in SERVERS[share::2]]


def test_worker_gets_its_share_and_no_other() -> None:
    """Whoever asked a server has its answer."""
    dealt = Dealt(TESTS)

    assert [dealt.given(node) for node in dealt.nodes] == [of_share(0), of_share(1)]
    assert all(node.shutting_down for node in dealt.nodes)


def test_share_of_the_dead_waits_for_the_replacement() -> None:
    """Without the test that it ran; the others never get it."""
    dealt = Dealt([*TESTS, PLAIN])
    first, second = dealt.nodes
    crashed, *rest = of_share(1)
    dealt.scheduling.begin(crashed)
    other = len(first.given)

    assert dealt.dies(second) == crashed
    assert dealt.scheduling.open_servers(1) == (SERVERS[1], SERVERS[3])
    replacement = dealt.joined("gw2")
    dealt.scheduling.schedule()
    assert dealt.given(replacement)[: len(rest)] == rest
    assert set(dealt.given(first)[other:]) <= {PLAIN}


def test_only_servers_with_open_tests_are_asked_again() -> None:
    """What was judged before the worker died is known."""
    dealt = Dealt(TESTS)
    for nodeid in of_share(1):
        if SERVERS[1] in nodeid:
            dealt.scheduling.mark_test_complete(dealt.nodes[1], TESTS.index(nodeid))
    dealt.dies(dealt.nodes[1])

    assert dealt.scheduling.open_servers(1) == (SERVERS[3],)


def test_who_dies_while_asking_loses_nothing() -> None:
    """The replacement gets all of it; where it dies as well, the share is given up."""
    dealt = Dealt(TESTS)

    assert dealt.dies(dealt.nodes[0]) is None
    replacement = dealt.joined("gw2")
    dealt.scheduling.schedule()
    assert dealt.given(replacement) == of_share(0)
    assert dealt.dies(replacement) is None
    assert list(dealt.lost) == of_share(0)
    assert dealt.scheduling.open_servers(0) == ()


def test_before_tests_are_known_every_server_is_open() -> None:
    """A worker that dies while it collects has run nothing."""
    config: Any = SimpleNamespace(getvalue=lambda _: ["2*popen"])
    scheduling = ServerScheduling(config, Shares(SERVERS, 2), lambda *_: None, Producer("test", enabled=False))

    assert scheduling.open_servers(1) == SERVERS[1::2]


def test_surplus_workers_are_those_without_work() -> None:
    """Xdist lets as many go as there are more workers than pieces of work."""
    dealt = Dealt([nodeid for nodeid in TESTS if SERVERS[2] in nodeid], workers=3)

    assert [len(node.given) for node in dealt.nodes] == [0, 0, 2]
