"""What each kind of action says of itself; how they are carried out, `test_apply` and its neighbours show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from moveready.fixer.actions import Condition, ReadBack, Wait

if TYPE_CHECKING:
    from moveready.fixer.actions import Action
    from tests.fixer.conftest import Kit


def test_a_set_is_tried_with_what_if(kit: Kit) -> None:
    """It is the same command, where the same command runs, with the rights of its setting."""
    action = kit.step("enable").actions[0]
    trial = action.trial

    assert trial is not None
    assert str(trial.command) == f"{action.text} -WhatIf:$true"
    assert trial.rights == "Give the account the RBAC role `Exchange Virtual Directories`."


@pytest.mark.parametrize("action", [ReadBack(setting="x", value=True), Wait(seconds=1)], ids=lambda one: one.kind)
def test_what_changes_nothing_is_not_tried(action: Action) -> None:
    """Nor does it restore anything."""
    assert action.trial is None
    assert not action.takes_away
    with pytest.raises(ValueError, match=f"an action `{action.kind}` cannot restore another one"):
        replace(action, restores=0)


@pytest.mark.parametrize("value", [True, False])
def test_only_its_own_reading_back_proves_a_set(kit: Kit, value: bool) -> None:
    """That of another setting does not, nor does anything else that is done."""
    action = kit.set_other("a", value=value)

    assert action.is_proved_by(ReadBack(setting="a", value=value))
    assert not action.is_proved_by(ReadBack(setting="b", value=value))
    assert not action.is_proved_by(action)


def test_what_gives_back_says_what_is_so_then(kit: Kit) -> None:
    """For the story, and for who must do it by hand."""
    action = kit.set_other("a", value=True, restores=0)

    assert (action.subject, action.state) == ("a", "a reads True")
    assert action.after(3).restores == 3
    assert kit.set_other("a", value=True).after(3).restores is None


def test_a_condition_says_what_it_waits_for() -> None:
    """In the plan, for people."""
    assert Condition(setting="a", value="Stopped").text == "a still reads Stopped"
