"""A plan file is an approval: whatever of it was edited is carried out on no server, and the sentence says why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

    Step = dict[str, Any]
    Edit = Callable[[Step], object]

pytestmark = pytest.mark.heavy

POOL = "mail.contoso.com"
READY, SOUND = "ex01.contoso.com", "sound.contoso.com"
DISABLED = {"name": "ex02.contoso.com", "flag": "off"}
SERVERS_IN_A_LAB = 12
SET_OFF, WAIT, SET_ON, READ_BACK, DRAIN, RESTART, ACTIVATE = range(7)
"""The actions of a stale server that is drained."""


def setting(number: int, **fields: object) -> Edit:
    """Change fields of one action."""
    return lambda step: step["actions"][number].update(fields)


def giving(number: int, **parameters: object) -> Edit:
    """Change parameters of one action's cmdlet."""
    return lambda step: step["actions"][number]["parameters"].update(parameters)


def saying(**fields: object) -> Edit:
    """Change fields of the step."""
    return lambda step: step.update(fields)


def repairing(**fields: object) -> Edit:
    """Change fields of what it repairs."""
    return lambda step: step["repairs"][0].update(fields)


def needing(**fields: object) -> Edit:
    """Change fields of its precondition."""
    return lambda step: step["preconditions"][0].update(fields)


def without(*numbers: int) -> Edit:
    """Leave actions out."""
    return lambda step: step.update(
        actions=[action for number, action in enumerate(step["actions"]) if number not in numbers]
    )


def with_every(key: str, value: str) -> Edit:
    """Change a parameter in every action that has it, and the step's own field, so that the file agrees with itself."""

    def edit(step: Step) -> None:
        step["preconditions"][0].update({{"Identity": "where", "DomainController": "domain_controller"}[key]: value})
        for action in step["actions"]:
            if action["kind"] == "set" and key in action["parameters"]:
                action["parameters"][key] = value

    return edit


EXTRA = {"kind": "restart", "channel": "Windows endpoint", "cmdlet": "Stop-Service", "parameters": {"Name": "W3SVC"}}

EDITS: dict[str, Edit] = {
    "remove-directory": setting(SET_OFF, cmdlet="Remove-WebServicesVirtualDirectory"),
    "restart-computer": setting(RESTART, cmdlet="Restart-Computer", parameters={"Force": None}),
    "iisreset-of-another": setting(RESTART, arguments=["EX01"]),
    "stop-iis": setting(RESTART, arguments=["/stop"]),
    "app-pool": setting(RESTART, cmdlet="Restart-WebAppPool", parameters={"Name": "MSExchangeServicesAppPool"}),
    "no-pool": saying(pool=None),
    "other-pool": saying(pool="other.contoso.com"),
    "other-identity": with_every("Identity", r"EX01\EWS (Default Web Site)"),
    "every-identity": with_every("Identity", r"*\EWS (Default Web Site)"),
    "one-identity": giving(SET_ON, Identity=r"EX01\EWS (Default Web Site)"),
    "other-before": needing(value=False),
    "other-verdict": repairing(diagnosis="disabled"),
    "other-remedy": repairing(remedy="enable"),
    "other-phase": saying(phase="idle"),
    "wait-zero": setting(WAIT, seconds=0.0),
    "wait-long": setting(WAIT, seconds=86400.0),
    "extra-action": lambda step: step["actions"].append(EXTRA),
    "extra-parameter": giving(SET_OFF, BasicAuthentication=True),
    "no-giving-back": without(SET_ON, READ_BACK),
    "no-read-back": without(READ_BACK),
    "no-drain": without(DRAIN, ACTIVATE),
    "no-activate": without(ACTIVATE),
    "no-restart": without(RESTART),
    "no-actions": saying(actions=[]),
    "restores-nothing": setting(SET_ON, restores=None),
    "restores-another": setting(ACTIVATE, restores=0),
    "other-value": setting(SET_OFF, value=True),
    "number-for-true": giving(SET_ON, MRSProxyEnabled=1),
    "stays-off": giving(SET_ON, MRSProxyEnabled=False),
    "unconfirmed": giving(SET_OFF, Confirm=True),
    "what-if": giving(SET_ON, WhatIf=True),
    "other-controller": with_every("DomainController", "dc02.contoso.com"),
    "one-controller": giving(SET_ON, DomainController="dc02.contoso.com"),
    "other-channel": setting(SET_OFF, channel="Windows endpoint"),
    "fewer-controls": repairing(controls=["KB3063913-3"]),
    "more-controls": repairing(controls=["KB3063913-1", "KB3063913-2", "KB3063913-3"]),
    "other-order": lambda step: step["actions"].reverse(),
    "other-kind": setting(DRAIN, kind="activate"),
    "no-precondition": saying(preconditions=[]),
    "other-setting": needing(setting="MRSProxy of the running application"),
    "other-kb": repairing(kb=""),
    "no-repair": saying(repairs=[]),
    "drains-another": giving(DRAIN, Identity=READY),
    "other-requester": giving(ACTIVATE, Requester="HealthApi"),
    "other-component": giving(DRAIN, Component="ServerWideOffline"),
    "denied": saying(),
}
"""What is changed in the step of the server of that name; the last one is not let in by the inventory."""


class Payload(NamedTuple):
    """What came of the edited plans."""

    printed: str
    changed: list[str]
    labs: int


def facts_of(name: str) -> dict[str, object]:
    """A stale server in the pool; its inventory says no where the name does."""
    allowed = "denied" if name == "denied" else "allowed"
    return {"name": f"{name}.contoso.com", "pool": POOL, "worker": "off", "events": [{"ago": "5m"}], "fix": allowed}


def step_for(name: str, sound: Step) -> Step:
    """The step of the sound server, written for another one."""
    text = json.dumps(sound).replace("SOUND", name.upper()).replace(SOUND, f"{name}.contoso.com")
    step: Step = json.loads(text)
    return step


@pytest.fixture(scope="module")
def carried(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Payload:
    """Plans of a dozen servers, each step edited in another way but for one; what was told and changed."""
    names, printed, changed = list(EDITS), [], []
    parts = [names[at : at + SERVERS_IN_A_LAB] for at in range(0, len(names), SERVERS_IN_A_LAB)]
    for part in parts:
        servers = [{"name": READY, "pool": POOL}, facts_of("sound"), *map(facts_of, part)]
        lab = fixer_lab(*servers, fix={"wait": "0.1s", "drain": True})
        folder = tmp_path_factory.mktemp("edited")
        options = ("--fix-max=99",)
        run_fixer(lab, folder, "--fix=plan", "--limit=ex01,sound", *options)
        plan = json.loads((folder / "reports" / "fix-plan.json").read_text(encoding="utf-8"))
        (sound,) = plan["steps"]
        plan["steps"] = [step_for(name, sound) for name in part]
        for name, step in zip(part, plan["steps"], strict=True):
            EDITS[name](step)
        plan["steps"].append(sound)
        (folder / "mine.json").write_text(json.dumps(plan), encoding="utf-8")
        result = run_fixer(lab, folder, "--fix=apply", "--plan=mine.json", *options)
        printed.append("\n".join(result.outlines))
        changed += changes(lab)
    return Payload("\n".join(printed), changed, len(parts))


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_step_is_refused(carried: Payload, name: str) -> None:
    """Whatever was edited, nothing of it is sent to any server; the refusal names the server."""
    assert f"{name}.contoso.com: refused: " in carried.printed
    assert not [change for change in carried.changed if not change.startswith("sound ")]


def test_the_step_that_nobody_edited_is_carried_out(carried: Payload) -> None:
    """Once in each of the plans: else the test above would prove nothing."""
    once = ["sound off", "sound on", "sound Inactive", "sound iisreset", "sound Active"]

    assert carried.changed == once * carried.labs


def twice(plan: dict[str, Any]) -> None:
    """A server stands in it two times."""
    plan["steps"].append(plan["steps"][0])


def of_another_organization(plan: dict[str, Any]) -> None:
    """Its servers may have the same names."""
    plan["organization"] = "fabrikam.com"


def for_ever(plan: dict[str, Any]) -> None:
    """Four hours are the most."""
    plan["expires_at"] = "2099-01-01T00:00:00Z"


def from_the_future(plan: dict[str, Any]) -> None:
    """Which makes four hours as long as one likes."""
    made = datetime.now(UTC) + timedelta(days=300)
    plan.update(made_at=made.isoformat(), expires_at=(made + timedelta(hours=4)).isoformat())


def with_more_than_a_plan_has(plan: dict[str, Any]) -> None:
    """Nobody knows what it is to mean."""
    plan["steps"][0]["actions"][0]["script"] = "Get-Process | Stop-Process"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (twice, "the plan has ex02.contoso.com twice"),
        (of_another_organization, "the plan is of the organization fabrikam.com, the inventory of contoso.com"),
        (for_ever, "the plan holds for more than 4 hours"),
        (from_the_future, "which is still to come"),
        (with_more_than_a_plan_has, "steps.0.actions.0.set.script: this key is unknown"),
        (lambda _: None, "another was approved"),
    ],
    ids=["twice", "organization", "2099", "future", "unknown-key", "fingerprint"],
)
def test_a_plan_that_is_none_of_ours_is_refused_as_a_whole(
    disabled: Lab,
    apply: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    edit: Callable[[dict[str, Any]], None],
    words: str,
) -> None:
    """Nothing is changed and nothing is asked for it; the findings stay."""
    result = apply(edit, *([] if words != "another was approved" else ["--plan-fingerprint=0123456789ab"]))

    result.stdout.fnmatch_lines([f"Nothing was changed: *{words}*"])
    assert result.ret == 1
    assert changes(disabled) == []


def test_what_was_approved_is_carried_out(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """With its fingerprint, as the plan's first line has shown it."""
    lab = fixer_lab({"name": READY}, DISABLED)
    planned = run_fixer(lab, tmp_path, "--fix=plan").stdout.str().partition("Fix plan ")[2][:12]
    result = run_fixer(
        lab, tmp_path, "--fix=apply", "--plan=reports/fix-plan.json", f"--plan-fingerprint={planned.upper()}"
    )

    assert result.ret == 0
    assert changes(lab) == ["ex02 on", "ex02 iisreset"]


@pytest.fixture(scope="module")
def disabled(fixer_lab: Callable[..., Lab]) -> Lab:
    """A ready server and a disabled one."""
    return fixer_lab({"name": READY}, DISABLED)


@pytest.fixture(scope="module")
def planned(disabled: Lab, run_fixer: Callable[..., pytest.RunResult], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of their plan."""
    folder = tmp_path_factory.mktemp("plan")
    run_fixer(disabled, folder, "--fix=plan")
    return (folder / "reports" / "fix-plan.json").read_text(encoding="utf-8")


@pytest.fixture
def apply(
    disabled: Lab, planned: str, run_fixer: Callable[..., pytest.RunResult], tmp_path: Path
) -> Callable[..., pytest.RunResult]:
    """Apply their plan as it was edited."""

    def run(edit: Callable[[dict[str, Any]], None], *args: str) -> pytest.RunResult:
        plan = json.loads(planned)
        edit(plan)
        (tmp_path / "mine.json").write_text(json.dumps(plan), encoding="utf-8")
        return run_fixer(disabled, tmp_path, "--fix=apply", "--plan=mine.json", *args)

    return run
