"""Ports that are reserved, open and shut."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from moveready.lab.faults import Faults
from moveready.lab.fleet import ChannelName, fleet_from
from moveready.lab.listeners import ADDRESS, Listener, Listeners
from moveready.lab.node import CHANNELS, Node, NodeContext
from moveready.lab.state import organization_from

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECONDS = 600
"""For a process that takes one."""


def nodes(copies: int = 1) -> list[Node]:
    """The nodes of a small fleet."""
    fleet = fleet_from(servers=[{"name": "ex.contoso.com", "copies": copies}])
    organization = organization_from(fleet, NOON)
    world = NodeContext(organization, Faults(), lambda: NOON, lambda _: None)
    return [Node(world, server) for server in organization.servers.values()]


LARGE_LAB = """
import pathlib, resource, tempfile
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, LIMITS)
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
with tempfile.TemporaryDirectory() as folder:
    with Lab(fleet_from(servers=[{"name": "ex.contoso.com", "copies": 100}]), folder=pathlib.Path(folder)):
        print(hard, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def in_a_process_of_its_own(limits: str) -> subprocess.CompletedProcess[str]:
    """A lab of a hundred servers under these limits, soft and hard, of open files, which hold for a whole process."""
    command = [sys.executable, "-c", LARGE_LAB.replace("LIMITS", limits)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((ADDRESS, port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


class Hangup(asyncio.Protocol):
    """A server that closes every connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        transport.close()


async def answers(port: int) -> bool:
    """Whether somebody listens there and hangs up; afterwards no end of the connection is open."""
    try:
        reader, writer = await asyncio.open_connection(ADDRESS, port)
    except ConnectionRefusedError:
        return False
    await reader.read()
    writer.close()
    await writer.wait_closed()
    return True


def test_each_channel_has_its_port_and_is_found_by_it() -> None:
    """A connection's port tells whom it is for."""
    (node,) = nodes()
    listeners = Listeners([node], {})
    try:
        ports = listeners.ports["ex.contoso.com"]
        assert [listeners[ports[channel]].channel for channel in CHANNELS] == list(CHANNELS)
    finally:
        listeners.close()


def test_a_reserved_port_refuses_and_nobody_else_gets_it() -> None:
    """Before it opens, a port is bound without listening."""
    (node,) = nodes()
    listeners = Listeners([node], {})
    port = listeners.ports["ex.contoso.com"]["https"]
    try:
        assert not accepts(port)
        with pytest.raises(OSError, match=r"(?i)in use|access"), socket.socket() as thief:
            thief.bind((ADDRESS, port))
    finally:
        listeners.close()


def test_two_labs_never_share_a_port() -> None:
    """A reserved port is passed over, though it does not listen."""
    one, other = (Listeners(nodes(30), {}) for _ in range(2))
    try:
        found = [port for listeners in (one, other) for ports in listeners.ports.values() for port in ports.values()]
        assert len(set(found)) == len(found)
    finally:
        one.close()
        other.close()


def test_the_next_number_is_passed_over_where_it_is_taken() -> None:
    """Somebody else's port, and the end of the numbers, are no obstacle."""
    (node,) = nodes()
    with socket.socket() as taken:
        taken.bind((ADDRESS, 0))
        number = taken.getsockname()[1]
        for last_port in (number - 1, 65535):
            listener = Listener(node, "https", None, last_port)
            listener.close()
            assert listener.port not in {number, 65536}


def test_ports_follow_the_state_down_and_up() -> None:
    """A channel that goes down refuses on the same number, and comes back on it."""

    async def walk() -> list[bool]:
        (node,) = nodes()
        listeners, told = Listeners([node], {}), []
        port = listeners.ports["ex.contoso.com"]["windows"]
        for down in (frozenset[ChannelName](), frozenset({ChannelName.WINDOWS}), frozenset[ChannelName]()):
            node.server.down = down
            listeners.shut("ex.contoso.com")
            await listeners.open(Hangup)
            told.append(await answers(port))
        listeners.close()
        return told

    assert asyncio.run(walk()) == [True, False, True]


def test_closing_frees_every_port() -> None:
    """Afterwards the port can be bound by anybody."""

    async def walk() -> int:
        listeners = Listeners(nodes(), {})
        await listeners.open(Hangup)
        listeners.close()
        return listeners.ports["ex.contoso.com"]["https"]

    with socket.socket() as anybody:
        anybody.bind((ADDRESS, asyncio.run(walk())))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be() -> None:
    """A thousand servers need more sockets than most systems allow a process at first."""
    hard, printed = in_a_process_of_its_own("(200, hard)").stdout.split()

    assert int(printed) == min(100 * 3 + 512, int(hard))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_too_many_ports_are_told_with_what_to_do() -> None:
    """Where the system gives no more files, the message says so."""
    told = in_a_process_of_its_own("(64, 64)").stderr

    assert "The lab cannot open 300 ports for 100 servers" in told
    assert "use a smaller fleet" in told
