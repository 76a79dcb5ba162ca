"""What changes between a plan and its restart is seen on living labs: peers, and an administrator's maintenance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from moveready.lab.state import INACTIVE, ComponentState
from tests.builders import KB3063913

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

    Changes = Callable[[Lab], list[str]]
    HeldMeanwhile = Callable[[Lab, str], tuple[subprocess.Popen[str], str]]
    Run = Callable[..., pytest.RunResult]

pytestmark = pytest.mark.heavy

SECONDS = 600
EX01, EX02, POOL = "ex01.contoso.com", "ex02.contoso.com", "mail.contoso.com"
PEER = {"name": EX01, "pool": POOL}
DISABLED = {"name": EX02, "pool": POOL, "flag": "off"}
STALE = {"name": EX02, "pool": POOL, "worker": "off"}


def hold(lab: Lab, server: str, component: str = "EwsProxy", requester: str = "Maintenance") -> None:
    """What an administrator does before working on a server."""
    state = ComponentState(INACTIVE, datetime.now(UTC))
    lab.change(lambda: lab.organization.servers[server].components.update({(component, requester): state}))


@pytest.fixture
def held_meanwhile(begun: Callable[..., subprocess.Popen[str]], changes: Changes) -> HeldMeanwhile:
    """An apply that has ended, and what it printed; the server was held once the flag of ex02 had been taken away."""

    def apply(lab: Lab, server: str) -> tuple[subprocess.Popen[str], str]:
        process = begun(lab, 0, happened=lambda: changes(lab) == ["ex02 off"])
        hold(lab, server)
        return process, process.communicate(timeout=SECONDS)[0]

    return apply


def test_a_peer_out_of_the_load_balancer_is_not_ready(
    fixer_lab: Callable[..., Lab], run_fixer: Run, changes: Changes, tmp_path: Path
) -> None:
    """All its checks pass, and still nobody would serve: nothing is changed."""
    lab = fixer_lab(PEER, DISABLED)
    hold(lab, EX01)
    result = run_fixer(lab, tmp_path, "--fix=apply")

    result.stdout.fnmatch_lines(
        [f"*no other server of pool {POOL} is known to be ready*{EX01} is not in the load bal*"]
    )
    assert result.ret == 1
    assert changes(lab) == []


@pytest.mark.parametrize("drain", [False, True])
def test_a_peer_that_leaves_while_the_server_is_changed_is_seen(
    fixer_lab: Callable[..., Lab], held_meanwhile: HeldMeanwhile, changes: Changes, drain: bool
) -> None:
    """What was taken away is given back, and nothing is drained or restarted any more."""
    lab = fixer_lab(PEER, STALE, fix={"wait": "2s", "drain": drain})
    process, printed = held_meanwhile(lab, EX01)

    assert f"it is not restarted: no other server of pool {POOL} is known to be ready" in printed
    assert process.returncode == 13
    assert changes(lab) == ["ex02 off", "ex02 on"]


@pytest.mark.parametrize("mode", ["plan", "apply"])
@pytest.mark.parametrize(
    ("component", "requester"),
    [("EwsProxy", "Maintenance"), ("EwsProxy", "HealthApi"), ("ServerWideOffline", "Functional")],
)
@pytest.mark.parametrize("drain", [False, True])
def test_an_administrators_maintenance_is_not_lifted(  # noqa: PLR0913, PLR0917 - the fixtures, and a case
    fixer_lab: Callable[..., Lab],
    run_fixer: Run,
    changes: Changes,
    tmp_path: Path,
    mode: str,
    component: str,
    requester: str,
    drain: bool,
) -> None:
    """Whoever has it, and whichever component: the server is refused before anything of it is changed."""
    lab = fixer_lab(PEER, DISABLED, fix={"wait": "0s", "drain": drain})
    hold(lab, EX02, component, requester)
    result = run_fixer(lab, tmp_path, f"--fix={mode}")

    result.stdout.fnmatch_lines([f"*{EX02}: refused: it is in maintenance: its component {component} is inactive*"])
    assert result.ret == 1
    assert changes(lab) == []


@pytest.mark.parametrize("drain", [False, True])
def test_maintenance_that_begins_after_the_plan_is_not_lifted(
    fixer_lab: Callable[..., Lab], held_meanwhile: HeldMeanwhile, changes: Changes, drain: bool
) -> None:
    """An administrator takes the second server while the first one is being repaired: nothing of it is changed."""
    second = {**DISABLED, "name": "ex03.contoso.com"}
    lab = fixer_lab(PEER, STALE, second, fix={"wait": "2s", "drain": drain})
    process, printed = held_meanwhile(lab, "ex03.contoso.com")

    assert "ex03.contoso.com: refused: it is in maintenance: its component EwsProxy is inactive" in printed
    assert process.returncode == 1
    assert {change.partition(" ")[0] for change in changes(lab)} == {"ex02"}


def test_maintenance_that_begins_after_draining_stops_the_restart(
    fixer_lab: Callable[..., Lab], begun: Callable[..., subprocess.Popen[str]], changes: Changes
) -> None:
    """The server is given back to its clients as far as it is ours to give, and not restarted."""
    lab = fixer_lab(PEER, {**STALE, "latency": "500ms"}, fix={"wait": "0s", "drain": True})
    process = begun(lab, 0, happened=lambda: "ex02 Inactive" in changes(lab))
    hold(lab, EX02, "ServerWideOffline", "Functional")
    printed = process.communicate(timeout=SECONDS)[0]

    assert "it is not restarted: it is in maintenance: its component ServerWideOffline is inactive" in printed
    assert process.returncode == 13
    assert changes(lab) == ["ex02 off", "ex02 on", "ex02 Inactive", "ex02 Active"]


def test_an_idle_pool_is_repaired_while_a_peer_answers(
    fixer_lab: Callable[..., Lab], run_fixer: Run, changes: Changes, tmp_path: Path
) -> None:
    """No server of it is `ready`, since MRSProxy must be off: a login and the health check are what counts."""
    lab = fixer_lab({**PEER, "phase": "idle", "flag": "off"}, {**PEER, "name": EX02, "phase": "idle"})
    result = run_fixer(lab, tmp_path, "--fix=apply")

    assert result.ret == 0
    assert changes(lab) == ["ex02 off", "ex02 iisreset"]


@pytest.mark.parametrize("peer", [{"endpoint": "503"}, {"endpoint": "401"}, {"down": ["https"]}])
def test_an_idle_pool_without_a_peer_that_answers_is_left_alone(
    fixer_lab: Callable[..., Lab], run_fixer: Run, changes: Changes, tmp_path: Path, peer: dict[str, object]
) -> None:
    """Its other clients need somebody."""
    lab = fixer_lab({**PEER, "phase": "idle", "flag": "off", **peer}, {**PEER, "name": EX02, "phase": "idle"})
    result = run_fixer(lab, tmp_path, "--fix=apply")

    result.stdout.fnmatch_lines([f"*no other server of pool {POOL} is known to be ready*"])
    assert changes(lab) == []


def test_exchange_2010_serves_without_a_health_check(
    fixer_lab: Callable[..., Lab], run_fixer: Run, changes: Changes, tmp_path: Path
) -> None:
    """It has none, and no `X-FEServer`; its own answer after a login is enough."""
    old = {"version": "14.3 (Build 123.4)"}
    lab = fixer_lab({**PEER, **old}, {**DISABLED, **old})
    result = run_fixer(lab, tmp_path, "--fix=apply", KB3063913)

    assert result.ret == 0
    assert changes(lab) == ["ex02 on", "ex02 iisreset"]
