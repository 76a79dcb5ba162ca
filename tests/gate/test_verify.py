"""Guards `moveready.gate.verify`: what speaks against servers, each reason in a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from moveready.findings.outcomes import PlainTest
from moveready.gate.decision import GateDecision, Reason, State, decision_of
from moveready.gate.verify import names_in, notes_on, refusals, time_text, word_for
from tests.gate.runs import DISABLED, FINGERPRINT, FLEET, READY, Of, minutes_past_noon, run_of

GATE = decision_of(FLEET)
AGAIN = "Run the checks again with --gate."
WAIVED_REASON = "not ready - disabled, waived until 2026-12-31; next: enable, then iisreset"
IDLE_STEP = "set its phase to moving, run the checks again"
HOSTILE = "\x1b[2J\n##vso[task.complete]\u202e"


def refused(gate: GateDecision = GATE, *servers: str, minutes: float = 5, **given: Any) -> list[str]:
    """Why ex01, or these servers, may not be used, so many minutes past noon."""
    asked = {"max_age": None, "fingerprint": None, **given}
    return refusals(gate, servers or ("ex01",), minutes_past_noon(minutes), **asked)


def test_ready_servers_may_be_used() -> None:
    """Nothing speaks against them."""
    assert refused(GATE, "ex01", "ex02.contoso.com", max_age=timedelta(minutes=60), fingerprint=FINGERPRINT) == []


def test_expired() -> None:
    """The last moment does not count any more; the runs ended nine seconds past noon."""
    assert refused(minutes=60) == []
    assert refused(minutes=60.15) == [f"it has expired: it was valid until 2026-03-02 13:00 UTC. {AGAIN}"]


def test_older_than_the_caller_wants() -> None:
    """Though it is valid."""
    reason = f"it is older than --max-age: its answers are of 2026-03-02 12:00 UTC. {AGAIN}"

    assert refused(minutes=30.15, max_age=timedelta(minutes=30)) == []
    assert refused(minutes=30.2, max_age=timedelta(minutes=30)) == [reason]


def test_new_file_of_old_answers_is_old() -> None:
    """Recorded answers that are judged again do not get younger."""
    gate = replace(GATE, answers_from=minutes_past_noon(-600), valid_until=minutes_past_noon(60))

    assert refused(gate, max_age=timedelta(minutes=60))[0].startswith("it is older than --max-age")


@pytest.mark.parametrize("field", ["made_at", "answers_from"])
def test_made_in_the_future(field: str) -> None:
    """Two minutes are a matter of clocks, more is not."""
    moved: dict[str, Any] = {field: minutes_past_noon(7)}
    gate = replace(GATE, **moved)

    assert refused(gate, minutes=5) == []
    (reason,) = refused(gate, minutes=4.9)
    assert reason.startswith("it was made in the future: ")
    assert reason.endswith("Check the clocks of both machines.")


def test_incomplete() -> None:
    """With the reason; and no server of it is ready."""
    gate = decision_of(run_of(*READY, complete=False, incomplete="stopped"))

    assert refused(gate) == [
        f"its run is incomplete: stopped. {AGAIN}",
        "ex01.contoso.com may not be used: unknown - the run is incomplete; next: run the checks again.",
    ]
    assert refused(replace(GATE, complete=False)) == [f"its run is incomplete: nobody knows why. {AGAIN}"]


def test_failed_test_that_belongs_to_no_server() -> None:
    """It may be about any; a check file that cannot be collected is such, and then a whole KB is missing."""
    plain = tuple(PlainTest(f"checks/test_own.py::test_{name}", "failed", "", 0.0) for name in "ab")
    words = "a test of its run failed that belongs to no server: checks/test_own.py::test_a"
    again = "Mend it, and run the checks again."

    assert refused(decision_of(run_of(*READY, plain_tests=plain[:1]))) == [f"{words}. {again}"]
    assert refused(decision_of(run_of(*READY, plain_tests=plain))) == [f"{words}, and 1 more. {again}"]


def test_servers_that_the_inventory_has_not() -> None:
    """Where they count, moves may reach a server that nobody has checked."""
    named = replace(GATE, unlisted=("ex99.contoso.com", "ex98.contoso.com"))
    add = "Add them to the inventory, and run the checks again."

    assert refused(named) == [
        f"Exchange has servers that the inventory has not: ex99.contoso.com, ex98.contoso.com. {add}"
    ]
    assert refused(replace(GATE, unlisted=None)) == [f"Exchange did not say which servers it has. {AGAIN}"]


@pytest.mark.parametrize("fingerprint", ["cd" * 32, ""])
def test_another_inventory(fingerprint: str) -> None:
    """A file of which nobody knows the inventory is of another one."""
    reason = f"it was made for another inventory, or the inventory has changed since. {AGAIN}"

    assert refused(replace(GATE, inventory=fingerprint), fingerprint=FINGERPRINT) == [reason]


def test_no_server_is_named() -> None:
    """That everything named is ready says nothing then."""
    assert refusals(GATE, (), minutes_past_noon(5), None, None) == ["no server is named. Name each with --server NAME."]


@pytest.mark.parametrize(
    "name", ["ex99", "ex01.fabrikam.com", "ex0*", "", "contoso.com", "ex01,ex02", "mail.contoso.com"]
)
def test_server_that_is_not_in_the_file(name: str) -> None:
    """A pattern, a pool and two names in one are none either."""
    assert refused(GATE, name) == [f"{name} is not in it: its run did not check such a server."]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ex03", "ex03.contoso.com may not be used: not ready - disabled; next: enable, then iisreset."),
        (
            "EX04",
            "ex04.contoso.com may not be used: unknown - unreachable; next: check the network and the server.",
        ),
        (
            "ex05.Contoso.com",
            f"ex05.contoso.com may not be used: {WAIVED_REASON}.",
        ),
        (
            "ex06",
            f"ex06.contoso.com may not be used: idle - no moves are planned on it; next: {IDLE_STEP}.",
        ),
    ],
)
def test_server_that_is_not_ready(name: str, reason: str) -> None:
    """Not ready, unknown, waived, idle: each with what to do."""
    assert refused(GATE, "ex01", name) == [reason]


def test_all_reasons_are_named_at_once() -> None:
    """Nobody has to come back for the next one."""
    gate = replace(GATE, complete=False, incomplete="stopped", failed_tests=("t",))
    reasons = refused(gate, "ex03", "ex99", minutes=999, max_age=timedelta(minutes=1), fingerprint="")

    assert len(reasons) == 7


def test_contradictions_of_an_edited_file_are_no_way_in() -> None:
    """A server that is ready and not, or whose phase is not moving, is not ready."""
    both = replace(GATE, ready=(*GATE.ready, "ex03.contoso.com"))
    idle = replace(GATE, phases={**GATE.phases, "ex01.contoso.com": "idle"})
    lost = replace(GATE, phases={})
    reason = "ex01.contoso.com may not be used: its phase is not moving."

    assert refused(both, "ex03")[0].startswith("ex03.contoso.com may not be used: not ready")
    assert (refused(idle), refused(lost)) == ([reason], [reason])


@pytest.mark.parametrize("name", ["ex01", "EX01", " ex01 ", "ex01.contoso.com", "Ex01.CONTOSO.com"])
def test_names(name: str) -> None:
    """FQDN or short name, in any case."""
    assert names_in(GATE)[word_for(name)] == ["ex01.contoso.com"]
    assert refused(GATE, name) == []


def test_short_name_of_two_servers() -> None:
    """Whoever means one of them has to say which, though both be ready."""
    gate = decision_of(run_of(Of("ex01"), Of("ex01.fabrikam.com")))

    assert refused(gate, "ex01") == [
        "ex01 is the short name of several servers. Write one of ex01.contoso.com, ex01.fabrikam.com."
    ]
    assert refused(gate, "ex01.fabrikam.com") == []


def test_hostile_texts_are_inert() -> None:
    """The texts of an unsigned file, and the names that are asked for."""
    reason = Reason(State.NOT_READY, HOSTILE, HOSTILE)
    gate = replace(
        GATE,
        complete=False,
        incomplete=HOSTILE,
        failed_tests=(HOSTILE,),
        not_ready={f"ex03{HOSTILE}": reason},
        pools={HOSTILE: replace(GATE.pools["mail.contoso.com"])},
        controls=HOSTILE,
    )
    lines = [*refused(gate, f"ex03{HOSTILE}", f"ex99{HOSTILE}"), *notes_on(gate, GATE.ready)]

    assert len(lines) == 6
    assert all(line.isprintable() and "##" not in line for line in lines)


def test_note_on_a_pool_that_is_not_ready() -> None:
    """A move to the name of the pool reaches any of its servers."""
    assert notes_on(GATE, ["ex01.contoso.com"]) == [
        "the pool mail.contoso.com is not ready: a move that goes to this name may reach a server that is not ready"
    ]
    assert notes_on(GATE, ["ex04.contoso.com"]) == []
    assert notes_on(decision_of(run_of(*READY)), ["ex01.contoso.com"]) == []


def test_note_on_controls_that_were_left_out() -> None:
    """What was not asked may be wrong all the same."""
    assert notes_on(replace(GATE, controls="KB3063913", pools={}), GATE.ready) == ["only KB3063913 was asked of them"]


def test_times_are_shown_with_their_zone() -> None:
    """Also those at the ends of time, which cannot be shown in another zone."""
    far = timezone(timedelta(hours=14))

    assert time_text(minutes_past_noon(0)) == "2026-03-02 12:00 UTC"
    assert "UTC+14:00" in time_text(datetime(1, 1, 1, tzinfo=far))
    assert refused(replace(GATE, valid_until=datetime(1, 1, 1, tzinfo=far)))[0].startswith("it has expired")


def test_disabled_server_is_what_these_tests_think() -> None:
    """A decision on one server that is not ready refuses that server and no other reason is given."""
    assert len(refused(decision_of(run_of(DISABLED)), "ex03")) == 1
