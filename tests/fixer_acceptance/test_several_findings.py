"""Findings of several KBs on one server: one visit, one restart, and each of them is checked again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from moveready.fixer.plan import read_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

pytestmark = pytest.mark.heavy

SERVICE = "MSExchangeMailboxReplication"
STOPPED = {"services": {SERVICE: "stopped"}}
BOTH = {"name": "ex02.contoso.com", "flag": "off", **STOPPED}
EX01 = {"name": "ex01.contoso.com"}


def words_of(folder: Path, server: str) -> dict[str, str]:
    """How each control of a server ended, in one word."""
    run: dict[str, Any] = json.loads((folder / "reports" / "run.json").read_text(encoding="utf-8"))
    return {
        found["control"]: "fixed" if found["story"] and found["result"] == "passed" else found["result"]
        for found in run["outcomes"]
        if found["server"].startswith(server)
    }


def test_a_stopped_service_is_started_and_nothing_restarts(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """Read back, checked again, told as fixed."""
    lab = fixer_lab(EX01, {"name": "ex02.contoso.com", **STOPPED})
    result = run_fixer(lab, tmp_path, "--fix=apply")

    assert (result.ret, changes(lab)) == (0, [f"ex02 Start-Service -Name {SERVICE}"])
    assert words_of(tmp_path, "ex02")["MRS-SVC-1"] == "fixed"


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two"])
def test_two_findings_are_one_visit(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
    workers: tuple[str, ...],
) -> None:
    """By an approved plan: the service first, then the flag, and one restart between draining and activating."""
    lab = fixer_lab(EX01, BOTH, fix={"wait": "0s", "drain": True})
    run_fixer(lab, tmp_path, "--fix=plan", *workers)
    plan = read_plan(tmp_path / "reports" / "fix-plan.json")
    (tmp_path / "approved.json").write_bytes((tmp_path / "reports" / "fix-plan.json").read_bytes())
    approved = ("--plan=approved.json", f"--plan-fingerprint={plan.fingerprint}")
    result = run_fixer(lab, tmp_path, "--fix=apply", *approved, *workers)

    assert [[repair.kb for repair in step.repairs] for step in plan.steps] == [["MRS-SVC", "KB3063913"]]
    assert result.ret == 0
    assert changes(lab) == [
        f"ex02 Start-Service -Name {SERVICE}",
        "ex02 on",
        "ex02 Inactive",
        "ex02 iisreset",
        "ex02 Active",
    ]
    fixed = {control for control, word in words_of(tmp_path, "ex02").items() if word == "fixed"}
    assert fixed == {"KB3063913-1", "KB3063913-3", "MRS-SVC-1"}


def test_a_service_that_does_not_start_stops_the_visit(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """The flag is not touched, nothing restarts, and every report tells the state of both."""
    broken = {**BOTH, "services": {SERVICE: {"state": "stopped", "starts": False}}}
    lab = fixer_lab(EX01, broken)
    result = run_fixer(lab, tmp_path, "--fix=apply")
    run = json.loads((tmp_path / "reports" / "run.json").read_text(encoding="utf-8"))
    told = {found["sentence"] for found in run["outcomes"] if found["server"].startswith("ex02")}

    assert (result.ret, changes(lab)) == (13, [f"ex02 Start-Service -Name {SERVICE}"])
    assert len(told) == 1
    assert f"The state of {SERVICE} of {SERVICE} is Stopped, MRSProxyEnabled of EX02" in told.pop()


def test_what_no_remedy_repairs_is_told_beside_what_one_does(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """The flag is repaired; the service that somebody disabled stays a finding."""
    disabled = {SERVICE: {"state": "stopped", "start_type": "disabled"}}
    lab = fixer_lab(EX01, {**BOTH, "services": disabled})
    result = run_fixer(lab, tmp_path, "--fix=apply")

    result.stdout.fnmatch_lines(["*ex02.contoso.com: by hand: *Mailbox Replication is disabled*"])
    assert (result.ret, changes(lab)) == (1, ["ex02 on", "ex02 iisreset"])
    assert words_of(tmp_path, "ex02")["MRS-SVC-1"] == "failed"
