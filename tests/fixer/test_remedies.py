"""Which remedy repairs which diagnosis, and with which actions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from moveready.fixer.plan import Action, Kind
from moveready.fixer.remedies import Finding, remedy, remedy_named, restart_of
from moveready.inventory import Phase, Restart
from moveready.kb.kb3063913.remedies import Disable

if TYPE_CHECKING:
    from tests.fixer.conftest import Kit

SET, READ, RESTART, WAIT = Kind.SET_FLAG, Kind.READ_BACK, Kind.RESTART, Kind.WAIT


@pytest.mark.parametrize(
    ("name", "kinds", "values"),
    [
        ("enable", [SET, READ, RESTART], [True, True, None]),
        ("toggle", [SET, WAIT, SET, READ, RESTART], [False, None, True, True, None]),
        ("enable-without-restart", [SET, READ], [True, True]),
        ("disable", [SET, READ, RESTART], [False, False, None]),
    ],
)
def test_actions_are_the_articles_in_its_order(
    kit: Kit, name: str, kinds: list[Kind], values: list[bool | None]
) -> None:
    """And the flag is read back before the restart reads it."""
    actions = kit.step(name).actions

    assert [action.kind for action in actions] == kinds
    assert [action.value for action in actions] == values


def test_toggle_gives_back_what_it_takes(kit: Kit) -> None:
    """The second Set makes the first good; the wait is the inventory's."""
    actions = kit.step("toggle", wait_seconds=180.0).actions

    assert [action.restores for action in actions] == [None, None, 0, None, None]
    assert actions[1].seconds == 180


@pytest.mark.parametrize("name", ["enable", "toggle", "disable"])
def test_a_drained_server_is_activated_again(kit: Kit, name: str) -> None:
    """The restart stands between; the numbers fit, whatever stands before."""
    drain, restart, activate = kit.step(name, drain=True).actions[-3:]

    assert (drain.kind, restart.kind, activate.kind) == (Kind.DRAIN, Kind.RESTART, Kind.ACTIVATE)
    assert kit.step(name, drain=True).actions[activate.restores or 0] == drain
    assert (drain.parameters or {})["Requester"] == (activate.parameters or {})["Requester"] == "Maintenance"


@pytest.mark.parametrize(("version", "drained"), [(0, False), (14, False), (15, True), (16, True)])
def test_exchange_2010_is_not_drained(kit: Kit, version: int, drained: bool) -> None:
    """It has no component states; nor has a server whose version cannot be read."""
    kinds = [action.kind for action in kit.step("enable", version=version, drain=True).actions]

    assert (Kind.DRAIN in kinds) is drained


def test_without_restart_nothing_is_drained(kit: Kit) -> None:
    """There is nothing to drain for."""
    assert len(kit.step("enable-without-restart", drain=True).actions) == 2


def test_the_inventory_says_what_is_restarted(kit: Kit) -> None:
    """The pool of EWS alone, or all of IIS as the article says."""
    whole = restart_of(kit.finding("enable"), 0)
    pool = restart_of(kit.finding("enable", restart=Restart.APP_POOL), 0)

    assert [action.told for action in whole + pool] == [
        "iisreset",
        "Restart-WebAppPool -Name MSExchangeServicesAppPool",
    ]


@pytest.mark.parametrize(
    ("phase", "useless"), [(Phase.MOVING, "still answers 403"), (Phase.IDLE, "still lets moves in")]
)
def test_a_useless_recycle_is_followed_by_more_where_the_inventory_says_so(
    kit: Kit, phase: Phase, useless: str
) -> None:
    """In the plan, for people to read; between draining and activating, which gives back what draining took."""
    finding = kit.finding("enable", restart=Restart.APP_POOL, escalate=True, drain=True)
    actions = restart_of(replace(finding, server=replace(finding.server, phase=phase)), 2)

    assert [action.kind for action in actions] == [Kind.DRAIN, Kind.RESTART, Kind.RESTART, Kind.ACTIVATE]
    assert actions[2].told == f"iisreset /noforce, only if the endpoint {useless}"
    assert actions[3].restores == 2


def test_iisreset_is_not_escalated(kit: Kit) -> None:
    """There is nothing bigger."""
    assert [action.told for action in restart_of(kit.finding("enable", escalate=True), 0)] == ["iisreset"]


def test_every_set_names_one_identity_and_one_domain_controller(kit: Kit) -> None:
    """Without a domain controller the choice is Exchange's; nobody can answer a prompt."""
    (found,) = [action for action in kit.step("enable").actions if action.kind is SET]
    unnamed = _steps("enable", replace(kit.finding("enable"), domain_controller=None))[0]

    assert found.parameters == {
        "Identity": r"EX01\EWS (Default Web Site)",
        "MRSProxyEnabled": True,
        "DomainController": "dc1.contoso.com",
        "Force": None,
        "Confirm": False,
    }
    assert "DomainController" not in (unnamed.parameters or {})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("enable", "the flag is True by now"),
        ("enable-without-restart", "the flag is True by now"),
        ("disable", "the flag is False by now"),
        ("toggle", "the flag is False by now, which is another diagnosis"),
    ],
)
def test_a_flag_that_is_another_by_now_is_refused(kit: Kit, name: str, reason: str) -> None:
    """The finding was made before the plan."""
    finding, found = kit.finding(name), remedy_named(name)
    assert found is not None

    assert found.plan(finding) is None
    assert found.plan(replace(finding, enabled=not finding.enabled)) == reason


def test_a_name_is_given_once() -> None:
    """Nobody replaces a remedy by accident."""
    with pytest.raises(ValueError, match="a remedy enable exists: Enable"):
        remedy("enable")(Disable)


def test_an_unknown_name_is_no_remedy() -> None:
    """A control may name one that is not loaded."""
    assert remedy_named("pray") is None


def _steps(name: str, finding: Finding) -> tuple[Action, ...]:
    found = remedy_named(name)
    assert found is not None
    return found.steps(finding)
