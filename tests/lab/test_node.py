"""A server's shells and connections follow its state."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from moveready.lab.faults import Faults
from moveready.lab.fleet import fleet_from
from moveready.lab.node import Node, NodeContext
from moveready.lab.state import organization_from, restart_iis

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Connection(asyncio.Transport):
    """A connection that only knows whether it was cut."""

    cut = False

    def abort(self) -> None:
        """Cut it."""
        self.cut = True


@pytest.fixture
def node() -> Node:
    """One server."""
    organization = organization_from(fleet_from(servers=[{"name": "ex01.contoso.com"}]), NOON)
    settle: Callable[[Node], None] = Node.settle
    world = NodeContext(organization, Faults(), lambda: NOON, settle)
    return Node(world, organization.servers["ex01.contoso.com"])


def connections(node: Node) -> dict[str, Connection]:
    """One connection per channel."""
    found = {channel: Connection() for channel in ("exchange", "windows", "https")}
    for channel, connection in found.items():
        node.login_of(connection, channel)
    return found


def test_a_login_belongs_to_its_connection(node: Node) -> None:
    """The same connection has the same login; another one starts as nobody."""
    one, other = Connection(), Connection()

    assert node.login_of(one, "windows") is node.login_of(one, "windows")
    assert node.login_of(one, "windows") is not node.login_of(other, "windows")


def test_a_restart_of_iis_cuts_what_lives_in_iis(node: Node) -> None:
    """Exchange and EWS are cut, once; WinRM stays."""
    found = connections(node)
    organization = organization_from(fleet_from(servers=[{"name": "ex01.contoso.com"}]), NOON)
    restart_iis(organization, node.server, NOON)
    node.settle()

    assert {channel: connection.cut for channel, connection in found.items()} == {
        "exchange": True, "windows": False, "https": True
    }  # fmt: skip


def test_without_a_restart_nothing_is_cut(node: Node) -> None:
    """Settling changes nothing by itself."""
    found = connections(node)
    node.settle()

    assert not any(connection.cut for connection in found.values())


def test_closing_cuts_everything(node: Node) -> None:
    """At the lab's end every connection goes."""
    found = connections(node)
    node.close()

    assert all(connection.cut for connection in found.values())
