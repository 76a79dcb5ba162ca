"""What a step is carried out with, on the servers in memory of `tests.fixer.world`."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import Place
from moveready.evidence.questions import Channel
from moveready.fixer.actions import Set
from moveready.fixer.apply import StepRun
from moveready.fixer.context import StepContext
from moveready.fixer.guards import Limits
from moveready.fixer.journal import Interrupted, Journal, interrupted_steps
from moveready.fixer.plan import Plan, Step
from moveready.fixer.planning import load_remedies
from moveready.fixer.readings import Reading
from moveready.fixer.remedies import Finding, remedy_named
from moveready.fixer.resuming import Resuming
from moveready.fixer.steps import Chosen
from moveready.fixer.steps import step_of as step_for
from moveready.inventory import (
    Auth,
    Credential,
    ExchangeHost,
    FixPolicy,
    Inventory,
    Organization,
    Phase,
    Secret,
    Server,
)
from moveready.kb import load_rooms
from moveready.kb.kb3063913.verdicts import RULES, Conclusion
from tests.builders import verdict_of
from tests.fixer.world import NOON, Machine, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.fixer.journal_lines import Mark

load_rooms()
load_remedies()
CONCLUSION_OF = {rule.remedy: conclusion for conclusion, rule in RULES.items() if rule.remedy}
BEFORE = {"enable": False, "toggle": True, "enable-without-restart": False, "disable": True}
"""The flag for which each of our remedies is meant."""


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
    """A reporter that keeps what it is told."""

    lines: list[str] = field(default_factory=list)
    seconds: list[tuple[str, float]] = field(default_factory=list)

    def show(self, line: str) -> None:
        """Keep the line."""
        self.lines.append(line)

    def count_down(self, server: str, seconds_left: float) -> None:
        """Keep how much was left."""
        self.seconds.append((server, seconds_left))


def server_of(name: str = "ex01", **changes: object) -> Server:
    """A server that may be changed."""
    given: dict[str, object] = {"fix_allowed": True, **changes}
    credential = Credential("admin", Auth.NTLM, "CONTOSO\\svc", Secret("secret"))
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
        reading=Reading(
            where=rf"{name.upper()}\EWS (Default Web Site)",
            value=BEFORE[remedy],
            domain_controller="dc1.contoso.com",
        ),
        major_version=version,
    )


def step_of(remedy: str, name: str = "ex01", pool: str | None = None, version: int = 15, **policy: Any) -> Step:
    """The step of one of our remedies."""
    finding, found = finding_of(remedy, name, version, **policy), remedy_named(remedy)
    assert found is not None
    return replace(step_for(finding.server, [Chosen(remedy, found, finding, ("KB3063913-1",))]), pool=pool)


def set_other(name: str, *, value: bool, restores: int | None = None) -> Set:
    """The Set of a setting of one's own."""
    parameters: dict[str, str | int | bool | None] = {"Name": name, "Value": value}
    return Set(
        setting=name,
        value=value,
        channel=Channel.WINDOWS,
        cmdlet="Set-Other",
        parameters=parameters,
        restores=restores,
    )


def plan_of(*steps: Step) -> Plan:
    """A plan of these steps."""
    return Plan("contoso.com", "f" * 64, NOON, NOON + timedelta(hours=4), steps)


def machine_for(step: Step) -> Machine:
    """The machine as the plan's diagnosis has it."""
    worker = step.repairs[0].diagnosis in {Conclusion.UNTIL_RECYCLE.value, Conclusion.ENABLED_WHILE_IDLE.value}
    flag = step.preconditions[0]
    return Machine(flag=bool(flag.value), worker_flag=worker, identity=flag.where)


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

    def __init__(self, folder: Path, step: Step, **context: object) -> None:
        """A fresh world and a fresh journal in the folder."""
        self.step = step
        self.plan = plan_of(step)
        self.file = folder / "fix-journal.jsonl"
        self.file.unlink(missing_ok=True)
        self.listener = Listener()
        self.world = World()
        self.world.machines[step.server] = machine_for(step)
        self.given = context
        self.journal = MortalJournal(self.file, self.plan)
        self.journal.open_run()

    @property
    def machine(self) -> Machine:
        """The one machine."""
        return self.world.machines[self.step.server]

    @property
    def context(self) -> StepContext:
        """What the step is carried out with; changed by what the test gave."""
        usual = StepContext(self.world, self.journal, policy_of(), self.listener, Patience(), 0.02, 0.01)
        return replace(usual, **self.given)  # type: ignore[arg-type] # the caller names fields

    def run(self, resumed: Interrupted | None = None) -> StepRun:
        """The step, not yet carried out."""
        server = server_of(self.step.server.partition(".")[0])
        return StepRun(self.step, server, self.context, resumed)

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
        return Resuming(plan, inventory or usual, limits, self.context, lambda: now).resume(interrupted)


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
    set_other = staticmethod(set_other)
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

    def build(remedy: str = "toggle", policy: dict[str, object] | None = None, **context: object) -> Bench:
        return Bench(tmp_path, step_of(remedy, **(policy or {})), **context)  # type: ignore[arg-type] # the caller names fields

    return build
