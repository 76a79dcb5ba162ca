"""What the actions that restart say of themselves; how they are carried out, `test_apply` and its neighbours show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.evidence.questions import Channel
from moveready.fixer.actions import Condition
from moveready.fixer.restart_actions import Restart

if TYPE_CHECKING:
    from tests.fixer.conftest import Kit


def test_the_guards_are_asked_before_what_takes_the_server_away(kit: Kit) -> None:
    """Draining and restarting; clients are dropped by a restart alone."""
    actions = kit.step("enable", drain=True).actions

    assert [action.kind for action in actions if action.takes_away] == ["drain", "restart"]
    assert [action.kind for action in actions if action.drops_clients] == ["restart"]


def test_draining_is_tried_and_activating_is_not(kit: Kit) -> None:
    """Who may drain may activate; a restart cannot be tried."""
    drain, restart, activate = kit.step("enable", drain=True).actions[-3:]

    assert drain.trial is not None
    assert "drain: false" in drain.trial.rights
    assert (restart.trial, activate.trial) == (None, None)


def test_activating_says_what_is_so_then(kit: Kit) -> None:
    """It has waited for its effect itself."""
    activate = kit.step("enable", drain=True).actions[-1]

    assert (activate.subject, activate.state) == ("the component EwsProxy", "EwsProxy is active")
    assert activate.is_proved_by(activate)


def test_a_restart_says_when_it_is_done() -> None:
    """Any of its conditions will do; it cannot restore anything."""
    conditions = (Condition(setting="a", value=True), Condition(setting="b", value="x"))
    restart = Restart(channel=Channel.WINDOWS, cmdlet="iisreset", only_if=conditions)

    assert restart.text == "iisreset, only if a still reads True or b still reads x"
    with pytest.raises(ValueError, match="cannot restore"):
        restart.__class__(channel=Channel.WINDOWS, cmdlet="iisreset", restores=0)


def test_without_the_start_of_the_worker_nobody_knows_of_a_restart(kit: Kit) -> None:
    """So it is done once more after a crash."""
    restart = kit.step("enable").actions[-1]

    assert not restart.took_effect(None, None)  # type: ignore[arg-type] # nothing is asked
