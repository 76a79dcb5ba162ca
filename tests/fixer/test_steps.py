"""Several findings of one server become one step: one visit, in order, with one restart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from moveready.evidence.questions import Channel
from moveready.fixer.actions import Action, Condition, Set
from moveready.fixer.readings import Reading
from moveready.fixer.remedies import Remedy, remedy_named
from moveready.fixer.steps import Chosen, in_order, restart_of, setting_twice, step_of
from moveready.inventory import Phase, RestartKind

if TYPE_CHECKING:
    from moveready.fixer.remedies import Finding
    from tests.fixer.conftest import Kit

USELESS = Condition(setting="MRSProxy of the running application", value=False)


class Other(Remedy):
    """A remedy of one's own, for a setting of one's own, which it takes away and gives back."""

    setting = "other"
    restarts = True
    order = 10

    def changes(self, finding: Finding) -> tuple[Action, ...]:
        """Off and on."""
        off = Set(setting="other", value=False, channel=Channel.WINDOWS, cmdlet=f"Set-{finding.current.where}")
        return off, replace(off, value=True, restores=0)


def chosen_of(kit: Kit) -> list[Chosen]:
    """Resolution 2 of KB 3063913, and the other remedy."""
    finding, toggle = kit.finding("toggle", drain=True), remedy_named("toggle")
    assert toggle is not None
    reading = Reading(where=finding.server.name, value=True)
    other = replace(finding, verdict=replace(finding.verdict, kb="OWN", verdict="odd"), reading=reading)
    return [Chosen("toggle", toggle, finding, ("KB3063913-3",)), Chosen("other", Other(), other, ("OWN-1",))]


def test_several_findings_are_one_visit_with_one_restart(kit: Kit) -> None:
    """Everything is changed first, in the order of the remedies; what gives back counts from the first of its own."""
    step = step_of(kit.server(), in_order(chosen_of(kit)))

    assert [action.kind for action in step.actions] == [
        *["set", "set"],
        *["set", "wait", "set", "read back"],
        *["drain", "restart", "activate"],
    ]
    assert [action.restores for action in step.actions] == [None, 0, None, None, 2, None, None, None, 6]
    assert [(repair.kb, repair.remedy) for repair in step.repairs] == [("OWN", "other"), ("KB3063913", "toggle")]
    assert [(known.setting, known.value) for known in step.preconditions] == [
        ("other", True),
        ("MRSProxyEnabled", True),
    ]
    assert step.controls == ("OWN-1", "KB3063913-3")
    assert step.diagnosis == "odd, stale"


def test_remedies_of_the_same_order_go_by_name(kit: Kit) -> None:
    """So that a plan is the same each time it is made."""
    first, second = chosen_of(kit)
    same = replace(second, remedy=first.remedy, name="a")

    assert [one.name for one in in_order([first, same])] == ["a", "toggle"]


def test_a_setting_is_changed_by_one_remedy(kit: Kit) -> None:
    """Nobody can say which of two is right; remedies without a setting are in nobody's way."""
    first, second = chosen_of(kit)
    silent = replace(second, remedy=Remedy())

    assert setting_twice([first, second, silent, silent]) == ""
    assert setting_twice([first, second, replace(first, name="enable")]) == "MRSProxyEnabled"


def test_what_restarts_nothing_has_no_restart(kit: Kit) -> None:
    """However many remedies there are."""
    _, second = chosen_of(kit)
    step = step_of(kit.server(), [replace(second, remedy=Remedy())])

    assert (step.actions, step.preconditions) == ((), ())


@pytest.mark.parametrize("name", ["enable", "toggle", "disable"])
def test_a_drained_server_is_activated_again(kit: Kit, name: str) -> None:
    """The restart stands between; the numbers fit, whatever stands before."""
    drain, restart, activate = kit.step(name, drain=True).actions[-3:]

    assert (drain.kind, restart.kind, activate.kind) == ("drain", "restart", "activate")
    assert kit.step(name, drain=True).actions[activate.restores or 0] == drain
    assert drain.text.endswith("-Requester Maintenance")
    assert activate.text.endswith("-Requester Maintenance")


@pytest.mark.parametrize(("version", "drained"), [(0, False), (14, False), (15, True), (16, True)])
def test_exchange_2010_is_not_drained(kit: Kit, version: int, drained: bool) -> None:
    """It has no component states; nor has a server whose version cannot be read."""
    kinds = [action.kind for action in kit.step("enable", version=version, drain=True).actions]

    assert ("drain" in kinds) is drained


def test_without_restart_nothing_is_drained(kit: Kit) -> None:
    """There is nothing to drain for."""
    assert len(kit.step("enable-without-restart", drain=True).actions) == 2


def test_the_inventory_says_what_is_restarted(kit: Kit) -> None:
    """The pool of EWS alone, or all of IIS as the article says."""
    whole = restart_of(kit.finding("enable"))
    pool = restart_of(kit.finding("enable", restart=RestartKind.APP_POOL))

    assert [action.text for action in whole + pool] == [
        "iisreset",
        "Restart-WebAppPool -Name MSExchangeServicesAppPool",
    ]


def test_a_useless_recycle_is_followed_by_more_where_the_inventory_says_so(kit: Kit) -> None:
    """In the plan, for people to read; between draining and activating, which gives back what draining took."""
    finding = kit.finding("enable", restart=RestartKind.APP_POOL, escalate=True, drain=True)
    actions = restart_of(finding, (USELESS,))

    assert [action.kind for action in actions] == ["drain", "restart", "restart", "activate"]
    assert actions[2].text == ("iisreset /noforce, only if MRSProxy of the running application still reads False")
    assert actions[3].restores == 0


def test_where_nothing_shows_whether_a_recycle_helped_it_is_not_followed(kit: Kit) -> None:
    """All of IIS is restarted for a reason, or not."""
    finding = kit.finding("enable", restart=RestartKind.APP_POOL, escalate=True)

    assert len(restart_of(finding)) == 1


@pytest.mark.parametrize(("phase", "value"), [(Phase.MOVING, False), (Phase.IDLE, True)])
def test_ours_is_useless_where_the_application_is_as_it_should_not_be(kit: Kit, phase: Phase, value: bool) -> None:
    """Off while `moving`, on while `idle`."""
    finding, enable = kit.finding("enable", phase=phase), remedy_named("enable")
    assert enable is not None

    assert enable.not_helped(finding) == replace(USELESS, value=value)


def test_iisreset_is_not_escalated(kit: Kit) -> None:
    """There is nothing bigger."""
    assert [action.text for action in restart_of(kit.finding("enable", escalate=True), (USELESS,))] == ["iisreset"]
