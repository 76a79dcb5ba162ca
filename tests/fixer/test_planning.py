"""From findings to a plan: who gets which remedy, and what is refused before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import FixError, RemoteCommandError
from moveready.evidence.questions import Channel
from moveready.findings.controls import Severity
from moveready.findings.outcomes import CheckedServer, Outcome, Result, Run
from moveready.fixer.actions import Action, Set
from moveready.fixer.planning import make_plan
from moveready.fixer.readings import Asking, Reading, declare_setting
from moveready.fixer.remedies import Finding, Remedy, kb_of_remedy, remedy
from moveready.kb.kb3063913.verdicts import RULES, Conclusion
from tests.builders import verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.fixer.plan import Plan
    from moveready.inventory import Server
    from tests.fixer.conftest import Kit
    from tests.fixer.world import World

    Planned = Callable[..., Plan]

EX01 = "ex01.contoso.com"


@remedy("restart-the-printer")
class RestartThePrinter(Remedy):
    """A remedy of the user's own, for servers that are not drained."""

    setting = "printer"

    def refusal(self, finding: Finding) -> str:
        """As its author likes."""
        return "it is drained" if finding.policy.drain else ""

    def changes(self, finding: Finding) -> tuple[Action, ...]:
        """One cmdlet."""
        given: dict[str, str | int | bool | None] = {"Name": finding.current.where}
        channel = Channel.WINDOWS
        return (Set(setting=self.setting, value=True, channel=channel, cmdlet="Set-Other", parameters=given),)


@remedy("replace-the-printer")
class ReplaceThePrinter(RestartThePrinter):
    """Another remedy for the same setting."""


class Printer:
    """What it changes."""

    name = "printer"
    rights = "Ask for the key."

    def read(self, server: Server, asking: Asking, *_: str | None) -> Reading:
        """Nobody asks for it here: `World` knows it."""
        raise NotImplementedError


declare_setting(Printer())


@pytest.fixture
def world(kit: Kit) -> World:
    """One server; its flag is as each test needs it."""
    return kit.world(ex01=kit.machine(flag=False, others={"printer": False}))


@pytest.fixture
def planned(kit: Kit, world: World) -> Planned:
    """The plan for ex01 with that verdict and those failed remedies."""

    def build(
        conclusion: Conclusion | None, *remedies: str | None, result: Result = Result.FAILED, **policy: Any
    ) -> Plan:
        verdicts = (verdict_of(conclusion, next_step="look there"),) if conclusion else ()
        server = CheckedServer(EX01, None, None, None, "moving", True, "prod.yaml", 7, verdicts)
        outcomes = tuple(outcome_of(f"{kb_for(name)}-{number}", name, result) for number, name in enumerate(remedies))
        run = Run("contoso.com", "prod.yaml", kit.noon, kit.noon, (server,), outcomes)
        allowed = policy.pop("fix_allowed", True)
        return make_plan(run, kit.inventory(kit.server(fix_allowed=allowed), **policy), world, kit.noon)

    return build


def kb_for(remedy: str | None) -> str:
    """The KB of a control with that remedy; one without a remedy may be anybody's."""
    return (kb_of_remedy(remedy) if remedy else "KB3063913") or "OWN"


def outcome_of(control: str, remedy: str | None, result: Result) -> Outcome:
    """An outcome of ex01."""
    return Outcome(control, "Title", Severity.HIGH, "https://kb", EX01, result, "", "", {}, 0.1, remedy)


@pytest.mark.parametrize("verdict", [conclusion for conclusion, rule in RULES.items() if rule.remedy])
def test_the_diagnosis_picks_the_remedy(planned: Planned, world: World, verdict: Conclusion) -> None:
    """Not the control that failed."""
    world["ex01"].flag = verdict in {Conclusion.STALE, Conclusion.ENABLED_WHILE_IDLE}
    (step,) = planned(verdict, "enable", "toggle").steps

    (repair,), (flag,) = step.repairs, step.preconditions
    assert (repair.remedy, repair.diagnosis) == (RULES[verdict].remedy, verdict.value)
    assert (flag.setting, flag.value) == ("MRSProxyEnabled", world["ex01"].flag)
    assert step.controls == ("KB3063913-0", "KB3063913-1")


def test_a_plan_changes_nothing(planned: Planned, world: World) -> None:
    """The flag is read by its own identity, and the first Set is tried with -WhatIf."""
    (step,) = planned(Conclusion.DISABLED, "enable", drain=True).steps

    assert world.changes == []
    assert [call.split(" -")[0] for call in world.calls] == [
        f"version {EX01}",
        f"flag {EX01} None None",
        rf"flag {EX01} EX01\EWS (Default Web Site) None",
        "run Set-WebServicesVirtualDirectory",
        "run Set-ServerComponentState",
        f"component {EX01} EwsProxy",
        f"component {EX01} ServerWideOffline",
        f"health {EX01}",
    ]
    assert all(call.endswith("-WhatIf:$true") for call in world.calls[3:5])
    assert not any("WhatIf" in action.text for action in step.actions)
    assert step.preconditions[0].domain_controller == "dc1.contoso.com"


def test_a_plan_knows_its_age_and_its_inventory(planned: Planned, kit: Kit) -> None:
    """Both are looked at before it is carried out."""
    plan = planned(Conclusion.DISABLED, "enable")

    assert (plan.organization, plan.inventory_fingerprint) == ("contoso.com", "f" * 64)
    assert (plan.made_at, (plan.expires_at - plan.made_at).total_seconds()) == (kit.noon, 4 * 3600)


@pytest.mark.parametrize("result", [Result.PASSED, Result.ERROR])
def test_only_what_failed_is_repaired(planned: Planned, world: World, result: Result) -> None:
    """Never what could not be evaluated."""
    plan = planned(Conclusion.DISABLED, "enable", result=result)

    assert (plan.steps, plan.refusals, world.calls) == ((), (), [])


@pytest.mark.parametrize("verdict", [conclusion for conclusion, rule in RULES.items() if not rule.remedy])
def test_every_other_diagnosis_is_refused(planned: Planned, world: World, verdict: Conclusion) -> None:
    """With its reason, and with what to do; the server is not even asked."""
    (refusal,) = planned(verdict, "enable").refusals

    assert verdict.value in refusal.reason
    assert (refusal.hint, world.calls) == ("look there", [])


def test_a_server_that_is_not_diagnosed_is_refused(planned: Planned) -> None:
    """It needs flag and endpoint."""
    (refusal,) = planned(None, "enable").refusals

    assert refusal.hint == "run all controls together"


def test_an_own_control_has_its_own_remedy(planned: Planned) -> None:
    """Whatever the diagnosis; it answers for that control alone."""
    plan = planned(Conclusion.READY, "restart-the-printer", None)
    (step,) = plan.steps

    assert [(repair.kb, repair.remedy) for repair in step.repairs] == [("", "restart-the-printer")]
    assert step.controls == ("OWN-0",)
    assert [action.text for action in step.actions] == [f"Set-Other -Name {EX01}"]
    assert [refusal.reason for refusal in plan.by_hand] == ["its diagnosis is `ready`, which no remedy repairs"]


def test_several_findings_are_one_visit(planned: Planned) -> None:
    """Each remedy answers for its own controls, and must not keep another from being verified."""
    (step,) = planned(Conclusion.DISABLED, "restart-the-printer", "toggle", None, "enable").steps

    assert {repair.remedy: repair.controls for repair in step.repairs} == {
        "enable": ("KB3063913-1", "KB3063913-3"),
        "restart-the-printer": ("OWN-0",),
    }
    assert [action.kind for action in step.actions] == ["set", "read back", "set", "restart"]


def test_one_that_is_refused_refuses_the_visit(planned: Planned, world: World) -> None:
    """A server that is not as it was found is left alone."""
    world["ex01"].flag = True
    plan = planned(Conclusion.DISABLED, "restart-the-printer", "enable")

    assert (plan.steps, [refusal.reason for refusal in plan.refusals]) == ((), ["the flag is True by now"])


def test_a_finding_without_remedy_is_told_beside_the_others(planned: Planned) -> None:
    """Nobody must think that the visit repairs it."""
    plan = planned(Conclusion.STALE, "restart-the-printer", "not-loaded")

    assert [step.controls for step in plan.steps] == [("OWN-0",)]
    assert [refusal.reason for refusal in plan.by_hand] == [
        "its finding asks for the remedy `not-loaded`, which is not known"
    ]


def test_a_remedy_that_no_control_names_is_told(planned: Planned) -> None:
    """Else its author would look for the fault in the remedy."""
    (refusal,) = planned(Conclusion.STALE, None).refusals

    assert refusal.reason == "its diagnosis asks for the remedy `toggle`, which KB3063913-0 does not name"


def test_where_none_of_ours_failed_ours_are_not_used(planned: Planned) -> None:
    """A finding that nobody made is not repaired, whatever the diagnosis."""
    (repair,) = planned(Conclusion.STALE, "restart-the-printer").steps[0].repairs

    assert repair.remedy == "restart-the-printer"
    assert planned(Conclusion.STALE, None, "not-loaded").steps == ()


def test_two_remedies_of_one_setting_are_refused(planned: Planned) -> None:
    """Nobody can say which of them is right."""
    (refusal,) = planned(Conclusion.READY, "restart-the-printer", "replace-the-printer").refusals

    assert refusal.reason == "two of its findings change printer"


def test_a_remedy_of_an_unknown_setting_is_refused(planned: Planned, world: World) -> None:
    """With what to do."""
    world.failure = FixError("printer", "no setting of this name is known", "Name the file.")
    world.failing = {1}
    (refusal,) = planned(Conclusion.READY, "restart-the-printer").refusals

    assert (refusal.reason, refusal.hint) == (
        "it cannot be planned: no setting of this name is known",
        "Name the file.",
    )


def test_a_remedy_may_refuse(planned: Planned, world: World) -> None:
    """Ours do where the flag is another by now."""
    world["ex01"].flag = True

    assert planned(Conclusion.DISABLED, "enable").refusals[0].reason == "the flag is True by now"
    assert planned(Conclusion.READY, "restart-the-printer", drain=True).refusals[0].reason == "it is drained"


def test_a_flag_that_cannot_be_read_refuses_that_server(planned: Planned, world: World) -> None:
    """With what happened, and what to do."""
    world.failing = {1}
    (refusal,) = planned(Conclusion.DISABLED, "enable").refusals

    assert (refusal.reason, refusal.hint) == ("it cannot be planned: it broke", "Look.")


@pytest.mark.parametrize(
    ("command", "hint"), [("-MRSProxyEnabled", "Exchange Virtual Directories"), ("-Component", "drain: false")]
)
def test_missing_rights_show_in_the_plan(planned: Planned, world: World, command: str, hint: str) -> None:
    """And not in the night."""
    world.failing_commands = {command}
    world.failure = RemoteCommandError(EX01, "Exchange endpoint", "it is no cmdlet", "Ask.")
    (refusal,) = planned(Conclusion.DISABLED, "enable", drain=True).refusals

    assert refusal.reason == "Exchange refuses the change: it is no cmdlet"
    assert hint in refusal.hint


def test_a_server_that_may_not_be_changed_is_refused(planned: Planned) -> None:
    """The inventory says so."""
    plan = planned(Conclusion.DISABLED, "enable", fix_allowed=False)

    assert plan.steps == ()
    assert plan.refusals[0].hint == "write `fix: allowed` at the server"


@pytest.mark.parametrize(
    ("verdict", "version", "refused"),
    [
        (Conclusion.DISABLED, "Version 15.2 (Build 1)", True),
        (Conclusion.DISABLED, "Version 14.3 (Build 1)", False),
        (Conclusion.UNTIL_RECYCLE, "Version 15.2 (Build 1)", False),
    ],
    ids=["restart", "2010", "no restart"],
)
def test_a_server_in_maintenance_is_refused(
    planned: Planned, world: World, verdict: Conclusion, version: str, refused: bool
) -> None:
    """Where its repair would restart it; Exchange 2010 knows no such thing."""
    world["ex01"].out, world["ex01"].version = True, version
    plan = planned(verdict, "enable")

    assert [refusal.reason for refusal in plan.refusals] == (
        ["it is in maintenance: its component EwsProxy is inactive"] if refused else []
    )
