"""One step on one server: what is done, what is looked at, and what is given back whatever happens."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moveready.errors import EvidenceError, FixError, MovereadyError, UnreachableError
from moveready.inventory import Phase, RestartKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fixer.conftest import Bench, Kit

    MakeBench = Callable[..., Bench]

CALLS = {
    ("enable", False): 8,
    ("enable", True): 12,
    ("toggle", False): 9,
    ("toggle", True): 13,
    ("enable-without-restart", False): 3,
    ("disable", False): 8,
    ("disable", True): 12,
}
"""How often the server is asked or changed for each remedy, with and without drain, where all goes well."""

EVERY_CALL = [(remedy, drain, call) for (remedy, drain), calls in CALLS.items() for call in range(calls)]
WANTED = {"enable": True, "toggle": True, "enable-without-restart": True, "disable": False}
BROKEN = UnreachableError("ex01.contoso.com", "Windows endpoint", "it broke", "Look.")


def names_of(bench: Bench) -> list[str]:
    """What was changed, each in a word or two."""
    short = {"Set-WebServicesVirtualDirectory": "flag", "Set-ServerComponentState": "state"}
    words = [change.split(": ", 1)[1].split() for change in bench.world.changes]
    values = [[word for word in line if word.startswith(("-MRSProxyEnabled", "Active", "Inactive"))] for line in words]
    return [
        " ".join([short.get(line[0], " ".join(line)), *(value.removeprefix("-MRSProxyEnabled:$") for value in found)])
        for line, found in zip(words, values, strict=True)
    ]


def assert_given_back(bench: Bench, not_restored: list[str], *, once: bool = True) -> None:
    """In the load balancer, and a stale server's flag on; neither given back where nothing was taken."""
    counts = Counter(names_of(bench))
    if not not_restored:
        assert not bench.machine.out
        assert bench.machine.flag or bench.step.repairs[0].remedy != "toggle"
    if once:
        assert max(counts.values(), default=0) <= 1
    assert ("state Active" in counts) <= any("-State Inactive" in call for call in bench.world.calls)


@pytest.mark.parametrize(("remedy", "drain"), CALLS)
def test_a_step_that_goes_well(bench: MakeBench, remedy: str, drain: bool) -> None:
    """Everything once, in the plan's order; the story tells it, and the running application has the flag."""
    made = bench(remedy, {"drain": drain})
    run, error = made.ended()

    cmdlets = [action.text for action in made.step.actions if action.kind not in {"wait", "read back"}]
    assert (error, run.not_restored) == (None, [])
    assert [change.removeprefix("ex01: ") for change in made.world.changes] == cmdlets
    assert [line.partition("Z ")[2] for line in run.story] == [action.text for action in made.step.actions]
    assert (made.machine.flag, made.machine.worker_flag) == (WANTED[remedy], WANTED[remedy])
    assert len(made.world.calls) == CALLS[remedy, drain]


@pytest.mark.parametrize("lost", [False, True], ids=["without effect", "only its answer is lost"])
@pytest.mark.parametrize(("remedy", "drain", "call"), EVERY_CALL)
def test_whatever_fails_all_is_given_back(bench: MakeBench, remedy: str, drain: bool, call: int, lost: bool) -> None:
    """Once, whichever call it is; what can be asked again while a server comes back is no failure."""
    made = bench(remedy, {"drain": drain})
    made.world.failing, made.world.is_lost_on_the_way_back = {call}, lost
    run, error = made.ended()

    assert error in {None, made.world.failure}
    assert run.not_restored == []
    assert_given_back(made, run.not_restored, once=not lost)


@pytest.mark.parametrize(("remedy", "drain", "call"), EVERY_CALL)
def test_a_fault_of_our_own_gives_back_too(bench: MakeBench, remedy: str, drain: bool, call: int) -> None:
    """Nothing tells such a fault from the server's, for the server."""
    made = bench(remedy, {"drain": drain})
    made.world.failing, made.world.failure = {call}, RuntimeError("a bug")
    run, error = made.ended()

    assert error is made.world.failure
    assert_given_back(made, run.not_restored)
    assert run.message_of(RuntimeError("a bug")).startswith("moveready failed on it (RuntimeError: a bug)")


@pytest.mark.parametrize(("remedy", "drain", "call"), EVERY_CALL)
def test_whenever_it_is_stopped_all_is_given_back(
    bench: MakeBench, kit: Kit, remedy: str, drain: bool, call: int
) -> None:
    """Ctrl-C at any call: nothing further is taken away."""
    made, stop = bench(remedy, {"drain": drain}), kit.patience()
    made.given["stop"] = stop
    made.world.before_call = lambda _: stop.set() if len(made.world.calls) == call else None
    run, error = made.ended()

    assert error is None or isinstance(error, KeyboardInterrupt)
    assert_given_back(made, run.not_restored)


@pytest.mark.parametrize(("remedy", "drain", "call"), EVERY_CALL)
@pytest.mark.parametrize("what", ["journal", "terminal"])
def test_giving_back_needs_no_journal_and_no_terminal(
    bench: MakeBench, remedy: str, drain: bool, call: int, what: str
) -> None:
    """A full disk, or a connection that is gone, must not leave a server off."""
    made = bench(remedy, {"drain": drain})
    made.given["journal" if what == "journal" else "reporter"] = broken = Full(made.journal, made.listener)
    made.world.before_call = lambda _: broken.fill() if len(made.world.calls) == call else None
    run, error = made.ended()

    assert error is None or isinstance(error, OSError)
    assert run.not_restored == []
    assert_given_back(made, run.not_restored)


class Full:
    """A journal and a reporter that cannot be written to from some time on."""

    def __init__(self, *receivers: object) -> None:
        """Hand on to whoever has the method."""
        self._receivers = receivers
        self._full = False

    def fill(self) -> None:
        """From now on."""
        self._full = True

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Write, or fail."""
        write: Callable[..., None] = next(getattr(one, name) for one in self._receivers if hasattr(one, name))

        def written(*arguments: Any) -> None:
            if self._full:
                raise OSError("No space left on device")
            write(*arguments)

        return written


def test_what_cannot_be_given_back_is_told(bench: MakeBench) -> None:
    """With what to type, at once and at the end; the next one is given back all the same."""
    made = bench("toggle", {"drain": True})
    made.world.failing_commands = {"-MRSProxyEnabled:$true", "-State Active"}
    run, error = made.ended()
    set_true = made.step.actions[2].text

    assert isinstance(error, EvidenceError)
    assert run.not_restored == [set_true]
    assert any(line.startswith("NOT given back:") and line.endswith(set_true) for line in made.listener.lines)
    assert run.message_of(error).endswith(f"NOT given back, do it yourself: {set_true}")


def test_both_are_owed_where_neither_can_be_given_back(bench: MakeBench, kit: Kit) -> None:
    """A first that fails does not hide the second."""
    made = bench("enable")
    take = tuple(kit.set_other(name, value=False) for name in "abc")
    give_back = tuple(kit.set_other(name, value=True, restores=number) for number, name in enumerate("ab"))
    made.step = replace(made.step, actions=take + give_back)
    made.machine.others = dict.fromkeys("abc", True)
    made.world.failing_commands = {"-Name c", "-Value:$true"}
    run, _ = made.ended()

    assert run.not_restored == ["Set-Other -Name a -Value:$true", "Set-Other -Name b -Value:$true"]


def test_an_unknown_fault_while_giving_back_is_told_too(bench: MakeBench) -> None:
    """Whatever it is."""
    made = bench("toggle")
    made.world.failing_commands, made.world.failure = {"-MRSProxyEnabled:$true"}, RuntimeError("a bug")
    run, error = made.ended()

    assert (error, len(run.not_restored)) == (made.world.failure, 1)


TROUBLE = st.fixed_dictionaries(
    {
        "failing": st.sets(st.integers(0, 25), max_size=8),
        "is_lost_on_the_way_back": st.booleans(),
        "failure": st.sampled_from([BROKEN, RuntimeError("a bug")]),
    }
)


@given(trouble=TROUBLE, stop_at=st.none() | st.integers(0, 20), drain=st.booleans())
def test_a_stale_server_never_stays_off_unnoticed(
    kit: Kit, folder: Path, trouble: dict[str, Any], stop_at: int | None, drain: bool
) -> None:
    """For any sequence of failures: the flag is on at the end, or that it is not was told."""
    made, stop = kit.bench(folder, kit.step("toggle", drain=drain)), kit.patience()
    made.given["stop"] = stop
    for name, value in trouble.items():
        setattr(made.world, name, value)
    made.world.before_call = lambda _: stop.set() if len(made.world.calls) == stop_at else None
    run, _ = made.ended()

    told = any(line.startswith("NOT given back") for line in made.listener.lines)
    assert made.machine.flag or run.not_restored
    assert not made.machine.out or run.not_restored
    assert bool(run.not_restored) == told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"flag": False},
            r"MRSProxyEnabled of EX01\EWS (Default Web Site) reads False, the plan was made for EX01\EWS",
        ),
        (
            {"identity": r"EX09\EWS"},
            r"MRSProxyEnabled of EX09\EWS reads True, the plan was made for EX01\EWS (Default Web Site)",
        ),
    ],
    ids=["flag", "identity"],
)
def test_a_server_that_is_not_as_planned_is_left_alone(bench: MakeBench, change: dict[str, Any], told: str) -> None:
    """Somebody changed it since; nothing was taken away, and nothing is said to be given back."""
    made = bench("toggle")
    for name, value in change.items():
        setattr(made.machine, name, value)
    run, error = made.ended()

    assert isinstance(error, FixError)
    assert str(error).startswith(f"ex01.contoso.com: {told}")
    assert run.message_of(error) == str(error)
    assert (len(made.world.calls), made.world.changes, made.listener.lines) == (1, [], [])


@pytest.mark.parametrize("remedy", ["enable", "toggle", "disable"])
def test_a_flag_that_reads_back_otherwise_stops_before_the_restart(bench: MakeBench, remedy: str) -> None:
    """The worker process would read it, too; it is read where it was written."""
    made = bench(remedy)
    made.machine.forgets = True
    _, error = made.ended()

    assert isinstance(error, FixError)
    assert "Nothing is restarted" in str(error)
    assert "iisreset" not in names_of(made)
    assert all(call.endswith(" dc1.contoso.com") for call in made.world.calls if call.startswith("flag"))


@pytest.mark.parametrize("remedy", ["enable", "toggle"])
def test_a_server_that_does_not_come_back_is_told(bench: MakeBench, remedy: str) -> None:
    """After the time that it may take; it is in the load balancer again, where others decide."""
    made = bench(remedy, {"drain": True})
    made.machine.takes = 10**9
    run, error = made.ended()

    assert isinstance(error, FixError)
    assert "did not come back after the restart within 0.02 s" in str(error)
    assert_given_back(made, run.not_restored)


def test_a_restart_that_is_refused_is_not_awaited(bench: MakeBench) -> None:
    """Nothing was restarted."""
    made = bench("enable")
    made.world.failing_commands = {"iisreset"}
    _, error = made.ended()

    assert error is made.world.failure
    assert made.world.calls[-1] == "run iisreset"


@pytest.mark.parametrize("remedy", ["enable", "disable"])
@pytest.mark.parametrize("escalate", [False, True])
@pytest.mark.parametrize("helps", [False, True])
def test_only_where_recycling_did_not_help_all_of_iis_is_restarted(
    kit: Kit, folder: Path, remedy: str, escalate: bool, helps: bool
) -> None:
    """And only where the plan says so; what was left out stands in the journal."""
    phase = Phase.IDLE if remedy == "disable" else Phase.MOVING
    made = kit.bench(folder, kit.step(remedy, phase=phase, restart=RestartKind.APP_POOL, escalate=escalate))
    made.machine.recycling_helps = helps
    _, error = made.ended()

    flag = "flag true" if remedy == "enable" else "flag false"
    more = ["iisreset /noforce"] if escalate and not helps else []
    assert error is None
    assert names_of(made) == [flag, "Restart-WebAppPool -Name MSExchangeServicesAppPool", *more]
    assert made.machine.worker_flag is ((remedy == "enable") is (helps or escalate))
    assert made.file.read_text(encoding="utf-8").count('"skipped"') == (escalate and helps)


def test_a_long_wait_is_cut_into_seconds(bench: MakeBench, kit: Kit) -> None:
    """So that people see it move, and Ctrl-C in it is heard at once: the flag is on again, and nothing restarted."""
    made, stop = bench("toggle", {"wait_seconds": 180.0, "drain": True}), kit.patience(stop_at=3)
    made.given["stop"] = stop
    run, error = made.ended()

    assert isinstance(error, KeyboardInterrupt)
    assert stop.pauses == [1.0, 1.0, 1.0]
    assert names_of(made) == ["flag false", "flag true"]
    assert run.message_of(error) == "stopped on request. What was taken away was given back."


def test_ctrl_c_while_a_server_restarts_gives_back(bench: MakeBench, kit: Kit) -> None:
    """The restart runs on; nobody waits for it."""
    made, stop = bench("toggle", {"drain": True}, timeout_seconds=600.0), kit.patience(stop_at=2)
    made.given["stop"], made.machine.takes = stop, 10**9
    run, error = made.ended()

    assert isinstance(error, KeyboardInterrupt)
    assert names_of(made)[-2:] == ["iisreset", "state Active"]
    assert run.not_restored == []


def test_a_stop_before_the_first_action_changes_nothing(bench: MakeBench, kit: Kit) -> None:
    """It may be looked at, no more."""
    made, stop = bench("toggle"), kit.patience()
    stop.set()
    made.given["stop"] = stop
    _, error = made.ended()

    assert isinstance(error, KeyboardInterrupt)
    assert made.world.changes == []


def test_all_errors_tell_what_to_do(bench: MakeBench) -> None:
    """The words of moveready's own errors are shown as they are."""
    run = bench("enable").run()

    assert run.message_of(BROKEN) == str(BROKEN)
    assert isinstance(BROKEN, MovereadyError)
