"""The lab's listening sockets on 127.0.0.1: three per server, each on its own port, which never changes.

A channel that is down keeps its port bound without listening: connections are refused, and nobody else gets the number.
Works the same on Windows and POSIX; needs only the address 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING

from moveready.errors import LabError
from moveready.lab.fleet import ChannelName
from moveready.lab.node import CHANNELS, Node

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping

ADDRESS = "127.0.0.1"

_SPARE_FILES = 512
"""Open files that the lab needs in addition to its listeners: connections, and other files of the process."""


class Listener:
    """One channel of one server."""

    def __init__(self, node: Node, channel: str, tls: ssl.SSLContext | None, last_port: int) -> None:
        """Reserve a port, the one after `last_port` if it is free; `tls` is the context of its connections."""
        self.node = node
        self.channel = channel
        self._name = ChannelName(channel)
        self._tls = tls
        self._reserved: socket.socket | None = _free_socket(last_port)
        self.port: int = self._reserved.getsockname()[1]
        self._server: asyncio.Server | None = None

    @property
    def wanted(self) -> bool:
        """Whether the state of the server lets this channel listen."""
        return self._name not in self.node.server.down

    async def open(self, connections: Callable[[], asyncio.Protocol]) -> None:
        """Start to listen, if it should and does not."""
        if self.wanted and self._reserved is not None:
            reserved, self._reserved = self._reserved, None
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(connections, sock=reserved, ssl=self._tls)

    def shut(self) -> None:
        """Stop listening, if it listens and should not: connections are dropped, the port stays reserved."""
        if not self.wanted and self._server is not None:
            self.close()
            self.node.cut(self.channel)
            self._reserved = _bound_socket(self.port, again=True)

    def close(self) -> None:
        """Give the port back."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None


class Listeners:
    """All listeners of the lab, by port."""

    def __init__(self, nodes: Iterable[Node], tls: Mapping[str, ssl.SSLContext]) -> None:
        """Reserve every port; `tls` names the channels that speak TLS.

        Raises:
            LabError: The system has no more sockets.
        """
        nodes = list(nodes)
        _allow_open_files(len(nodes) * len(CHANNELS) + _SPARE_FILES)
        self._by_port: dict[int, Listener] = {}
        self._by_server: dict[str, list[Listener]] = {}
        port = 0
        try:
            for node in nodes:
                for channel in CHANNELS:
                    listener = Listener(node, channel, tls.get(channel), port)
                    port = listener.port
                    self._by_port[port] = listener
                    self._by_server.setdefault(node.server.fqdn, []).append(listener)
        except OSError as error:
            self.close()
            raise LabError(
                f"The lab cannot open {len(nodes) * len(CHANNELS)} ports for {len(nodes)} servers: {error}. "
                f"Raise the limit of open files, or use a smaller fleet."
            ) from error

    def __getitem__(self, port: int) -> Listener:
        """The listener of a port."""
        return self._by_port[port]

    @property
    def ports(self) -> dict[str, dict[str, int]]:
        """Port numbers by FQDN and channel."""
        return {
            server: {listener.channel: listener.port for listener in listeners}
            for server, listeners in self._by_server.items()
        }

    async def open(self, connections: Callable[[], asyncio.Protocol]) -> None:
        """Listen on every port whose channel is up."""
        for listener in self._by_port.values():
            await listener.open(connections)

    def shut(self, server: str) -> None:
        """Stop listening on the ports of a server whose channels are down."""
        for listener in self._by_server[server]:
            listener.shut()

    def close(self) -> None:
        """Give all ports back."""
        for listener in self._by_port.values():
            listener.close()


def _free_socket(last_port: int) -> socket.socket:
    """A socket on a free port.

    Systems take long to choose among the last free ports (13 seconds for 15,000 were measured on Linux), so the next
    number is tried first.
    """
    if last_port:
        try:
            return _bound_socket(last_port + 1)
        except (OSError, OverflowError):
            pass
    return _bound_socket(0)


def _bound_socket(port: int, *, again: bool = False) -> socket.socket:
    """A socket that is bound and does not listen; `again` allows a port with old connections in TIME_WAIT."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if again:
            _share(bound)
        bound.bind((ADDRESS, port))
    except (OSError, OverflowError):
        bound.close()
        raise
    _share(bound)
    return bound


def _share(bound: socket.socket) -> None:
    """Let POSIX reserve this port again later; both sockets need this option, and Windows needs none.

    It is set only after the first bind, which must fail if another lab has reserved the port.
    """
    if sys.platform != "win32":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _allow_open_files(number: int) -> None:
    """Raise this process's limit of open files as far as allowed; Windows has no such limit for sockets."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # does not exist on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
