"""One simulated server, seen from the network: its channels, its shells, its connections.

The state of the server (flag, worker, log) is elsewhere. This module runs pipelines against the state and follows its
changes: a restart of IIS ends the Exchange shells and connections, a server that dies stops listening.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.lab.auth import LoginState
from moveready.lab.cmdlets import run_pipeline
from moveready.lab.pipeline import Endpoint
from moveready.lab.shell_table import ShellHost
from moveready.lab.shells import Shells

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from moveready.lab.dump import Dump
    from moveready.lab.faults import Fault, Faults
    from moveready.lab.pipeline import Command, PipelineResult
    from moveready.lab.state import LabOrganization, LabServer

CHANNELS = ("exchange", "windows", "https")
"""The three listeners of a server, in the order of their ports."""


@dataclass(frozen=True, slots=True)
class NodeContext:
    """What all nodes share. `settle` lets a node's listeners and connections follow its state; `dump` may be None."""

    organization: LabOrganization
    faults: Faults
    now: Callable[[], datetime]
    settle: Callable[[Node], None]
    dump: Dump | None = None


class Node:
    """A server's shells and connections."""

    def __init__(self, world: NodeContext, server: LabServer) -> None:
        """Start with the server's present generation of IIS, without shells and connections."""
        self.server = server
        self.shells = {endpoint.value: self._shells_of(endpoint, world) for endpoint in Endpoint}
        self._logins: dict[str, weakref.WeakKeyDictionary[asyncio.Transport, LoginState]] = {
            channel: weakref.WeakKeyDictionary() for channel in CHANNELS
        }
        self._generation = server.iis_generation

    def login_of(self, transport: asyncio.Transport, channel: str) -> LoginState:
        """The login state of a connection; it is deleted with the connection."""
        return self._logins[channel].setdefault(transport, LoginState())

    def settle(self) -> None:
        """Follow the state: after a restart of IIS, drop its shells and connections."""
        if self._generation != self.server.iis_generation:
            self._generation = self.server.iis_generation
            self.shells["exchange"].drop()
            self.cut("exchange")
            self.cut("https")

    def cut(self, channel: str) -> None:
        """Drop every connection of a channel."""
        for transport in list(self._logins[channel]):
            transport.abort()

    def close(self) -> None:
        """Drop every shell and every connection."""
        for shells in self.shells.values():
            shells.drop()
        for channel in CHANNELS:
            self.cut(channel)

    def _shells_of(self, endpoint: Endpoint, world: NodeContext) -> Shells:
        def run(commands: Sequence[Command]) -> PipelineResult:
            result = run_pipeline(commands, world.organization, self.server, endpoint, world.now())
            world.settle(self)
            return result

        def fault_of(line: str) -> Fault | None:
            return world.faults.for_pipeline(self.server.fqdn, endpoint.value, line)

        is_2010, now = self.server.version.is_2010, world.now
        return Shells(ShellHost(endpoint, self.server.fqdn, world.organization.name, is_2010, now), run, fault_of)
