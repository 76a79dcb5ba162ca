"""`--fix resume` on living labs where an apply would not touch the server: it only gives back, or sends nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.fixer.journal import Journal
from moveready.fixer.plan import Plan, read_plan
from moveready.lab.state import set_flag

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

    HalfDone = Callable[..., Lab]
    Resume = Callable[..., pytest.RunResult]

pytestmark = pytest.mark.heavy

EX03 = "ex03.contoso.com"


@pytest.fixture
def half_done(fixer_lab: Callable[..., Lab], run_fixer: Callable[..., pytest.RunResult], tmp_path: Path) -> HalfDone:
    """A stale server whose flag a killed run has set to off, with that run's journal."""

    def killed(change: Callable[[Plan], Plan] = lambda plan: plan, **facts: object) -> Lab:
        lab = fixer_lab({"name": "ex01.contoso.com"}, {"name": EX03, "worker": "off", **facts})
        run_fixer(lab, tmp_path, "--fix=plan")
        plan = change(read_plan(tmp_path / "reports" / "fix-plan.json"))
        journal = Journal(tmp_path / "reports" / "fix-journal.jsonl", plan)
        journal.open_run()
        journal.begin(plan.steps[0], 0)
        journal.done(plan.steps[0], 0)
        server, now = lab.organization.servers[EX03], datetime.now(UTC)
        lab.change(lambda: set_flag(lab.organization, server, now, enabled=False))
        lab.log.clear()
        return lab

    return killed


@pytest.fixture
def resume(run_fixer: Callable[..., pytest.RunResult], tmp_path: Path) -> Resume:
    """Resume in the same folder."""
    return lambda lab, *args: run_fixer(lab, tmp_path, "--fix=resume", *args)


def test_what_may_be_repaired_is_finished(
    half_done: HalfDone, resume: Resume, changes: Callable[[Lab], list[str]]
) -> None:
    """Else the tests below would prove nothing."""
    lab = half_done()

    assert resume(lab).ret == 0
    assert changes(lab) == ["ex03 on", "ex03 iisreset"]


def expired(plan: Plan) -> Plan:
    """Four hours are over."""
    return replace(plan, expires_at=datetime.now(UTC) - timedelta(minutes=1))


def of_another_inventory(plan: Plan) -> Plan:
    """A server may have moved to another pool since."""
    return replace(plan, inventory_fingerprint="0" * 64)


@pytest.mark.parametrize(
    ("change", "told"),
    [(expired, "the plan expired at"), (of_another_inventory, "the plan was made with another inventory")],
)
def test_a_plan_that_no_longer_holds_is_only_rolled_back(
    half_done: HalfDone,
    resume: Resume,
    changes: Callable[[Lab], list[str]],
    change: Callable[[Plan], Plan],
    told: str,
) -> None:
    """The flag is on again, nothing restarts, and the checks say what is still to be done."""
    lab = half_done(change)
    result = resume(lab)

    result.stdout.fnmatch_lines([f"{EX03}: rolling back: {told}*"])
    assert result.ret == 1
    assert changes(lab) == ["ex03 on"]


def test_another_phase_is_only_rolled_back(
    half_done: HalfDone, resume: Resume, changes: Callable[[Lab], list[str]]
) -> None:
    """For `--phase=idle` nobody wants the restart that turns MRSProxy on."""
    lab = half_done()
    resume(lab, "--phase=idle").stdout.fnmatch_lines([f"{EX03}: rolling back: its phase is idle now*"])

    assert changes(lab) == ["ex03 on"]


def test_the_last_of_a_pool_is_only_rolled_back(
    half_done: HalfDone, resume: Resume, changes: Callable[[Lab], list[str]]
) -> None:
    """Nobody else would serve while it restarts."""
    lab = half_done(pool="mail.contoso.com")
    resume(lab).stdout.fnmatch_lines([f"{EX03}: rolling back: no other server of pool mail.contoso.com*"])

    assert changes(lab) == ["ex03 on"]


def test_the_journal_of_another_organization_is_not_touched(
    half_done: HalfDone, resume: Resume, changes: Callable[[Lab], list[str]]
) -> None:
    """Its servers may have the same names."""
    lab = half_done(lambda plan: replace(plan, organization="fabrikam.com"))
    result = resume(lab)

    result.stdout.fnmatch_lines(["*not resumed: fabrikam.com: *is its journal, and the inventory is of contoso.com*"])
    assert result.ret == 13
    assert changes(lab) == []


def test_a_damaged_journal_is_named_with_its_line(half_done: HalfDone, resume: Resume, tmp_path: Path) -> None:
    """Nothing is sent: nobody knows what state the servers are in."""
    lab = half_done()
    file = tmp_path / "reports" / "fix-journal.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace('"mark": "begin"', '"mark": begin', 1), encoding="utf-8")
    result = resume(lab)

    result.stdout.fnmatch_lines(["*not resumed: *fix-journal.jsonl:2: this is no line of a journal*"])
    assert result.ret == 13
    assert lab.log.entries() == ()


@pytest.mark.parametrize("option", ["--collect-only", "--setup-plan", "--fixtures"])
def test_what_only_shows_changes_nothing(
    half_done: HalfDone, resume: Resume, changes: Callable[[Lab], list[str]], option: str
) -> None:
    """Pytest was asked to show something, and to run no test."""
    lab = half_done()
    resume(lab, option)

    assert changes(lab) == []


def test_collecting_sends_nothing(half_done: HalfDone, resume: Resume) -> None:
    """No server is asked, either."""
    lab = half_done()
    resume(lab, "--collect-only")

    assert lab.log.entries() == ()
