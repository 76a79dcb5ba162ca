"""A server keeps to one worker.

Scheduling itself is tested in tests/acceptance.
"""

from __future__ import annotations

import pytest

from moveready.plugin.sharding import Shares, server_of

SERVERS = ("ex01.contoso.com", "ex-02.contoso.com", "ex03.contoso.com")


@pytest.fixture
def shares() -> Shares:
    """Two shares, each with its worker."""
    shares = Shares(SERVERS, 2)
    assert [shares.take("gw0"), shares.take("gw1")] == [0, 1]
    return shares


def test_shares_are_disjoint_and_whole(shares: Shares) -> None:
    """Each server goes to exactly one of the workers."""
    assert [shares.servers_of(0), shares.servers_of(1)] == [(SERVERS[0], SERVERS[2]), (SERVERS[1],)]


def test_replacement_takes_the_share_of_the_dead(shares: Shares) -> None:
    """Whatever its number."""
    shares.lose("gw1")

    assert (shares.take("gw7"), shares.of_worker("gw7"), shares.of_worker("gw1")) == (1, 1, None)


def test_worker_without_need_has_no_share(shares: Shares) -> None:
    """A share has one worker at a time; and who has none can lose none."""
    shares.lose("gw9")

    assert shares.take("gw2") is None


def test_test_is_in_the_share_of_its_server(shares: Shares) -> None:
    """A test without a server is in none."""
    nodeids = [f"test_kb.py::test_flag[{server}]" for server in SERVERS]

    assert [shares.of_test(nodeid) for nodeid in (*nodeids, "test_kb.py::test_plain")] == [0, 1, 0, None]
    assert shares.server_of(nodeids[1]) == SERVERS[1]


@pytest.mark.parametrize(
    ("nodeid", "server"),
    [
        ("test_kb.py::test_flag[ex01.contoso.com]", "ex01.contoso.com"),
        ("test_kb.py::test_flag[ex-02.contoso.com]", "ex-02.contoso.com"),
        ("test_kb.py::test_flag[fast-ex-02.contoso.com-7]", "ex-02.contoso.com"),
        ("test_kb.py::test_flag[ex99.contoso.com]", None),
        ("test_kb.py::test_plain", None),
    ],
)
def test_server_is_found_in_a_node_id(nodeid: str, server: str | None) -> None:
    """Also beside other parameters, although names hold the hyphen that joins them."""
    assert server_of(nodeid, SERVERS) == server
