"""Servers in memory that the fixer's hands may change, and what a step is carried out with.

`World` is a `Hands` whose servers behave as KB 3063913 and docs of IIS say: the worker process keeps the flag that it
read at its start. Nothing here waits: pauses are counted, not slept.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import MissingCommandError, Place, RemoteCommandError, UnreachableError
from moveready.fixer.apply import StepRun
from moveready.fixer.guards import Limits
from moveready.fixer.hands import Flag
from moveready.fixer.journal import Interrupted, Journal, interrupted_steps
from moveready.fixer.plan import Plan, Step
from moveready.fixer.planning import load_remedies
from moveready.fixer.remedies import Finding, remedy_named
from moveready.fixer.resuming import Resuming
from moveready.fixer.surroundings import Surroundings
from moveready.inventory import Auth, Credential, ExchangeHost, FixPolicy, Inventory, Organization, Phase, Server
from moveready.kb import load_rooms
from moveready.kb.kb3063913 import EndpointAnswer, EndpointKind
from moveready.kb.kb3063913.endpoint import MRSPROXY_PATH
from moveready.kb.kb3063913.verdicts import RULES, Conclusion
from moveready.questions import Channel
from tests.builders import endpoint_answer, ews_directory, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.fixer.journal_lines import Mark
    from moveready.questions import Cmdlet

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BORN = NOON - timedelta(days=1)
load_rooms()
load_remedies()
CONCLUSION_OF = {rule.remedy: conclusion for conclusion, rule in RULES.items() if rule.remedy}
BEFORE = {"enable": False, "toggle": True, "enable-without-restart": False, "disable": True}
"""The flag for which each of our remedies is meant."""


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

    def read_flag(self, server: Server, identity: str | None, domain_controller: str | None) -> Flag:
        """Its flag, from the domain controller that was named."""
        self._ask(f"flag {server.name} {identity} {domain_controller}")
        machine = self.machines[server.name]
        found = ews_directory(machine.flag, server=server.name, identity=machine.identity, version=machine.version)
        return Flag(found, domain_controller or "dc1.contoso.com")

    def run(self, server: Server, channel: Channel, command: Cmdlet) -> None:
        """Carry it out; where it fails, it has no effect, unless only its answer is lost."""
        of_windows = command.name in {"iisreset", "Restart-WebAppPool"}
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


class Patience(threading.Event):
    """A stop event whose waits end at once; it may be set at one of them."""

    def __init__(self, stop_at: int | None = None) -> None:
        """Be set at the wait of that number, counted from 1."""
        super().__init__()
        self.pauses: list[float] = []
        self._stop_at = stop_at

    def wait(self, timeout: float | None = None) -> bool:
        """Count it."""
        self.pauses.append(timeout or 0.0)
        if len(self.pauses) == self._stop_at:
            self.set()
        return self.is_set()


@dataclass
class Listener:
    """An audience that keeps what it is told."""

    lines: list[str] = field(default_factory=list)
    seconds: list[tuple[str, float]] = field(default_factory=list)

    def tell(self, line: str) -> None:
        """Keep the line."""
        self.lines.append(line)

    def count_down(self, server: str, seconds_left: float) -> None:
        """Keep how much was left."""
        self.seconds.append((server, seconds_left))


def server_of(name: str = "ex01", **changes: object) -> Server:
    """A server that may be changed."""
    given: dict[str, object] = {"fix_allowed": True, **changes}
    credential = Credential("admin", Auth.NTLM, "CONTOSO\\svc", "secret")
    return Server(f"{name}.contoso.com", credential, Place(Path("prod.yaml"), 7), **given)  # type: ignore[arg-type] # the caller names fields


def policy_of(**changes: object) -> FixPolicy:
    """A policy that does not wait."""
    return replace(FixPolicy(wait_seconds=0.0), **changes)  # type: ignore[arg-type] # as above


def inventory_of(*servers: Server, **policy: object) -> Inventory:
    """An inventory of these servers."""
    host = ExchangeHost("ex01.contoso.com", Credential("admin"))
    organization = Organization("contoso.com", (host,))
    return Inventory(organization, servers, (Path("prod.yaml"),), "f" * 64, policy_of(**policy))


def finding_of(
    remedy: str, name: str = "ex01", version: int = 15, phase: Phase = Phase.MOVING, **policy: object
) -> Finding:
    """A finding that this remedy is for."""
    conclusion = CONCLUSION_OF[remedy]
    return Finding(
        server=server_of(name, phase=phase),
        verdict=verdict_of(conclusion, f"{name}.contoso.com"),
        outcomes=(),
        policy=policy_of(**policy),
        identity=rf"{name.upper()}\EWS (Default Web Site)",
        enabled=BEFORE[remedy],
        major_version=version,
        domain_controller="dc1.contoso.com",
    )


def step_of(remedy: str, name: str = "ex01", pool: str | None = None, version: int = 15, **policy: Any) -> Step:
    """The step of one of our remedies."""
    finding, found = finding_of(remedy, name, version, **policy), remedy_named(remedy)
    assert found is not None
    return Step(
        server=finding.server.name,
        pool=pool,
        kb="KB3063913",
        diagnosis=CONCLUSION_OF[remedy].value,
        remedy=remedy,
        controls=("KB3063913-1",),
        identity=finding.identity,
        before=finding.enabled,
        domain_controller=finding.domain_controller,
        actions=found.steps(finding),
        phase=finding.server.phase,
    )


def plan_of(*steps: Step) -> Plan:
    """A plan of these steps."""
    return Plan("contoso.com", "f" * 64, NOON, NOON + timedelta(hours=4), steps)


def machine_for(step: Step) -> Machine:
    """The machine as the plan's diagnosis has it."""
    worker = step.diagnosis in {Conclusion.UNTIL_RECYCLE.value, Conclusion.OPEN_WHILE_IDLE.value}
    return Machine(flag=step.before, worker_flag=worker, identity=step.identity)


class Killed(BaseException):
    """The process is no more; nothing catches this."""


class Killer:
    """Kills at the event of a number, counted from 1; whoever is dead does nothing more."""

    def __init__(self, at: int | None = None) -> None:
        """Live for ever without a number."""
        self.events = 0
        self._at = at

    def __call__(self, *_: object) -> None:
        """An event."""
        self.events += 1
        if self._at is not None and self.events >= self._at:
            raise Killed


class MortalJournal(Journal):
    """A journal in which each line may be the last, or half of it."""

    killer = Killer()

    def _write(self, mark: Mark, fields: dict[str, object]) -> None:
        self.killer()
        super()._write(mark, fields)
        whole = self._file.read_bytes()
        try:
            self.killer()
        except Killed:
            self._file.write_bytes(whole[:-20])
            raise
        self.killer()


class Bench:
    """One step, its world, and what it is carried out with."""

    def __init__(self, folder: Path, step: Step, **around: object) -> None:
        """A fresh world and a fresh journal in the folder."""
        self.step = step
        self.plan = plan_of(step)
        self.file = folder / "fix-journal.jsonl"
        self.file.unlink(missing_ok=True)
        self.listener = Listener()
        self.world = World()
        self.world.machines[step.server] = machine_for(step)
        self.given = around
        self.journal = MortalJournal(self.file, self.plan)
        self.journal.open_run()

    @property
    def machine(self) -> Machine:
        """The one machine."""
        return self.world.machines[self.step.server]

    @property
    def around(self) -> Surroundings:
        """What the step is carried out with; changed by what the test gave."""
        usual = Surroundings(self.world, self.journal, policy_of(), self.listener, Patience(), 0.02, 0.01)
        return replace(usual, **self.given)  # type: ignore[arg-type] # the caller names fields

    def run(self, resumed: Interrupted | None = None) -> StepRun:
        """The step, not yet carried out."""
        server = server_of(self.step.server.partition(".")[0])
        return StepRun(self.step, server, self.around, resumed)

    def ended(self, resumed: Interrupted | None = None) -> tuple[StepRun, BaseException | None]:
        """The step carried out, and what it raised."""
        run = self.run(resumed)
        try:
            run.carry_out()
        except BaseException as error:  # noqa: BLE001 - what is raised is looked at
            return run, error
        return run, None

    def kill_at(self, event: int | None) -> Killer:
        """From now on, kill at that event: before a call, after its effect, before, in or after a journal's line."""
        self.journal.killer = killer = Killer(event)
        self.world.before_call = self.world.after_change = killer
        return killer

    def resume(
        self, inventory: Inventory | None = None, now: datetime = NOON, *, last_node: bool = False
    ) -> tuple[str, ...]:
        """What `--fix resume` does; what could not be done."""
        plan, interrupted = interrupted_steps(self.file)
        if plan is None:
            return ()
        usual = inventory_of(server_of(self.step.server.partition(".")[0]))
        limits = Limits(last_node=last_node)
        return Resuming(plan, inventory or usual, limits, self.around, lambda: now).resume(interrupted)


class Kit:
    """What the tests of this folder build with; a conftest.py cannot be imported."""

    world = World
    machine = Machine
    patience = Patience
    listener = Listener
    bench = Bench
    killed = Killed
    server = staticmethod(server_of)
    policy = staticmethod(policy_of)
    inventory = staticmethod(inventory_of)
    finding = staticmethod(finding_of)
    step = staticmethod(step_of)
    plan = staticmethod(plan_of)
    machine_for = staticmethod(machine_for)
    noon = NOON


@pytest.fixture(scope="session")
def kit() -> Kit:
    """All of it."""
    return Kit()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all examples of a property: each begins with a fresh journal."""
    return tmp_path_factory.mktemp("property")


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    """A bench for the step of a remedy; `policy` is the inventory's, all else the surroundings'."""

    def build(remedy: str = "toggle", policy: dict[str, object] | None = None, **around: object) -> Bench:
        return Bench(tmp_path, step_of(remedy, **(policy or {})), **around)  # type: ignore[arg-type] # the caller names fields

    return build
