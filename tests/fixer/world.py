"""Servers in memory that the fixer may change.

`World` is an `Executor` whose servers behave as KB 3063913 and docs of IIS say: the worker process keeps the flag that
it read at its start.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from moveready.errors import MissingCommandError, RemoteCommandError, UnreachableError
from moveready.evidence import EWS_DIRECTORY
from moveready.evidence.mrsproxy_endpoint import MRSPROXY_PATH, EndpointAnswer, EndpointKind
from moveready.evidence.questions import Channel
from moveready.fixer.readings import Reading
from moveready.kb.kb3063913.remedies import FLAG, RUNNING
from tests.builders import endpoint_answer, ews_directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.evidence.questions import Cmdlet
    from moveready.inventory import Server

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BORN = NOON - timedelta(days=1)


@dataclass
class Machine:
    """One server.

    Attributes:
        worker_flag: What the worker process read at its start.
        started_at: When that was; None where nobody has asked for it since the restart.
        polls: How often it must still be asked until it is back.
        takes: How many polls each restart takes; more than anybody asks means never.
        recycling_helps: Whether a new worker process after `Restart-WebAppPool` reads the flag.
        out: What `Set-ServerComponentState` said last.
        offline: An administrator has taken the whole server out of service.
        stuck: Another requester holds its health check as it is.
        version: Of Exchange, as the directory has it.
        forgets: A Set is accepted, and the flag reads as if it had not been.
        ignores: Changes with this in their text are accepted, and have no effect.
        others: Settings of one's own, which `Set-Other` sets.
        starting: Statuses that its endpoint gives after a restart, the last first, before it answers as it should.
    """

    flag: bool = True
    worker_flag: bool = True
    identity: str = r"EX01\EWS (Default Web Site)"
    started_at: datetime | None = BORN
    polls: int = 0
    offline: bool = False
    takes: int = 0
    recycling_helps: bool = True
    out: bool = False
    stuck: bool = False
    forgets: bool = False
    version: str = "Version 15.2 (Build 1)"
    ignores: str | None = None
    starting: list[int] = field(default_factory=list)
    others: dict[str, bool] = field(default_factory=dict)


def endpoint_answer_of(server: Server, status: int) -> EndpointAnswer:
    """An answer after a login; one of 5xx shows nobody's name, as one of IIS whose application does not run yet."""
    name = server.name if status < HTTPStatus.INTERNAL_SERVER_ERROR else None
    url, kind = f"https://{server.name}{MRSPROXY_PATH}", EndpointKind.OTHER
    proofs = {"front_end": name, "logged_in": True, "asp_net": name is not None}
    return endpoint_answer(kind, server=server.name, url=url, status=status, **proofs).judged_for(None)


class World:
    """Machines by name, and every call: `calls` tells which, `changes` what was carried out."""

    def __init__(self, **machines: Machine) -> None:
        """Machines by short name."""
        self.machines = {f"{name}.contoso.com": machine for name, machine in machines.items()}
        self.calls: list[str] = []
        self.changes: list[str] = []
        self.failing: set[int] = set()
        self.failing_commands: set[str] = set()
        self.missing_commands = False
        self.failure: BaseException = UnreachableError("ex01.contoso.com", "Exchange endpoint", "it broke", "Look.")
        self.is_lost_on_the_way_back = False
        self.before_call: Callable[[str], None] = lambda _: None
        self.after_change: Callable[[], None] = lambda: None
        self._restarts = 0
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Machine:
        """The machine of that short name."""
        return self.machines[f"{name}.contoso.com"]

    def _called(self, what: str) -> bool:
        """Note the call; whether it fails."""
        self.before_call(what)
        with self._lock:
            self.calls.append(what)
            return len(self.calls) - 1 in self.failing

    def _ask(self, what: str) -> None:
        if self._called(what):
            raise self.failure

    def read(
        self, setting: str, server: Server, where: str | None = None, domain_controller: str | None = None
    ) -> Reading:
        """Its flag, from the domain controller that was named; or what the running application has."""
        if setting == RUNNING:
            answer = self.endpoint(server)
            value = {EndpointKind.ALIVE: True, EndpointKind.MRSPROXY_OFF: False}.get(answer.kind, answer.kind.value)
            return Reading(where=answer.url, value=value)
        if setting != FLAG:
            self._ask(f"setting {server.name} {setting}")
            return Reading(where=server.name, value=self.machines[server.name].others[setting])
        self._ask(f"flag {server.name} {where} {domain_controller}")
        machine = self.machines[server.name]
        found = ews_directory(machine.flag, server=server.name, identity=machine.identity, version=machine.version)
        return Reading(
            where=machine.identity,
            value=machine.flag,
            domain_controller=domain_controller or "dc1.contoso.com",
            evidence={EWS_DIRECTORY.name: found},
        )

    def major_version(self, server: Server) -> int:
        """From its version."""
        self._ask(f"version {server.name}")
        return int(self.machines[server.name].version.removeprefix("Version ").partition(".")[0])

    def run(self, server: Server, channel: Channel, command: Cmdlet) -> None:
        """Carry it out; where it fails, it has no effect, unless only its answer is lost."""
        of_windows = command.name in {"iisreset", "Restart-WebAppPool", "Set-Other"}
        assert (channel is Channel.WINDOWS) == of_windows
        fails = self._called(f"run {command}") or any(text in str(command) for text in self.failing_commands)
        if fails and not self.is_lost_on_the_way_back:
            raise self.failure
        self._take_effect(server.name, command)
        self.after_change()
        if fails:
            raise self.failure

    def _take_effect(self, name: str, command: Cmdlet) -> None:
        """What the cmdlet changes."""
        machine, given = self.machines[name], command.parameters
        if given.get("WhatIf"):
            return
        with self._lock:
            self.changes.append(f"{name.partition('.')[0]}: {command}")
        if machine.ignores is not None and machine.ignores in str(command):
            return
        if command.name == "Set-WebServicesVirtualDirectory":
            assert given["Identity"] == machine.identity
            machine.flag = bool(given["MRSProxyEnabled"]) is not machine.forgets
        elif command.name == "Set-ServerComponentState":
            machine.out = given["State"] == "Inactive"
        elif command.name == "Set-Other":
            machine.others[str(given["Name"])] = bool(given["Value"])
        elif command.name in {"iisreset", "Restart-WebAppPool"}:
            self._restart(machine, reads=command.name == "iisreset" or machine.recycling_helps)

    def _restart(self, machine: Machine, *, reads: bool) -> None:
        machine.worker_flag = machine.flag if reads else machine.worker_flag
        machine.started_at, machine.polls = None, machine.takes
        self._restarts += 1

    def is_running(self, server: Server) -> bool:
        """Not for as many polls as a restart takes."""
        self._ask(f"services {server.name}")
        machine = self.machines[server.name]
        machine.polls -= machine.polls > 0
        return not machine.polls

    def endpoint(self, server: Server) -> EndpointAnswer:
        """What it answers; being asked makes it start its worker process."""
        self._ask(f"endpoint {server.name}")
        machine = self.machines[server.name]
        if machine.polls:
            return endpoint_answer_of(server, 503)
        machine.started_at = machine.started_at or NOON + timedelta(minutes=self._restarts)
        if self._restarts and machine.starting:
            return endpoint_answer_of(server, machine.starting.pop())
        return endpoint_answer_of(server, 400 if machine.worker_flag else 403)

    def worker_started_at(self, server: Server) -> datetime:
        """There is none where nobody has asked since the restart."""
        self._ask(f"worker {server.name}")
        started_at = self.machines[server.name].started_at
        if started_at is None:
            raise RemoteCommandError(server.name, "Windows endpoint", "no worker process", "Ask the endpoint.")
        return started_at

    def is_in_service(self, server: Server) -> bool:
        """What the last Set said, unless somebody else holds it."""
        self._ask(f"health {server.name}")
        machine = self.machines[server.name]
        return machine.stuck or not machine.out

    def component_is_active(self, server: Server, component: str) -> bool:
        """What the last Set said."""
        self._ask(f"component {server.name} {component}")
        if self.missing_commands:
            raise MissingCommandError(server.name, "Exchange endpoint", "it is no cmdlet", "Ask.")
        machine = self.machines[server.name]
        return not machine.offline if component == "ServerWideOffline" else not machine.out
