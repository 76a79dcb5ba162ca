"""Guards `moveready.gate.decision`: which servers a move may use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moveready.findings.outcomes import PlainTest, Result, Run, RunScope
from moveready.findings.verdicts import incomplete_verdict
from moveready.gate.decision import LONGEST_TEXT, Pool, Reason, State, UsedWaiver, decision_of, one_line
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.builders import NOON
from tests.gate.runs import DISABLED, FINGERPRINT, FLEET, IDLE, READY, UNREACHABLE, WAIVED, WAIVER, Of, run_of


def state_of(run: Run, name: str = "ex01.contoso.com") -> State:
    """What the decision says about a server."""
    decision = decision_of(run)
    return State.READY if name in decision.ready else decision.not_ready[name].state


def test_ready_servers_and_the_reasons_of_the_others() -> None:
    """In the order of the inventory, and each server stands on one side."""
    decision = decision_of(FLEET)

    assert decision.ready == ("ex01.contoso.com", "ex02.contoso.com")
    assert decision.not_ready == {
        "ex03.contoso.com": Reason(State.NOT_READY, "disabled", "enable, then iisreset"),
        "ex04.contoso.com": Reason(State.UNKNOWN, "unreachable", "check the network and the server"),
        "ex05.contoso.com": Reason(State.NOT_READY, "disabled, waived until 2026-12-31", "enable, then iisreset"),
        "ex06.contoso.com": Reason(
            State.IDLE, "no moves are planned on it", "set its phase to moving, run the checks again"
        ),
    }


def test_what_a_decision_is_of() -> None:
    """Run, organization, inventory, phases, times: what a job has to know before it trusts it."""
    decision = decision_of(
        run_of(READY[0], IDLE, scope=RunScope(fingerprint=FINGERPRINT, limit="ex0*", controls="KB1"))
    )

    assert (decision.run, decision.organization, decision.inventory) == ("4f1c", "contoso", FINGERPRINT)
    assert decision.phases == {"ex01.contoso.com": "moving", "ex06.contoso.com": "idle"}
    assert (decision.limit, decision.controls) == ("ex0*", "KB1")
    assert (decision.complete, decision.incomplete) == (True, "")


def test_it_holds_for_an_hour() -> None:
    """Or as long as is asked for."""
    end = NOON + timedelta(seconds=9)

    assert decision_of(FLEET).made_at == end
    assert decision_of(FLEET).valid_until == end + timedelta(minutes=60)
    assert decision_of(FLEET, timedelta(minutes=5)).valid_until == end + timedelta(minutes=5)


def test_it_holds_from_the_oldest_answer_on() -> None:
    """Recorded answers that are judged again are not new ones."""
    run = run_of(Of("ex01", results=(Result.PASSED, Result.PASSED)))
    yesterday = NOON - timedelta(days=1)
    replayed = replace(
        run, outcomes=(replace(run.outcomes[0], asked_at=yesterday), replace(run.outcomes[1], asked_at=NOON))
    )
    decision = decision_of(replayed)

    assert decision.answers_from == yesterday
    assert decision.valid_until == yesterday + timedelta(minutes=60)
    assert decision.made_at == run.finished_at


def test_clock_that_ran_backwards_gives_no_more_time() -> None:
    """An answer from after the end of the run does not count."""
    run = run_of(READY[0])
    late = replace(run, outcomes=(replace(run.outcomes[0], asked_at=NOON + timedelta(days=1)),))

    assert decision_of(late).valid_until == run.finished_at + timedelta(minutes=60)


@pytest.mark.parametrize("results", [(Result.WAIVED,), (Result.PASSED, Result.WAIVED)])
def test_waived_server_is_not_ready(results: tuple[Result, ...]) -> None:
    """Also where its verdict is good: the waived control is one of your own."""
    assert state_of(run_of(Of("ex01", results=results))) is State.NOT_READY


def test_control_that_is_worse_than_the_verdict() -> None:
    """Then the verdict's words would say that all is well."""
    (reason,) = decision_of(run_of(Of("ex01", results=(Result.PASSED, Result.FAILED)))).not_ready.values()

    assert reason.diagnosis == "MRSProxy is enabled (KB3063913-2): failed"
    assert reason.next_step == "see this control in the reports"


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(UNREACHABLE, id="unknown"),
        pytest.param(Of("ex04", Conclusion.NOT_ASKED), id="not diagnosed"),
        pytest.param(Of("ex04", None), id="no KB was asked"),
        pytest.param(Of("ex04", None, (Result.ERROR,)), id="error of a KB without a verdict"),
        pytest.param(Of("ex04", results=()), id="not checked"),
    ],
)
def test_unknown_is_never_ready(server: Of) -> None:
    """Whatever it is that nobody knows."""
    assert state_of(run_of(server), "ex04.contoso.com") is State.UNKNOWN


def test_server_that_was_not_judged_to_the_end_is_not_ready() -> None:
    """Its verdict was good by then."""
    run = run_of(READY[0])
    server = replace(
        run.servers[0], verdicts=(incomplete_verdict("KB3063913", "ex01.contoso.com", None),), diagnosis=None
    )

    assert state_of(replace(run, servers=(server,))) is State.UNKNOWN


def test_incomplete_run_has_no_ready_server() -> None:
    """Nor a pool that is: who reads the file without our command must not be misled."""
    decision = decision_of(run_of(*READY, complete=False, incomplete="stopped after 1 failure"))

    assert decision.ready == ()
    assert {reason.diagnosis for reason in decision.not_ready.values()} == {"the run is incomplete"}
    assert decision.pools["mail.contoso.com"].state is State.UNKNOWN
    assert (decision.complete, decision.incomplete) == (False, "stopped after 1 failure")


@pytest.mark.parametrize(
    ("members", "state", "ready"),
    [
        (READY, State.READY, 2),
        ((*READY, DISABLED), State.NOT_READY, 2),
        ((*READY, replace(UNREACHABLE, pool="mail.contoso.com")), State.UNKNOWN, 2),
        ((DISABLED, replace(UNREACHABLE, pool="mail.contoso.com")), State.NOT_READY, 0),
        ((replace(IDLE, pool="mail.contoso.com"),), State.IDLE, 0),
        ((READY[0], replace(IDLE, pool="mail.contoso.com")), State.NOT_READY, 1),
    ],
    ids=["ready", "one is not", "one is unknown", "not ready is worse", "idle", "one is idle"],
)
def test_pool_is_as_ready_as_its_worst_server(members: tuple[Of, ...], state: State, ready: int) -> None:
    """A load balancer sends a move to any of them, to an idle one as well."""
    pools = decision_of(run_of(*members, Of("ex09"))).pools

    assert pools == {"mail.contoso.com": Pool(state, ready, tuple(member.fqdn for member in members))}


def test_waivers_that_are_used() -> None:
    """Once, with the servers on which it covers something; one that covers nothing is none of those."""
    run = run_of(WAIVED, Of("ex07", Conclusion.DISABLED, (Result.WAIVED, Result.WAIVED)), DISABLED)

    assert decision_of(run).waivers == (
        UsedWaiver(WAIVER.control, ("ex05.contoso.com", "ex07.contoso.com"), date(2026, 12, 31), "CHG-1"),
    )
    assert decision_of(run_of(DISABLED)).waivers == ()


@pytest.mark.parametrize(
    ("servers", "changes", "is_open"),
    [
        (READY, {}, True),
        ((*READY, IDLE), {}, True),
        ((*READY, DISABLED), {}, False),
        ((*READY, UNREACHABLE), {}, False),
        ((*READY, WAIVED), {}, False),
        ((IDLE,), {}, False),
        ((), {}, False),
        ((READY[0], replace(IDLE, pool="mail.contoso.com")), {}, False),
        (READY, {"complete": False}, False),
        (READY, {"plain_tests": (PlainTest("checks/test_own.py", "error", "", 0.0),)}, False),
        (READY, {"plain_tests": (PlainTest("checks/test_own.py", "skipped", "", 0.0),)}, True),
        (READY, {"unlisted": ("ex99.contoso.com",)}, True),
        (READY, {"unlisted": ("ex99.contoso.com",), "scope": RunScope(fail_on_unlisted=True)}, False),
        (READY, {"unlisted": None, "scope": RunScope(fail_on_unlisted=True)}, False),
        (READY, {"unlisted": (), "scope": RunScope(fail_on_unlisted=True)}, True),
    ],
)
def test_open_gate(servers: tuple[Of, ...], changes: dict[str, Any], is_open: bool) -> None:
    """Only where nothing at all speaks against a move."""
    assert decision_of(run_of(*servers, **changes)).is_open is is_open


def test_edited_decision_of_an_incomplete_run_is_closed() -> None:
    """Though it names servers that are ready."""
    assert not replace(decision_of(run_of(*READY)), complete=False).is_open


def test_equal_runs_give_equal_decisions() -> None:
    """Nothing in it comes from elsewhere."""
    assert decision_of(FLEET) == decision_of(run_of(*READY, DISABLED, UNREACHABLE, WAIVED, IDLE))


@given(
    st.lists(
        st.builds(
            Of,
            st.sampled_from([f"ex{number:02d}" for number in range(6)]),
            st.sampled_from([None, *Conclusion]),
            st.lists(st.sampled_from(Result), max_size=3).map(tuple),
            st.sampled_from([None, "mail.contoso.com"]),
            st.sampled_from(["moving", "idle"]),
        ),
        unique_by=lambda server: server.name,
    ),
    st.booleans(),
)
def test_ready_has_only_servers_of_which_all_is_known_and_good(servers: list[Of], complete: bool) -> None:
    """Waived, failed, unknown, idle and not checked servers never are, nor any of an incomplete run."""
    decision = decision_of(run_of(*servers, complete=complete))
    good = {
        server.fqdn
        for server in servers
        if complete
        and server.phase == "moving"
        and server.results
        and not {Result.FAILED, Result.WAIVED} & set(server.results)
        and server.conclusion in {Conclusion.READY, Conclusion.CLOSED_WHILE_IDLE}
    }

    assert set(decision.ready) == good
    assert set(decision.not_ready) == {server.fqdn for server in servers} - good


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("two\nlines\tand  blanks", "two lines and blanks"),
        ("red \x1b[31m", "red \ufffd[31m"),
        ("right \u202e left", "right \ufffd left"),
        ("a\x00b", "a\ufffdb"),
        ("##vso[task.setvariable variable=x]y", "# #vso[task.setvariable variable=x]y"),
        ("###[error]", "## #[error]"),
        (f"a {'x' * 65} b", "a ... b"),
        ("x" * 10_000, "..."),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    """No control character, no second line, no command of a pipeline, no endless word."""
    assert one_line(text) == shown


@given(st.text(st.characters(codec=None), max_size=400))
def test_one_line_of_any_text(text: str) -> None:
    """It is one short line, and it stays as it is."""
    shown = one_line(text)

    assert len(shown) <= LONGEST_TEXT
    assert len(shown.splitlines()) <= 1
    assert "##" not in shown
    assert one_line(shown) == shown


def test_long_text_is_cut_between_words() -> None:
    """So that a file for many servers stays small."""
    shown = one_line("word " * 1000)

    assert set(shown.split()) == {"word", "..."}
