"""Which remedy repairs which diagnosis, and with which actions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from moveready.fixer.actions import Action, Set
from moveready.fixer.remedies import Finding, Remedy, remedy, remedy_named
from moveready.kb.kb3063913.remedies import Disable

if TYPE_CHECKING:
    from tests.fixer.conftest import Kit

SET, READ, RESTART, WAIT = "set", "read back", "restart", "wait"


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
    kit: Kit, name: str, kinds: list[str], values: list[bool | None]
) -> None:
    """And the flag is read back before the restart reads it."""
    actions = kit.step(name).actions

    assert [action.kind for action in actions] == kinds
    assert [getattr(action, "value", None) for action in actions] == values


def test_toggle_gives_back_what_it_takes(kit: Kit) -> None:
    """The second Set makes the first good; the wait is the inventory's."""
    actions = kit.step("toggle", wait_seconds=180.0).actions

    assert [action.restores for action in actions] == [None, None, 0, None, None]
    assert actions[1].text == "wait 180 s"


def test_every_set_names_one_identity_and_one_domain_controller(kit: Kit) -> None:
    """Without a domain controller the choice is Exchange's; nobody can answer a prompt."""
    (found,) = [action for action in kit.step("enable").actions if isinstance(action, Set)]
    finding = kit.finding("enable")
    unnamed = _changes("enable", replace(finding, reading=replace(finding.current, domain_controller=None)))[0]

    assert found.parameters == {
        "Identity": r"EX01\EWS (Default Web Site)",
        "MRSProxyEnabled": True,
        "DomainController": "dc1.contoso.com",
        "Force": None,
        "Confirm": False,
    }
    assert "DomainController" not in unnamed.text


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

    assert found.refusal(finding) == ""
    other = replace(finding.current, value=not finding.current.value)
    assert found.refusal(replace(finding, reading=other)) == reason


def test_a_name_is_given_once() -> None:
    """Nobody replaces a remedy by accident."""
    with pytest.raises(ValueError, match="a remedy enable exists: Enable"):
        remedy("enable")(Disable)


def test_an_unknown_name_is_no_remedy() -> None:
    """A control may name one that is not loaded."""
    assert remedy_named("pray") is None


def test_a_remedy_that_says_nothing_changes_nothing(kit: Kit) -> None:
    """It is not refused, restarts nothing, and has nothing to read."""
    finding, silent = replace(kit.finding("enable"), reading=None), Remedy()

    assert (silent.refusal(finding), silent.changes(finding), silent.not_helped(finding)) == ("", (), None)
    assert (silent.setting, silent.restarts) == ("", False)
    with pytest.raises(ValueError, match="names no setting"):
        _ = finding.current


def _changes(name: str, finding: Finding) -> tuple[Action, ...]:
    found = remedy_named(name)
    assert found is not None
    return found.changes(finding)
