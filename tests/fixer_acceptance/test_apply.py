"""`--fix apply` on living labs: exactly what was planned, in the article's order, checked again and told everywhere."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from junitparser import JUnitXml

from moveready.findings.run_file import read_run
from moveready.inventory import load_inventory
from moveready.lab.fleet import DEMO_FLEET, read_fleet
from moveready.lab.server import Lab
from moveready.lab.state import restart_iis, set_flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from moveready.findings.outcomes import Run
    from moveready.lab.log import Entry

FIXED = {
    ("ex02", "KB3063913-1"),
    ("ex02", "KB3063913-2"),
    ("ex02", "KB3063913-3"),
    ("ex03", "KB3063913-2"),
    ("ex03", "KB3063913-3"),
    ("ex04", "KB3063913-1"),
    ("ex12", "KB3063913-1"),
    ("ex14", "MRS-SVC-1"),
}
"""Servers and controls of the demo fleet that a repair turns from failed to passed."""

SMALL = (
    {"name": "ex01.contoso.com"},
    {"name": "ex02.contoso.com", "flag": "off"},
    {"name": "ex03.contoso.com", "worker": "off"},
)


class Applied(NamedTuple):
    """The demo fleet repaired."""

    result: pytest.RunResult
    run: Run
    reports: Path
    changed: list[str]
    log: tuple[Entry, ...]
    lab: Lab


@pytest.fixture(
    scope="module", params=[pytest.param((), id="alone"), pytest.param(("-n", "2"), id="two", marks=pytest.mark.heavy)]
)
def applied(
    request: pytest.FixtureRequest,
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Applied]:
    """A demo fleet of its own, repaired with and without pytest-xdist."""
    folder = tmp_path_factory.mktemp("apply")
    with Lab(read_fleet(DEMO_FLEET), folder=folder) as lab:
        result = run_fixer(lab, folder, "--fix=apply", *request.param)
        reports = folder / "reports"
        yield Applied(result, read_run(reports / "run.json"), reports, changes(lab), lab.log.entries(), lab)


def test_exactly_five_servers_are_changed_in_order(applied: Applied) -> None:
    """Resolution 1 and 2, a Set alone, the way back for the idle one, and a service; nobody else in the whole fleet."""
    assert applied.changed == [
        "ex02 on",
        "ex02 iisreset",
        "ex03 off",
        "ex03 on",
        "ex03 iisreset",
        "ex04 on",
        "ex12 off",
        "ex12 iisreset",
        "ex14 Start-Service -Name MSExchangeMailboxReplication",
    ]


def test_wait_stands_between_the_sets(applied: Applied) -> None:
    """At least as long as the inventory says, by the clock of the server."""
    first, second = [
        entry.when
        for entry in applied.log
        if entry.what.startswith(r"Set-WebServicesVirtualDirectory -Identity 'EX03\EWS") and "WhatIf" not in entry.what
    ]

    assert second - first >= timedelta(seconds=3)


def test_findings_that_nothing_repairs_keep_it_red(applied: Applied) -> None:
    """The proxy or firewall and the stopped site are still there, and so is what only a person repairs."""
    failed = [outcome.key for outcome in applied.run.outcomes if outcome.word == "failed"]

    assert applied.result.ret == 1
    assert [key for key in failed if key[1].startswith("KB3063913")] == [
        ("ex06.contoso.com", "KB3063913-3"),
        ("ex08.contoso.com", "KB3063913-3"),
    ]
    assert {server.partition(".")[0] for server, _ in failed} == {"ex06", "ex08", "ex15", "ex16", "ex17"}


def test_run_keeps_both_outcomes(applied: Applied) -> None:
    """What was found, and the check after the fix with the story of it."""
    before = {(outcome.server.partition(".")[0], outcome.control) for outcome in applied.run.before_fix}
    after = {outcome.key: outcome for outcome in applied.run.outcomes}

    assert before == FIXED
    assert {outcome.result.value for outcome in applied.run.before_fix} == {"failed"}
    assert {after[outcome.key].word for outcome in applied.run.before_fix} == {"fixed"}


def test_junit_has_each_testcase_once(applied: Applied) -> None:
    """A fixed one passes, and its story is its output."""
    cases = [case for suite in JUnitXml.fromfile(str(applied.reports / "junit.xml")) for case in suite]
    names = [case.name for case in cases]
    told = {name: case for name, case in zip(names, cases, strict=True) if case.system_out}

    assert len(names) == len(set(names)) == len(applied.run.outcomes)
    assert len(told) == len(FIXED)
    assert all(case.is_passed for case in told.values())
    assert "iisreset" in told["KB3063913-2 No event 1309 since the worker started [ex03.contoso.com]"].system_out


def test_page_has_two_rows_for_a_repair(applied: Applied) -> None:
    """The finding, and the check after the fix."""
    page = (applied.reports / "report.html").read_text(encoding="utf-8")
    blob = re.search(r'data-jsonblob="(.*?)"', page)
    assert blob is not None
    rows = {name: row[0]["result"] for name, row in json.loads(html.unescape(blob[1]))["tests"].items()}
    after = {name: result for name, result in rows.items() if name.endswith(" after the fix]")}

    assert set(after.values()) == {"Passed"}
    assert len(after) == len(FIXED)
    assert {rows[name.replace(" after the fix", "")] for name in after} == {"Failed"}


def test_second_run_finds_them_repaired(
    applied: Applied, run_fixer: Callable[..., pytest.RunResult], tmp_path: Path
) -> None:
    """The same living lab, checked by a run that knows nothing of the first."""
    result = run_fixer(applied.lab, tmp_path, "--limit=ex02,ex03,ex04,ex12,ex14")

    assert result.ret == 0
    assert {outcome.result.value for outcome in read_run(tmp_path / "reports" / "run.json").outcomes} == {"passed"}


@pytest.fixture
def small(fixer_lab: Callable[..., Lab]) -> Lab:
    """A ready, a disabled and a stale server."""
    return fixer_lab(*SMALL)


@pytest.fixture(scope="module")
def untouched(fixer_lab: Callable[..., Lab]) -> Lab:
    """The same for tests that change nothing."""
    return fixer_lab(*SMALL)


@pytest.fixture(scope="module")
def plan_of(
    run_fixer: Callable[..., pytest.RunResult], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Lab], dict[str, Any]]:
    """Plan a lab's fleet and read the plan as people who edit it do."""

    @cache
    def text_of(lab: Lab) -> str:
        folder = tmp_path_factory.mktemp("plan")
        run_fixer(lab, folder, "--fix=plan")
        return (folder / "reports" / "fix-plan.json").read_text(encoding="utf-8")

    def plan(lab: Lab) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(text_of(lab))
        return read

    return plan


@pytest.fixture
def apply_plan(run_fixer: Callable[..., pytest.RunResult], tmp_path: Path) -> Callable[..., pytest.RunResult]:
    """Apply a plan, as edited, in a later run."""

    def apply(lab: Lab, plan: dict[str, Any], *args: str) -> pytest.RunResult:
        file = tmp_path / "approved.json"
        file.write_text(json.dumps(plan), encoding="utf-8")
        return run_fixer(lab, tmp_path, "--fix=apply", f"--plan={file}", *args)

    return apply


@pytest.mark.heavy
def test_everything_repaired_is_exit_code_0(
    small: Lab,
    plan_of: Callable[[Lab], dict[str, Any]],
    apply_plan: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
) -> None:
    """A plan from another job, approved as it is, repairs a whole fleet."""
    result = apply_plan(small, plan_of(small))

    assert result.ret == 0, result.stdout.str()
    assert changes(small) == ["ex02 on", "ex02 iisreset", "ex03 off", "ex03 on", "ex03 iisreset"]


def expired(plan: dict[str, Any]) -> None:
    """Four hours are over."""
    plan["expires_at"] = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()


def of_another_inventory(plan: dict[str, Any]) -> None:
    """The fingerprint is that of other servers."""
    plan["inventory_fingerprint"] = "0" * 64


def of_no_schema(plan: dict[str, Any]) -> None:
    """A later moveready wrote it."""
    plan["schema"] = 99


@pytest.mark.heavy
@pytest.mark.parametrize(
    "spoiled",
    [
        (expired, 1, "Nothing was changed: the plan expired at"),
        (of_another_inventory, 1, "Nothing was changed: the plan was made with another inventory"),
        (of_no_schema, 1, "Nothing was changed: .*has schema 99, not 2"),
    ],
    ids=lambda spoiled: spoiled[0].__name__,
)
def test_plan_that_does_not_hold_is_refused(
    untouched: Lab,
    plan_of: Callable[[Lab], dict[str, Any]],
    apply_plan: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    spoiled: tuple[Callable[[dict[str, Any]], None], int, str],
) -> None:
    """Nothing is changed, and the sentence says why."""
    spoil, code, words = spoiled
    plan = plan_of(untouched)
    spoil(plan)
    result = apply_plan(untouched, plan)

    result.stdout.re_match_lines([f".*{words}"])
    assert result.ret == code
    assert changes(untouched) == []


@pytest.mark.heavy
def test_server_repaired_meanwhile_is_left_alone(
    small: Lab,
    plan_of: Callable[[Lab], dict[str, Any]],
    apply_plan: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
) -> None:
    """Somebody else was faster: what was right for the plan's diagnosis is not for today's."""
    plan = plan_of(small)
    small.change(lambda: repair_all(small))
    result = apply_plan(small, plan)

    result.stdout.fnmatch_lines(["*refused: its diagnosis is ready now, the plan was made for disabled*"])
    assert result.ret == 0
    assert changes(small) == []


def repair_all(lab: Lab) -> None:
    """What an administrator would do by hand."""
    for server in lab.organization.servers.values():
        set_flag(lab.organization, server, datetime.now(UTC), enabled=True)
        restart_iis(lab.organization, server, datetime.now(UTC))


@pytest.mark.heavy
def test_server_that_is_no_longer_allowed_is_refused(
    untouched: Lab,
    plan_of: Callable[[Lab], dict[str, Any]],
    apply_plan: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """The inventory decides, not the plan."""
    plan = plan_of(untouched)
    inventory = tmp_path / "denied.yaml"
    inventory.write_text(untouched.inventory_file.read_text(encoding="utf-8").replace("allowed", "denied"), "utf-8")
    for name in (untouched.ca_file, untouched.password_file):
        (tmp_path / name.name).write_bytes(name.read_bytes())
    plan["inventory_fingerprint"] = load_inventory(inventory, {}).fingerprint
    result = apply_plan(untouched, plan, f"--inventory={inventory}")

    result.stdout.fnmatch_lines(["*ex02.contoso.com: refused: the inventory does not let the fixer change it*"])
    assert changes(untouched) == []


@pytest.mark.heavy
def test_server_that_was_not_checked_is_refused(
    small: Lab,
    plan_of: Callable[[Lab], dict[str, Any]],
    apply_plan: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
) -> None:
    """A plan for two servers, a run that looks at one of them: the other is left alone."""
    apply_plan(small, plan_of(small), "--limit=ex01,ex02")

    assert changes(small) == ["ex02 on", "ex02 iisreset"]


def test_plan_goes_with_apply_only(untouched: Lab, run_fixer: Callable[..., pytest.RunResult], tmp_path: Path) -> None:
    """A plan file beside `--fix plan` is a mistake."""
    result = run_fixer(untouched, tmp_path, "--fix=plan", "--plan=fix-plan.json")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--plan FILE goes with --fix apply*"])
