"""A server keeps to one worker, known from its number.

Scheduling itself is tested in tests/acceptance.
"""

from __future__ import annotations

import pytest

from moveready.sharding import server_of, share_of, worker_number

SERVERS = ("ex01.contoso.com", "ex-02.contoso.com", "ex03.contoso.com")


def test_shares_are_disjoint_and_whole() -> None:
    """Each server goes to exactly one of the workers."""
    shares = [share_of(SERVERS, worker, 2) for worker in range(2)]

    assert sorted(server for share in shares for server in share) == sorted(SERVERS)


def test_replacement_has_no_share() -> None:
    """A worker that came later asks only what it is given."""
    assert share_of(SERVERS, 5, 2) == ()


def test_number_is_read_from_the_name() -> None:
    """As xdist names its workers."""
    assert worker_number("gw12") == 12


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
