"""`--max-sessions`: Exchange sessions at once, all workers together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from moveready.remoting.deadline import Deadline
from moveready.remoting.slots import SessionSlots

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run

pytestmark = pytest.mark.heavy

FLAG = ("-k", "mrsproxy_is_enabled")


def sessions_at_once(kinds: list[str]) -> int:
    """The most shells that were open at the same time."""
    open_now = most = 0
    for kind in kinds:
        open_now += (kind == "create-shell") - (kind == "delete-shell")
        most = max(most, open_now)
    return most


@pytest.mark.parametrize(("most", "seen"), [("1", {1}), ("8", {2, 3})])
def test_workers_share_the_sessions(pytester: pytest.Pytester, tmp_path: Path, most: str, seen: set[int]) -> None:
    """Three workers read one after the other, or at the same time."""
    servers = [{"name": f"ex0{number}.fabrikam.com", "latency": "200ms"} for number in (1, 2, 3)]
    with Lab(fleet_from(organization="fabrikam.com", servers=servers), folder=tmp_path) as lab:
        result = pytester.runpytest_subprocess(
            f"--inventory={lab.inventory_file}", "-n", "3", f"--max-sessions={most}", *FLAG
        )
        kinds = [entry.kind for entry in lab.log.entries(channel="exchange")]

    assert result.ret == 0
    assert kinds.count("create-shell") == 3
    assert sessions_at_once(kinds) in seen


def test_other_runs_count_too(pytester: pytest.Pytester, tmp_path: Path, last_run: Callable[[], Run]) -> None:
    """A session that never comes free is an error with what to do, and no pass."""
    fleet = fleet_from(organization="busy.com", servers=[{"name": "ex01.busy.com"}])
    with SessionSlots("busy.com", 1).taken(Deadline(60)), Lab(fleet, folder=tmp_path) as lab:
        result = pytester.runpytest_subprocess(
            f"--inventory={lab.inventory_file}", "--max-sessions=1", "--server-timeout=1", *FLAG
        )

    assert result.ret == 10
    assert "none of the 1 sessions that moveready may have at once came free in 2 s" in last_run().outcomes[0].sentence


def test_none_is_refused(run_checks: Callable[..., pytest.RunResult]) -> None:
    """Nothing could be asked then."""
    result = run_checks("--max-sessions=0")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--max-sessions 0: write a whole number of at least 1*"])
