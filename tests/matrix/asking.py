"""Asks a lab's servers, each with a fault of its own, all at once and in this process: by collector and judging."""

from __future__ import annotations

import inspect
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from moveready.collection.bounds import Bounds
from moveready.collection.collector import Collector
from moveready.collection.organization import _SECONDS_A_SERVER
from moveready.errors import EvidenceError
from moveready.evidence import declared, subjects_named
from moveready.findings.controls import installed_controls
from moveready.findings.judging import CheckResult, outcome_of
from moveready.findings.kb import kb_named
from moveready.inventory import load_inventory
from moveready.kb import load_rooms
from moveready.lab.faults import Fault
from moveready.lab.fleet import fleet_from
from moveready.lab.odd_ports import OddPort, odd_port
from moveready.lab.server import Lab
from moveready.remoting.logins import Logins
from tests.matrix.cells import ORGANIZATION, Channel, Elsewhere, Step, fqdn
from tests.matrix.traces import Lateness, connections_to, number_of_connections_to, threads_of_a_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from moveready.findings.controls import InstalledControl
    from moveready.findings.outcomes import Outcome
    from moveready.inventory import ExchangeHost, Inventory, Server
    from tests.matrix.cells import Cell

FIRST, NEIGHBOUR = f"first.{ORGANIZATION}", f"good.{ORGANIZATION}"
"""The server that is asked before all others, so that the credential is known to be right, and a healthy one."""

_GRACE_SECONDS = 2.0
"""How much later than the deadline an answer may be settled."""

_SLOW_SECONDS, _PATIENT_SECONDS = 4.5, 60.0
_MOST_AT_ONCE, _MOST_SLOW_AT_ONCE = 16, 8
"""Sessions whose time is over are all closed at once, in two seconds, and this process is the lab as well."""
_HEALTHY_VISITS = 60
"""The deadline is at least so many times what one healthy visit takes here, as a whole batch is asked at once."""


class Judged(NamedTuple):
    """How a control ended: the evidence that it needs, its outcome, and what was raised."""

    subjects: tuple[str, ...]
    outcome: Outcome
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one cell.

    Attributes:
        outcomes: Of every control, on the cell's server.
        neighbour: The same on a healthy server of the same run.
        verdict: That of KB 3063913 about the cell's server.
        seconds: Until all of its answers were there.
        allowed: Seconds that they may take: the deadline of the run, two seconds, and what this machine was late.
        shells: Shells that the server has when the run is over.
        left: Connections and threads of the run that are left when it is over.
    """

    outcomes: tuple[Judged, ...]
    neighbour: tuple[Judged, ...]
    verdict: str
    seconds: float
    allowed: float
    shells: int = 0
    left: tuple[str, ...] = ()


def batches_of(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells that can be asked together: the same way to reach Exchange, the same kind of lab, and of deadline."""

    def kind(cell: Cell) -> tuple[bool, ...]:
        is_exchange = cell.channel is Channel.EXCHANGE
        return is_exchange, cell.without_roles, cell.is_slow, (cell.channel, cell.step) == (Channel.WINDOWS, Step.TLS)

    alike = {key: list(group) for key, group in groupby(sorted(cells, key=kind), kind)}
    return [
        group[at : at + most]
        for group in alike.values()
        for most in [_MOST_SLOW_AT_ONCE if group[0].is_slow else _MOST_AT_ONCE]
        for at in range(0, len(group), most)
    ]


@dataclass
class Batch:
    """Cells that are asked together: a lab with a server for each of them, and two healthy ones."""

    cells: Sequence[Cell]
    folder: Path
    logins: Logins = field(default_factory=Logins)
    lateness: Lateness = field(default_factory=Lateness)
    ports: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)

    def asked(self) -> dict[str, Asked]:
        """Ask them all; what came of each, by its name."""
        load_rooms()
        with ExitStack() as opened, self.lateness:
            lab = opened.enter_context(Lab(self._fleet(), folder=self.folder, windows_tls=self._needs_tls))
            for number, cell in enumerate(self.cells):
                self.ports[cell.name] = self._spoiled(opened, lab, fqdn(number), cell)
                self.known[cell.name] = number_of_connections_to(self.ports[cell.name])
            inventory = self._inventory(lab)
            bounds = self._bounds(inventory)
            if self.cells[0].channel is Channel.EXCHANGE:
                found = self._ask_each_host(inventory, bounds)
            else:
                found = self._ask(inventory, bounds, self.cells, _host_of(inventory, FIRST))
            return {cell.name: self._after(lab, number, found[cell.name]) for number, cell in enumerate(self.cells)}

    @property
    def _needs_tls(self) -> bool:
        return any((cell.channel, cell.step) == (Channel.WINDOWS, Step.TLS) for cell in self.cells)

    def _fleet(self) -> Any:
        servers: list[dict[str, object]] = [{"name": FIRST}, {"name": NEIGHBOUR}]
        for number, cell in enumerate(self.cells):
            servers += cell.servers(number)
        roles: dict[str, object] = {"rbac": []} if any(cell.without_roles for cell in self.cells) else {}
        return fleet_from(organization=ORGANIZATION, servers=servers, **roles)

    def _spoiled(self, opened: ExitStack, lab: Lab, server: str, cell: Cell) -> int:
        """Do what the cell says; return the port of its channel."""
        if isinstance(cell.spoil, OddPort):
            return opened.enter_context(odd_port(cell.spoil))
        if isinstance(cell.spoil, Elsewhere):
            return lab.ports[FIRST][cell.channel.value]
        if isinstance(cell.spoil, Fault):
            command = cell.spoil.command and cell.spoil.command.format(server=server)
            lab.inject(server, cell.channel.value, replace(cell.spoil, command=command))
        elif cell.spoil is not None:
            lab.change(partial(cell.spoil, lab, server))
        return lab.ports[server][cell.channel.value]

    def _inventory(self, lab: Lab) -> Inventory:
        """The lab's own, where each server has the port of its cell."""
        inventory = load_inventory(lab.inventory_file, os.environ)
        odd = {fqdn(number): {cell.channel.value: self.ports[cell.name]} for number, cell in enumerate(self.cells)}
        servers = tuple(
            replace(server, ports=replace(server.ports, **odd.get(server.name, {}))) for server in inventory.servers
        )
        return replace(inventory, servers=servers)

    def _bounds(self, inventory: Inventory) -> Bounds:
        """A short deadline where only it ends a cell; never shorter than this machine needs for healthy servers.

        The first visit also shows the credential to be right: a refusal says nothing about the others then.
        """
        patient = Bounds(server_timeout=_PATIENT_SECONDS, first_answer_timeout=_PATIENT_SECONDS, pause_seconds=0)
        first = inventory.server(FIRST)
        began = monotonic()
        with _collector(inventory, patient, self.logins, _host_of(inventory, FIRST)) as collector:
            collector.gather([(first, declared())])
            collector.facts_of(first)
        least = (monotonic() - began) * _HEALTHY_VISITS
        seconds = max(least, _SLOW_SECONDS if any(cell.is_slow for cell in self.cells) else _PATIENT_SECONDS)
        return replace(patient, server_timeout=seconds, first_answer_timeout=seconds / 2, max_sessions=64)

    def _ask_each_host(self, inventory: Inventory, bounds: Bounds) -> dict[str, Asked]:
        """One run for each cell, whose only Exchange server is that of the cell; all runs at once."""

        def ask(number: int) -> dict[str, Asked]:
            names = (fqdn(number), NEIGHBOUR) if self.cells[number].has_second_host else (fqdn(number),)
            hosts = [_host_of(inventory, name) for name in names]
            return self._ask(inventory, bounds, self.cells[number : number + 1], *hosts)

        with ThreadPoolExecutor(len(self.cells)) as runs:
            return {name: asked for found in runs.map(ask, range(len(self.cells))) for name, asked in found.items()}

    def _ask(
        self, inventory: Inventory, bounds: Bounds, cells: Sequence[Cell], *hosts: ExchangeHost
    ) -> dict[str, Asked]:
        """One run about these cells and the healthy server, by way of these Exchange servers."""
        servers = {cell.name: inventory.server(fqdn(self.cells.index(cell))) for cell in cells}
        good = inventory.server(NEIGHBOUR)
        began, late = monotonic(), self.lateness.seconds
        with _collector(inventory, bounds, self.logins, *hosts) as collector:
            collector.gather([(server, declared()) for server in (*servers.values(), good)])

            def waited(server: Server) -> tuple[float, float]:
                collector.facts_of(server)
                return monotonic() - began, self.lateness.seconds - late

            with ThreadPoolExecutor(len(servers)) as waiting:
                times = dict(zip(servers, waiting.map(waited, servers.values()), strict=True))
            neighbour = _outcomes(collector, good)
            deadline = (bounds.server_timeout + self._added_seconds(cells)) * len(hosts)
            return {
                name: Asked(
                    _outcomes(collector, server),
                    neighbour,
                    _verdict(collector, server),
                    times[name][0],
                    deadline + _GRACE_SECONDS + times[name][1],
                )
                for name, server in servers.items()
            }

    @staticmethod
    def _added_seconds(cells: Sequence[Cell]) -> float:
        """An Exchange session about single servers has some seconds more for each of them: here there are two."""
        return 2 * _SECONDS_A_SERVER if cells[0].channel is Channel.EXCHANGE else 0.0

    def _after(self, lab: Lab, number: int, asked: Asked) -> Asked:
        """The same, with what is left when the run is over."""
        name = self.cells[number].name
        shells = sum(lab.shells(fqdn(number), channel) for channel in ("exchange", "windows"))
        return replace(
            asked, shells=shells, left=(*connections_to(self.ports[name], self.known[name]), *threads_of_a_run())
        )


def _collector(inventory: Inventory, bounds: Bounds, logins: Logins, *hosts: ExchangeHost) -> Collector:
    organization = replace(inventory.organization, exchange=hosts)
    return Collector(replace(inventory, organization=organization), bounds, logins)


def _host_of(inventory: Inventory, name: str) -> ExchangeHost:
    """The Exchange endpoint of that server."""
    server = inventory.server(name)
    return replace(inventory.organization.exchange[0], name=name, address=server.address, port=server.ports.exchange)


def _outcomes(collector: Collector, server: Server) -> tuple[Judged, ...]:
    return tuple(_judged(collector, server, found) for found in installed_controls())


def _judged(collector: Collector, server: Server, found: InstalledControl) -> Judged:
    """Run the check as pytest does: each argument is evidence, and where it cannot be had the check is not called."""
    names = [name for name in inspect.signature(found.check).parameters if name != "server"]
    subjects = {subject.name: subject for subject in subjects_named(names)}
    error: BaseException | None = None
    try:
        evidence = {name: each.usable(collector.evidence_of(each, server)) for name, each in subjects.items()}
        given = {"server": server} if "server" in inspect.signature(found.check).parameters else {}
        found.check(**given, **evidence)
    except (AssertionError, EvidenceError) as raised:
        error = raised
    judged = CheckResult(found.control, server, error, 0.0, inspect.getfile(found.check))
    return Judged(tuple(subjects), outcome_of(judged, collector.facts_of(server), tuple(subjects.values())), error)


def _verdict(collector: Collector, server: Server) -> str:
    kb = kb_named("KB3063913")
    assert kb is not None
    verdict = kb.verdict_on(server, collector.facts_of(server))
    assert verdict is not None
    return verdict.verdict
