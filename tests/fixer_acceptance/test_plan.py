"""`--fix plan` on living labs: what is to be repaired, what is refused and why, and nothing is changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from moveready.fixer.plan import Plan, read_plan
from moveready.inventory import load_inventory
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.fixer.actions import Action
    from moveready.lab.server import Lab

pytestmark = pytest.mark.heavy

PLANNED = {
    "ex02": ("enable", False, "set True, read back True, restart"),
    "ex03": ("toggle", True, "set False, wait, set True, read back True, restart"),
    "ex04": ("enable-without-restart", False, "set True, read back True"),
    "ex12": ("disable", True, "set False, read back False, restart"),
}
"""Remedy, before-value and actions of each server."""


class Planned(NamedTuple):
    """A run with `--fix plan` on the demo fleet."""

    result: pytest.RunResult
    plan: Plan
    folder: Path
    changed: list[str]
    tried: list[str]


@pytest.fixture(scope="module", params=[(), ("-n", "2")], ids=["alone", "two"])
def planned(
    request: pytest.FixtureRequest,
    demo: Lab,
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Planned:
    """The demo fleet planned for, with and without pytest-xdist."""
    demo.log.clear()
    folder = tmp_path_factory.mktemp("plan")
    result = run_fixer(demo, folder, "--fix=plan", KB3063913, *request.param)
    tried = [what for what in demo.log.commands() if "-WhatIf" in what]
    return Planned(result, read_plan(folder / "reports" / "fix-plan.json"), folder, changes(demo), tried)


def test_four_servers_are_planned(planned: Planned) -> None:
    """By diagnosis: each with its remedy, what it found, and the article's order."""
    found = {
        step.server.partition(".")[0]: (
            step.repairs[0].remedy,
            step.preconditions[0].value,
            ", ".join(map(text_of, step.actions)),
        )
        for step in planned.plan.steps
    }

    assert found == PLANNED


def text_of(action: Action) -> str:
    """An action in its fewest words."""
    value = getattr(action, "value", None)
    return action.kind if value is None else f"{action.kind} {value}"


def test_others_are_refused_with_a_reason(planned: Planned) -> None:
    """Every finding that no remedy repairs says why, and what to do instead."""
    ex06, ex08 = planned.plan.refusals

    assert (ex06.server, ex08.server) == ("ex06.contoso.com", "ex08.contoso.com")
    assert "blocked by a proxy or firewall" in ex06.reason
    assert "MRS service or back end" in ex08.reason
    assert ex06.hint
    assert ex08.hint


def test_dry_run_changes_nothing_and_stays_red(planned: Planned) -> None:
    """No Set without -WhatIf and no restart in the log of the whole fleet; exit code 1, because there are findings."""
    assert planned.changed == []
    assert planned.result.ret == 1


def test_each_set_is_tried_once(planned: Planned) -> None:
    """With -WhatIf, on exactly the planned servers, each by its own identity."""
    hosts = [what.partition("Identity '")[2].partition("\\")[0] for what in planned.tried]

    assert hosts == ["EX02", "EX03", "EX04", "EX12"]


def test_plan_says_how_long_it_holds_and_for_what(planned: Planned, demo: Lab) -> None:
    """Four hours, for this very inventory."""
    assert planned.plan.expires_at - planned.plan.made_at == timedelta(hours=4)
    assert planned.plan.inventory_fingerprint == load_inventory(demo.inventory_file, {}).fingerprint


def test_people_see_the_plan(planned: Planned) -> None:
    """In the terminal and on the page: what, where, and the refusals."""
    page = (planned.folder / "reports" / "report.html").read_text(encoding="utf-8")

    for text in ("\n".join(planned.result.outlines), page):
        assert f"Fix plan {planned.plan.fingerprint}: 4 server(s) to repair, 2 refused" in text
        assert "ex03.contoso.com: stale -" in text
        assert "ex06.contoso.com: refused: its diagnosis is `blocked by a proxy or firewall`" in text


@pytest.fixture
def plan_for(
    fixer_lab: Callable[..., Lab], run_fixer: Callable[..., pytest.RunResult], tmp_path: Path
) -> Callable[..., Plan]:
    """Plan for a fleet of these servers."""

    def plan(*servers: dict[str, object], **facts: object) -> Plan:
        run_fixer(fixer_lab(*servers, **facts), tmp_path, "--fix=plan")
        return read_plan(tmp_path / "reports" / "fix-plan.json")

    return plan


@pytest.mark.parametrize(
    ("roles", "fix", "hint"),
    [
        (["View-Only Configuration"], {}, "`Exchange Virtual Directories`"),
        (["View-Only Configuration", "Exchange Virtual Directories"], {"drain": True}, "Set-ServerComponentState"),
    ],
    ids=["set", "drain"],
)
def test_missing_rights_show_in_the_plan(
    plan_for: Callable[..., Plan], roles: list[str], fix: dict[str, object], hint: str
) -> None:
    """A cmdlet that is not found with -WhatIf refuses the server, and names the role to give."""
    plan = plan_for({"name": "ex02.contoso.com", "flag": "off"}, rbac=roles, fix=fix)
    (refusal,) = plan.refusals

    assert plan.steps == ()
    assert "is not recognized" in refusal.reason
    assert hint in refusal.hint


def test_server_that_is_not_allowed_is_refused(plan_for: Callable[..., Plan]) -> None:
    """The plan says what to write in the inventory."""
    (refusal,) = plan_for({"name": "ex02.contoso.com", "flag": "off", "fix": "denied"}).refusals

    assert "`fix: allowed`" in refusal.hint


def test_ready_server_with_a_live_event_is_refused_with_advice(plan_for: Callable[..., Plan]) -> None:
    """The endpoint answers now: somebody must look who asked, and no restart helps."""
    (refusal,) = plan_for({"name": "ex02.contoso.com", "events": [{"ago": "5m"}]}).refusals

    assert "event 1309" in refusal.reason
    assert "Look who else asked" in refusal.hint


def test_without_fix_the_plugin_does_nothing(
    demo: Lab, run_fixer: Callable[..., pytest.RunResult], changes: Callable[[Lab], list[str]], tmp_path: Path
) -> None:
    """Loading it is not asking it."""
    demo.log.clear()
    run_fixer(demo, tmp_path, "--limit=ex02")

    assert not (tmp_path / "reports" / "fix-plan.json").exists()
    assert changes(demo) == []
