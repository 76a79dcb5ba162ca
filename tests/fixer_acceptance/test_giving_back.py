"""What was taken away is there again, or it is owed: told, kept in the journal, refused to the next apply, resumed."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from moveready.lab.faults import Fault, FaultKind

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

    Begun = Callable[..., subprocess.Popen[str]]
    Fix = Callable[..., pytest.RunResult]
    Changes = Callable[[Lab], list[str]]

pytestmark = pytest.mark.heavy

EX01 = "ex01.contoso.com"
EX03 = "ex03.contoso.com"
SETS_APART = 4
"""The journal's line that begins the wait: the flag is off."""

TAKES = "-MRSProxyEnabled $false"
GIVES = "-MRSProxyEnabled -DomainController"
ACTIVATES = "-State Active"
OWED = "*NOT given back, do it yourself: Set-WebServicesVirtualDirectory -Identity 'EX03*-MRSProxyEnabled:$true*"
REFUSED = "Nothing was changed: a killed run left ex03.contoso.com half done: --fix resume*"


@pytest.fixture
def stale(fixer_lab: Callable[..., Lab]) -> Lab:
    """A stale server, and one to ask about the organization."""
    return fixer_lab({"name": EX01}, {"name": EX03, "worker": "off"}, fix={"wait": "1s"})


def ignore(lab: Lab, command: str, times: int | None = None) -> None:
    """From now on such a Set is answered as done, and changes nothing."""
    lab.inject(EX01, "exchange", Fault(FaultKind.IGNORED, command=command, times=times))


def flag_of(lab: Lab) -> bool:
    """The flag in the directory."""
    return lab.organization.directory[EX03].mrsproxy_enabled


def is_left(folder: Path) -> bool:
    """Whether the journal says that nothing more is to be done on the server."""
    lines = (folder / "reports" / "fix-journal.jsonl").read_text(encoding="utf-8").splitlines()
    return any(json.loads(line)["mark"] == "left" for line in lines)


def assert_owed_until_resumed(lab: Lab, fix: Fix, folder: Path) -> None:
    """The next apply is refused; resume gives back as soon as Exchange lets it."""
    assert not flag_of(lab)
    assert not is_left(folder)
    refused = fix(lab, "apply")
    refused.stdout.fnmatch_lines([REFUSED])
    assert not flag_of(lab)

    lab.clear()
    assert fix(lab, "resume").ret != 13
    assert flag_of(lab)
    fix(lab, "resume").stdout.fnmatch_lines(["Nothing to resume in *"])


def test_a_toggle_whose_second_set_changes_nothing_is_owed(stale: Lab, fix: Fix, tmp_path: Path) -> None:
    """Exit code 13, and the command to run by hand; nothing restarts, and nobody says that it was given back."""
    ignore(stale, GIVES)
    result = fix(stale, "apply")

    assert result.ret == 13
    result.stdout.fnmatch_lines([f"ex03.contoso.com: NOT repaired: {OWED}"])
    result.stdout.no_fnmatch_line("*was given back*")
    assert not stale.log.entries(kind="command", server=EX03)[-1].what.startswith("iisreset")
    assert_owed_until_resumed(stale, fix, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once; there is no signal to send it")
def test_a_stopped_run_whose_set_changes_nothing_is_owed(stale: Lab, begun: Begun, fix: Fix, tmp_path: Path) -> None:
    """Ctrl-C between the two Sets."""
    ignore(stale, GIVES)
    process = begun(stale, SETS_APART)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=600)

    assert process.returncode == 13
    assert "NOT given back, do it yourself: Set-WebServicesVirtualDirectory" in printed
    assert_owed_until_resumed(stale, fix, tmp_path)


def test_a_resumed_run_whose_set_changes_nothing_is_owed(stale: Lab, killed: Begun, fix: Fix, tmp_path: Path) -> None:
    """Resume says so, again and again, until it is there."""
    killed(stale, SETS_APART)
    ignore(stale, GIVES)
    result = fix(stale, "resume")

    assert result.ret == 13
    result.stdout.fnmatch_lines([f"*{OWED}"])
    assert_owed_until_resumed(stale, fix, tmp_path)


def test_a_component_that_stays_inactive_is_owed(fixer_lab: Callable[..., Lab], fix: Fix, tmp_path: Path) -> None:
    """A server that does not come back into the load balancer is nobody's success."""
    drained = {"name": EX03, "flag": "off"}
    lab = fixer_lab({"name": EX01}, drained, fix={"drain": True})
    ignore(lab, ACTIVATES)
    result = fix(lab, "apply")

    assert result.ret == 13
    result.stdout.fnmatch_lines(["*NOT given back, do it yourself: Set-ServerComponentState * -State Active *"])
    assert not is_left(tmp_path)

    lab.clear()
    assert fix(lab, "resume").ret == 0
    assert lab.organization.servers[EX03].component_is_active("EwsProxy")


def test_giving_back_is_retried(stale: Lab, fix: Fix, changes: Changes) -> None:
    """A Set that was lost twice is done a third time, and that it is there is told."""
    ignore(stale, GIVES, times=2)
    result = fix(stale, "apply", "--fix-timeout=60s")

    assert result.ret == 13
    assert changes(stale) == ["ex03 off", "ex03 on", "ex03 on", "ex03 on"]
    assert flag_of(stale)
    result.stdout.fnmatch_lines(["*NOT repaired: *What was taken away was given back."])


def test_a_set_that_takes_effect_after_its_time_is_undone(
    stale: Lab, begun: Begun, until: Callable[[Callable[[], bool]], None], tmp_path: Path
) -> None:
    """Nobody answered the first Set: the flag reads as before, is read on, and turned on again when it goes off."""
    stale.inject(EX01, "exchange", Fault(FaultKind.LATE, command=TAKES, skip=1, seconds=17.0))
    bounds = "--server-timeout=12", "--fix-timeout=60s"
    process = begun(stale, 2, *bounds, happened=lambda: not flag_of(stale))
    until(lambda: flag_of(stale))
    process.communicate(timeout=600)

    assert process.returncode == 13
    assert flag_of(stale)
    assert is_left(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once; there is no signal to send it")
def test_only_a_second_signal_ends_the_retrying(
    stale: Lab, begun: Begun, until: Callable[[Callable[[], bool]], None], changes: Changes, tmp_path: Path
) -> None:
    """The first one stops new work and giving back goes on; after the second it is owed, and told."""
    ignore(stale, GIVES)
    process = begun(stale, SETS_APART, "--fix-timeout=10m")
    process.send_signal(signal.SIGINT)
    until(lambda: changes(stale).count("ex03 on") > 1)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=600)

    assert process.returncode == 13
    assert "NOT given back, do it yourself: Set-WebServicesVirtualDirectory" in printed
    assert not is_left(tmp_path)
