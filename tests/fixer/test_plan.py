"""A plan as data: what it tells, its fingerprint, and its way through a file."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.errors import PlanFileError
from moveready.evidence.questions import Channel
from moveready.fixer.actions import Condition
from moveready.fixer.plan import LIFETIME, Plan, Refusal, plan_from, plan_json, read_plan
from moveready.fixer.restart_actions import Restart

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fixer.conftest import Kit


@pytest.fixture
def plan(kit: Kit) -> Plan:
    """Two servers and a refusal, with every kind of action."""
    parameters: dict[str, str | int | bool | None] = {"Name": "W3SVC", "Force": None, "Tries": 3}
    own = Restart(
        channel=Channel.WINDOWS,
        cmdlet="Restart-Service",
        parameters=parameters,
        arguments=("x",),
        only_if=(Condition(setting="MRSProxyEnabled", value=True),),
    )
    first = kit.step("toggle", pool="mail", drain=True)
    steps = (replace(first, actions=(*first.actions, own)), kit.step("enable", "ex02"))
    return replace(kit.plan(*steps), refusals=(Refusal("ex03.contoso.com", "No.", "Do."),))


def test_a_plan_comes_back_equal_from_its_text(plan: Plan, tmp_path: Path) -> None:
    """True stays True, 3 stays 3, a switch stays a switch."""
    file = tmp_path / "fix-plan.json"
    file.write_text(plan_json(plan), encoding="utf-8")

    assert read_plan(file) == plan
    assert read_plan(file).fingerprint == plan.fingerprint


@pytest.mark.parametrize(
    "edit",
    [
        lambda plan: plan["steps"][0].update(server="ex09.contoso.com"),
        lambda plan: plan["steps"][0]["preconditions"][0].update(value=False),
        lambda plan: plan["steps"][0]["actions"][0]["parameters"].update(Identity="EX09"),
        lambda plan: plan["steps"][0]["actions"][1].update(seconds=1),
        lambda plan: plan["steps"][0]["actions"][2].update(restores=None),
        lambda plan: plan["steps"].pop(),
        lambda plan: plan["refusals"].pop(),
        lambda plan: plan.update(expires_at="2027-01-01T00:00:00Z"),
        lambda plan: plan.update(inventory_fingerprint="0"),
    ],
)
def test_a_plan_edited_by_hand_has_another_fingerprint(plan: Plan, tmp_path: Path, edit: Callable[..., object]) -> None:
    """Whatever was edited."""
    text = json.loads(plan_json(plan))
    edit(text)

    assert plan_from(json.dumps(text), tmp_path).fingerprint != plan.fingerprint


def test_a_fingerprint_is_twelve_characters(plan: Plan) -> None:
    """Short enough to be read out; the same for the same plan."""
    assert re.fullmatch("[0-9a-f]{12}", plan.fingerprint)
    assert replace(plan).fingerprint == plan.fingerprint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is no plan: the text: "),
        ("[]", "is no plan: the text: "),
        ("null", "is no plan: the text: "),
        ('{"organization": 5}', "is no plan: organization: "),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """With the file, and with what to do."""
    with pytest.raises(PlanFileError, match=f"p.json: {problem}.*Make one with --fix plan"):
        plan_from(text, tmp_path / "p.json")


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda plan: plan.update(pools={}), "pools: this key is unknown"),
        (lambda plan: plan["steps"][0].update(force=True), "steps.0.force: this key is unknown"),
        (
            lambda plan: plan["steps"][0]["actions"][1].update(script="x"),
            "steps.0.actions.1.wait.script: this key is unk",
        ),
        (lambda plan: plan["refusals"][0].update(x=1), "refusals.0.x: this key is unknown"),
        (lambda plan: plan.update({"\x1b[2J": 1}), r"\x1b[2J: this key is unknown"),
        (lambda plan: plan["steps"][0]["preconditions"][0].update(value=1), "steps.0.preconditions.0.value"),
        (lambda plan: plan["steps"][0]["actions"][1].update(seconds="0"), "steps.0.actions.1.wait.seconds: "),
        (lambda plan: plan.update(expires_at="2026-03-02T16:00:00"), "expires_at: Input should have timezone info"),
    ],
)
def test_a_file_is_read_strictly(plan: Plan, tmp_path: Path, edit: Callable[..., object], problem: str) -> None:
    """An unknown key, another type or a time without its zone: on every level of it."""
    text = json.loads(plan_json(plan))
    edit(text)

    with pytest.raises(PlanFileError, match=re.escape(f"is no plan: {problem}")):
        plan_from(json.dumps(text), tmp_path)


def test_another_schema_is_refused(plan: Plan, tmp_path: Path) -> None:
    """Its fields may mean something else."""
    with pytest.raises(PlanFileError, match="has schema 3, not 2"):
        plan_from(plan_json(replace(plan, schema=3)), tmp_path)
    with pytest.raises(PlanFileError, match="has schema 1, not 2"):
        plan_from('{"schema": 1, "steps": [{"before": true}]}', tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """In words, not as a traceback."""
    with pytest.raises(PlanFileError, match=r"gone.json: cannot be read: No such file"):
        read_plan(tmp_path / "gone.json")


def test_refused_servers_leave_the_plan(plan: Plan) -> None:
    """They stand beside the earlier refusals; the others stay, in order."""
    refusal = Refusal("ex01.contoso.com", "Not now.", "Wait.")
    smaller = plan.without((refusal,))

    assert [step.server for step in smaller.steps] == ["ex02.contoso.com"]
    assert smaller.refusals == (*plan.refusals, refusal)
    assert plan.without(()) == plan


def test_an_action_tells_what_it_does(plan: Plan) -> None:
    """Cmdlets as a person would type them."""
    told = [action.text for action in plan.steps[0].actions]
    flag = r"Set-WebServicesVirtualDirectory -Identity 'EX01\EWS (Default Web Site)' -MRSProxyEnabled:${}"
    flag += " -DomainController dc1.contoso.com -Force -Confirm:$false"
    state = "Set-ServerComponentState -Identity ex01.contoso.com -Component EwsProxy -State {} -Requester Maintenance"

    assert told == [
        flag.format("false"),
        "wait 0 s",
        flag.format("true"),
        "read back MRSProxyEnabled, expect True",
        state.format("Inactive"),
        "iisreset",
        state.format("Active"),
        "Restart-Service x -Name W3SVC -Force -Tries 3, only if MRSProxyEnabled still reads True",
    ]


def test_a_step_knows_whether_it_restarts(kit: Kit) -> None:
    """Clients are dropped only then."""
    assert kit.step("enable").restarts
    assert not kit.step("enable-without-restart").restarts


def test_a_plan_lives_four_hours() -> None:
    """Longer, and too much may have changed since people read it."""
    assert timedelta(hours=4) == LIFETIME


def test_a_key_that_stands_twice_is_refused(plan: Plan, tmp_path: Path) -> None:
    """People may have read the other one."""
    text = plan_json(plan).replace('"organization"', '"organization": "another", "organization"', 1)

    with pytest.raises(PlanFileError, match="is no plan: a key stands in it twice"):
        plan_from(text, tmp_path)
