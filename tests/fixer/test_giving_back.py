"""What a step took away is there again, or people are told: what is read decides, and not what was answered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import AuthenticationError, DeadlineError, MissingCommandError
from moveready.fixer.journal import interrupted_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixer.conftest import Bench, Kit

    MakeBench = Callable[..., Bench]

GIVES = "-MRSProxyEnabled:$true"
LATE = DeadlineError("ex01.contoso.com", "Exchange endpoint", "no answer within 60 s", "Look.")


def sets_of(bench: Bench) -> list[str]:
    """The flags that were set."""
    return [change.partition("-MRSProxyEnabled:$")[2].split()[0] for change in bench.world.changes if "MRSP" in change]


def break_the_wait(bench: Bench, kit: Kit) -> None:
    """The step ends between its two Sets."""
    bench.given["stop"] = kit.patience(stop_at=1)


def test_a_set_without_effect_is_owed(bench: MakeBench, kit: Kit) -> None:
    """It was answered as done each time; the server stays open in the journal, and the command is told."""
    made = bench("toggle", {"wait_seconds": 1.0})
    break_the_wait(made, kit)
    made.machine.ignores = GIVES
    run, error = made.ended()

    assert error is not None
    assert len(run.not_restored) == 1
    assert GIVES in run.message_of(error)
    assert "What was taken away was given back." not in run.message_of(error)
    assert len(interrupted_steps(made.file)[1]) == 1


def test_a_set_that_only_read_back_finds_out_about_is_owed_too(bench: MakeBench) -> None:
    """The second Set was answered and written down as done, and still the flag is off."""
    made = bench("toggle")
    made.machine.ignores = GIVES
    run, _ = made.ended()

    assert len(run.not_restored) == 1
    assert "ex01: iisreset" not in made.world.changes


def test_it_is_retried_with_growing_pauses(bench: MakeBench, kit: Kit) -> None:
    """Until it is there; the same problem is told once."""
    made, give_up = bench("toggle", {"wait_seconds": 1.0}, timeout_seconds=600.0), kit.patience()
    break_the_wait(made, kit)
    made.given["give_up"] = give_up
    made.machine.ignores = GIVES
    made.world.after_change = lambda: setattr(made.machine, "ignores", GIVES if len(made.world.changes) < 8 else None)
    run, _ = made.ended()

    assert run.not_restored == []
    assert made.machine.flag
    assert [round(pause, 2) for pause in give_up.pauses] == [0.25, 0.5, 1, 2, 4, 8, 15][: len(give_up.pauses)]
    assert len([line for line in made.listener.lines if "not given back yet" in line]) == 1


def test_a_second_request_to_stop_ends_the_waiting(bench: MakeBench, kit: Kit) -> None:
    """What is not there by then is told as not restored; it was tried all the same."""
    made, give_up = bench("toggle", {"wait_seconds": 1.0}, timeout_seconds=600.0), kit.patience(stop_at=2)
    break_the_wait(made, kit)
    made.given["give_up"] = give_up
    made.machine.ignores = GIVES
    run, _ = made.ended()

    assert len(run.not_restored) == 1
    assert sets_of(made) == ["false", "true", "true"]


def test_what_is_owed_may_be_tried_once_more(bench: MakeBench, kit: Kit) -> None:
    """And is not told any more once it is there; everything else is left alone."""
    made = bench("toggle", {"wait_seconds": 1.0})
    break_the_wait(made, kit)
    made.machine.ignores = GIVES
    run, error = made.ended()
    assert error is not None
    run.give_back_again()
    assert len(run.not_restored) == 1
    made.machine.ignores = None
    run.give_back_again()
    calls = len(made.world.calls)
    run.give_back_again()

    assert (run.not_restored, made.machine.flag, len(made.world.calls)) == ([], True, calls)
    assert run.message_of(error) == "stopped on request. What was taken away was given back."


def test_what_reads_as_before_is_not_set_again(bench: MakeBench) -> None:
    """The answer of the second Set was lost, its effect was not."""
    made = bench("toggle")
    made.world.failing_commands, made.world.is_lost_on_the_way_back = {GIVES}, True
    run, _ = made.ended()

    assert (run.not_restored, sets_of(made)) == ([], ["false", "true"])


def test_an_unanswered_set_is_awaited(bench: MakeBench) -> None:
    """It reads as before at first, goes off a little later, and is turned on again."""
    made = bench("toggle", settle_seconds=0.5)
    made.world.failing_commands, made.world.failure = {"-MRSProxyEnabled:$false"}, LATE
    looks = 0

    def take_effect(what: str) -> None:
        nonlocal looks
        looks += what.startswith("flag")
        if looks == 4:
            made.machine.flag = False

    made.world.before_call = take_effect
    run, error = made.ended()

    assert error is LATE
    assert made.machine.flag
    assert run.not_restored == []
    assert looks > 5


@pytest.mark.parametrize("kind", [MissingCommandError, AuthenticationError])
def test_a_set_that_was_never_begun_is_not_awaited(bench: MakeBench, kit: Kit, kind: type[Any]) -> None:
    """It cannot take effect later."""
    made, give_up = bench("toggle", settle_seconds=600.0), kit.patience()
    made.given["give_up"] = give_up
    made.world.failing_commands = {"-MRSProxyEnabled:$false"}
    made.world.failure = kind("ex01.contoso.com", "Exchange endpoint", "no", "Look.")
    run, _ = made.ended()

    assert (run.not_restored, give_up.pauses) == ([], [])


def test_what_nobody_waits_for_is_owed(bench: MakeBench, kit: Kit) -> None:
    """A change may still take effect, and somebody asked a second time to stop: resume looks again."""
    made = bench("toggle", settle_seconds=600.0)
    made.given["give_up"] = kit.patience(stop_at=1)
    made.world.failing_commands, made.world.failure = {"-MRSProxyEnabled:$false"}, LATE
    run, error = made.ended()

    assert error is LATE
    assert len(run.not_restored) == 1
    assert any("a change that was not answered may still take effect" in line for line in made.listener.lines)


def test_a_component_is_read_too(bench: MakeBench) -> None:
    """A restart failed; the server does not come back into the load balancer."""
    made = bench("enable", {"drain": True})
    made.machine.ignores = "-State Active"
    made.world.failing_commands = {"iisreset"}
    run, error = made.ended()

    assert error is made.world.failure
    assert [line.partition(" ")[0] for line in run.not_restored] == ["Set-ServerComponentState"]


def test_a_flag_that_cannot_be_read_is_set(bench: MakeBench, kit: Kit) -> None:
    """And is told as not restored until it can be read."""
    made = bench("toggle", {"wait_seconds": 1.0})
    break_the_wait(made, kit)
    made.world.before_call = lambda what: _fail(made) if what.startswith("flag") and not made.machine.flag else None
    run, _ = made.ended()

    assert run.not_restored == []
    assert sets_of(made) == ["false", "true"]


def _fail(bench: Bench) -> None:
    raise bench.world.failure


def test_a_setting_of_ones_own_is_read_too(bench: MakeBench, kit: Kit) -> None:
    """What reads so is not set again; what does not is set until it does."""
    made = bench("enable")
    take = (kit.set_other("a", value=False), kit.set_other("b", value=False))
    made.step = replace(made.step, actions=(*take, kit.set_other("a", value=True, restores=0)))
    made.machine.others = {"a": True, "b": True}
    made.world.failing_commands = {"-Name b"}
    run, _ = made.ended()

    assert (run.not_restored, made.machine.others) == ([], {"a": True, "b": True})
    assert made.world.changes == ["ex01: Set-Other -Name a -Value:$false", "ex01: Set-Other -Name a -Value:$true"]


def test_the_last_set_of_a_remedy_is_read_though_nothing_else_reads_it(bench: MakeBench) -> None:
    """A remedy of one's own may end with the Set that gives back."""
    made = bench("toggle")
    made.step = replace(made.step, actions=made.step.actions[:3])
    made.machine.ignores = GIVES
    run, error = made.ended()

    assert str(error) == "ex01.contoso.com: what was taken away is not there again. Look at the server."
    assert len(run.not_restored) == 1


def test_each_attempt_is_written_down(bench: MakeBench, kit: Kit) -> None:
    """Before and after it; only what is there is done."""
    made = bench("toggle", {"wait_seconds": 1.0}, timeout_seconds=600.0)
    break_the_wait(made, kit)
    made.given["give_up"] = kit.patience()
    made.machine.ignores = GIVES
    made.world.after_change = lambda: setattr(made.machine, "ignores", GIVES if len(made.world.changes) < 2 else None)
    made.ended()
    lines = [json.loads(line) for line in made.file.read_text(encoding="utf-8").splitlines()]

    marks = [line["mark"] for line in lines if line.get("action") == 2]
    assert marks == ["begin", "failed", "begin", "done"]
