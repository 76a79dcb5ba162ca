"""What of a plan file may be carried out now, at the limits of each rule."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import CheckedServer
from moveready.fixer.approval import Approval, origin_refusals
from moveready.fixer.plan import Refusal, plan_from, plan_json
from moveready.inventory import Phase
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.builders import verdict_of

if TYPE_CHECKING:
    from moveready.fixer.plan import Plan
    from tests.fixer.conftest import Kit

SECOND = timedelta(seconds=1)
EX01, EX02 = "ex01.contoso.com", "ex02.contoso.com"


def checked(conclusion: Conclusion, *servers: str) -> dict[str, CheckedServer]:
    """These servers, each with that conclusion."""
    return {
        name: CheckedServer(name, None, None, None, "moving", True, "prod.yaml", 7, (verdict_of(conclusion, name),))
        for name in servers
    }


STALE = checked(Conclusion.STALE, EX01, EX02)
APPROVED = "or give --plan-fingerprint of the one that was approved"


@pytest.fixture
def made(kit: Kit) -> Plan:
    """What is made now: two stale servers."""
    return kit.plan(kit.step("toggle", drain=True), kit.step("toggle", "ex02", drain=True))


def edited(plan: Plan, **fields: object) -> Plan:
    """The plan with another first step."""
    first, *others = plan.steps
    return replace(plan, steps=(replace(first, **fields), *others))  # type: ignore[arg-type] # the caller names fields


def refused(shown: Plan, made: Plan, fingerprint: str | None = None) -> dict[str, tuple[str, str]]:
    """Reason and hint of each refused server."""
    found = Approval(shown, fingerprint).of_now(made, STALE)
    return {refusal.server: (refusal.reason, refusal.hint) for refusal in found.refusals}


def test_a_plan_that_is_made_now_as_it_was_is_carried_out(made: Plan) -> None:
    """The steps are those made now; how long they may be done is what the file says."""
    later = replace(made, made_at=made.made_at + SECOND, expires_at=made.expires_at + SECOND)
    found = Approval(made).of_now(later, STALE)

    assert found == made
    assert all(step is now for step, now in zip(found.steps, later.steps, strict=True))


def test_the_order_is_that_of_now(made: Plan) -> None:
    """The file cannot have a pool restarted in another one."""
    turned = replace(made, steps=made.steps[::-1])

    assert Approval(turned).of_now(made, STALE).steps == made.steps


def test_a_step_that_a_reviewer_took_out_is_not_done(made: Plan) -> None:
    """The others are."""
    fewer = replace(made, steps=made.steps[:1])

    assert Approval(fewer).of_now(made, STALE) == fewer


def test_a_refusal_of_now_counts(made: Plan, kit: Kit) -> None:
    """Permission is what the inventory says today."""
    now = kit.plan(made.steps[0]).without((Refusal(EX02, "not allowed", "allow it"),))

    assert refused(made, now) == {EX02: ("not allowed", "allow it")}


def test_a_server_without_a_step_now_is_refused(made: Plan, kit: Kit) -> None:
    """Its findings may be gone."""
    assert refused(made, kit.plan(made.steps[0]))[EX02][0] == "this run has no finding on it that is repaired"


@pytest.mark.parametrize(
    ("found_now", "reason"),
    [
        ({}, "this run did not check it"),
        (checked(Conclusion.READY, EX01), "its diagnosis is ready now, the plan was made for stale"),
    ],
)
def test_another_diagnosis_is_another_plan(made: Plan, found_now: dict[str, CheckedServer], reason: str) -> None:
    """What was right may harm today; what was not checked may be anything."""
    found = Approval(replace(made, steps=made.steps[:1])).of_now(made, found_now)

    assert (found.steps, [refusal.reason for refusal in found.refusals]) == ((), [reason])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pool": "mail"}, 'pool is "mail", now null'),
        ({"preconditions": ()}, 'preconditions is [], now [{"domain_controller": '),
        ({"repairs": ()}, 'repairs is [], now [{"controls": '),
        ({"phase": Phase.IDLE}, 'phase is "idle", now "moving"'),
        ({"actions": ()}, "it has 0 actions, now 7"),
    ],
)
def test_a_refusal_says_what_differs(made: Plan, fields: dict[str, Any], words: str) -> None:
    """With the fingerprint of an approval, too: what is done is made now or not at all."""
    shown = edited(made, **fields)

    for fingerprint in (None, shown.fingerprint):
        reason, hint = refused(shown, made, fingerprint)[EX01]
        assert reason.startswith(f"its step is not the one that is made now: {words}")
        assert hint == "make a new plan"


def test_each_action_is_compared(made: Plan) -> None:
    """By its number, as people count."""
    actions: list[Any] = list(made.steps[0].actions)
    actions[1] = replace(actions[1], seconds=1.0)
    actions[2] = replace(actions[2], restores=None, parameters=actions[2].parameters | {"MRSProxyEnabled": 1})
    (reason, _) = refused(edited(made, actions=tuple(actions)), made)[EX01]

    assert "action 2: seconds is 1.0, now 0.0" in reason
    assert "action 3: restores is null, now 0" in reason
    assert "action 3: parameters is " in reason


def test_no_control_character_of_a_file_is_shown(made: Plan, kit: Kit) -> None:
    """Whoever edits it must not write to the terminal."""
    shown = replace(edited(made, pool="\x1b[2J"), organization="\x1b]0;x")
    told = [refused(shown, made)[EX01][0], *whole(shown, kit, kit.noon)]

    assert not any("\x1b" in sentence for sentence in told)


def another_circumstance(plan: Plan, what: str) -> Plan:
    """The plan as another session would have made it."""
    if what == "controls":
        (repair,) = plan.steps[0].repairs
        return edited(plan, repairs=(replace(repair, controls=("KB3063913-1", "KB3063913-2")),))
    text = plan_json(replace(plan, steps=plan.steps[:1])).replace("dc1.contoso.com", "dc2.contoso.com")
    return replace(plan, steps=(plan_from(text, Path("p")).steps[0], *plan.steps[1:]))


@pytest.mark.parametrize("what", ["controls", "domain controller"])
def test_another_circumstance_needs_the_proof_of_an_approval(made: Plan, what: str) -> None:
    """Exchange chose another domain controller, or the log has a new event: or somebody edited the file."""
    shown = another_circumstance(made, what)

    assert APPROVED in refused(shown, made)[EX01][1]
    now = Approval(shown, shown.fingerprint).of_now(made, STALE).steps
    assert [step.actions for step in now] == [step.actions for step in made.steps]
    assert set(now[0].controls) == {*made.steps[0].controls, *shown.steps[0].controls}


def test_a_domain_controller_in_one_action_is_no_circumstance(made: Plan) -> None:
    """No session makes such a plan."""
    first: Any = made.steps[0].actions[0]
    other = replace(first, parameters=first.parameters | {"DomainController": "dc2.contoso.com"})
    shown = edited(made, actions=(other, *made.steps[0].actions[1:]))

    assert EX01 in refused(shown, made, shown.fingerprint)


def whole(shown: Plan, kit: Kit, now: datetime, fingerprint: str | None = None) -> tuple[str, ...]:
    """Why nothing of the plan may be done."""
    return Approval(shown, fingerprint).whole_refusals(kit.inventory(), now)


def test_a_sound_plan_is_not_refused(made: Plan, kit: Kit) -> None:
    """No rule, no sentence; a fingerprint may be written in capitals."""
    assert whole(made, kit, kit.noon) == whole(made, kit, kit.noon, made.fingerprint.upper()) == ()


def test_another_fingerprint_refuses_the_plan(made: Plan, kit: Kit) -> None:
    """The text says which the file has."""
    (sentence,) = whole(made, kit, kit.noon, "0123456789ab")

    assert made.fingerprint in sentence


def test_a_server_that_stands_twice_refuses_the_plan(made: Plan, kit: Kit) -> None:
    """It would be restarted twice."""
    (sentence,) = whole(replace(made, steps=(*made.steps, made.steps[0])), kit, kit.noon)

    assert sentence == f"the plan has {EX01} twice: make a new one"


def test_a_plan_of_another_organization_or_inventory_is_refused(made: Plan, kit: Kit) -> None:
    """Every broken rule is told: nobody repairs one to be told the next."""
    other = replace(made, organization="fabrikam.com", inventory_fingerprint="0")

    assert whole(other, kit, kit.noon) == (
        "the plan is of the organization fabrikam.com, the inventory of contoso.com: make a new one",
        "the plan was made with another inventory: make a new one with this inventory",
    )
    assert origin_refusals(other, kit.inventory(), kit.noon) == whole(other, kit, kit.noon)


@pytest.mark.parametrize(("age", "expired"), [(4 * 3600 - 1, False), (4 * 3600, True)])
def test_a_plan_expires_after_its_last_second(made: Plan, kit: Kit, age: int, expired: bool) -> None:
    """Its end is no longer in it."""
    told = ("the plan expired at 2026-03-02 16:00 UTC: make a new one",)

    assert whole(made, kit, kit.noon + age * SECOND) == (told if expired else ())


@pytest.mark.parametrize(("seconds", "held"), [(0, True), (1, False), (10**9, False)])
def test_a_plan_holds_for_four_hours_at_most(made: Plan, kit: Kit, seconds: int, held: bool) -> None:
    """Whatever its file says."""
    longer = replace(made, expires_at=made.expires_at + seconds * SECOND)

    assert (whole(longer, kit, kit.noon) == ()) is held


@pytest.mark.parametrize(("ahead", "held"), [(300, True), (301, False)])
def test_a_plan_is_not_made_in_the_future(made: Plan, kit: Kit, ahead: int, held: bool) -> None:
    """A clock that is minutes ahead is no edit."""
    assert (whole(made, kit, kit.noon - ahead * SECOND) == ()) is held


def test_the_ends_of_time_are_dates_like_others(made: Plan, kit: Kit) -> None:
    """They are refused in words."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

    assert len(whole(replace(made, made_at=last, expires_at=first), kit, kit.noon)) == 2
    assert len(whole(replace(made, made_at=first, expires_at=last), kit, kit.noon)) == 1


def test_true_is_not_one(made: Plan) -> None:
    """Python calls them equal; a cmdlet is given one or the other."""
    text = json.loads(plan_json(made))
    text["steps"][0]["actions"][0]["parameters"]["Confirm"] = 0

    assert EX01 in refused(plan_from(json.dumps(text), Path("p")), made)
