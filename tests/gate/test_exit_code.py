"""Guards `moveready.gate.exit_code`: what a pipeline is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moveready.findings.controls import Severity
from moveready.findings.outcomes import PlainTest, Result, Run, RunScope, WaiverState, WaiverUse
from moveready.gate.exit_code import FailOn, exit_code_for, explanation_of
from tests.gate.runs import WAIVER, Of, run_of

PASSED, FAILED, ERROR, WAIVED = Result.PASSED, Result.FAILED, Result.ERROR, Result.WAIVED
CRASH = "KeyError at fleet.py:9"


def ended(*results: Result, severity: Severity = Severity.HIGH, **changes: Any) -> Run:
    """A run of one server whose controls ended so."""
    return run_of(Of("ex01", results=results, severity=severity), **changes)


def code(run: Run, fail_on: FailOn | None = None, *, strict: bool = False, fail_on_unlisted: bool = False) -> int:
    """The exit code, without options where none is given."""
    scope = replace(run.scope, fail_on_unlisted=fail_on_unlisted)
    return exit_code_for(replace(run, scope=scope), fail_on, fail_on_unknown=strict)


def crashed() -> Run:
    """A run in which moveready itself failed at a control."""
    run = ended(FAILED, ERROR)
    return replace(run, outcomes=(run.outcomes[0], replace(run.outcomes[1], crash=CRASH)))


def with_waiver(state: WaiverState, *results: Result) -> Run:
    """A run of which a waiver became that."""
    return ended(*results, waivers=(WaiverUse(WAIVER, state),))


@pytest.mark.parametrize(
    ("severity", "counts"),
    [
        (Severity.CRITICAL, [None, FailOn.ERROR, FailOn.HIGH, FailOn.CRITICAL]),
        (Severity.HIGH, [None, FailOn.ERROR, FailOn.HIGH]),
        (Severity.MEDIUM, [None, FailOn.ERROR]),
        (Severity.LOW, [None, FailOn.ERROR]),
    ],
    ids=lambda value: value.value if isinstance(value, Severity) else "",
)
def test_threshold(severity: Severity, counts: list[FailOn | None]) -> None:
    """A finding counts from the threshold on; without the option every one does."""
    run = ended(PASSED, FAILED, severity=severity)

    assert [fail_on for fail_on in (None, *FailOn) if code(run, fail_on) == 1] == counts
    assert {code(run, fail_on) for fail_on in (None, *FailOn)} <= {0, 1}


@pytest.mark.parametrize(
    ("fail_on", "plain", "strict"),
    [(None, 10, 1), (FailOn.ERROR, 1, 1), (FailOn.HIGH, 10, 1), (FailOn.CRITICAL, 10, 1), (FailOn.NEVER, 0, 0)],
)
def test_what_could_not_be_evaluated(fail_on: FailOn | None, plain: int, strict: int) -> None:
    """It has its own code, whatever its severity; two options make it a finding, and `never` makes it nothing."""
    run = ended(PASSED, ERROR, severity=Severity.LOW)

    assert (code(run, fail_on), code(run, fail_on, strict=True)) == (plain, strict)


@pytest.mark.parametrize(
    ("fail_on", "plain", "strict"),
    [(None, 10, 1), (FailOn.ERROR, 1, 1), (FailOn.HIGH, 10, 1), (FailOn.CRITICAL, 10, 1), (FailOn.NEVER, 10, 1)],
)
def test_incomplete_run_never_passes(fail_on: FailOn | None, plain: int, strict: int) -> None:
    """Not even with `never`: a scheduled report that was broken off is no report."""
    run = ended(PASSED, complete=False, incomplete="stopped")

    assert (code(run, fail_on), code(run, fail_on, strict=True)) == (plain, strict)


def test_finding_that_does_not_count_leaves_the_error() -> None:
    """A medium finding below the threshold does not hide that something is unknown."""
    assert code(ended(FAILED, ERROR, severity=Severity.MEDIUM), FailOn.HIGH) == 10


@pytest.mark.parametrize("fail_on", [None, *FailOn])
@pytest.mark.parametrize("strict", [False, True])
def test_own_failure_stands_above_all(fail_on: FailOn | None, strict: bool) -> None:
    """Where moveready itself failed, nothing that it says can be trusted."""
    assert code(crashed(), fail_on, strict=strict) == 3


@pytest.mark.parametrize(
    ("result", "fails"),
    [("failed", True), ("error", True), ("passed", False), ("skipped", False), ("xfailed", False), ("xpassed", False)],
)
def test_tests_without_a_control(result: str, fails: bool) -> None:
    """One that failed has no severity, so that it counts as the worst."""
    run = ended(PASSED, plain_tests=(PlainTest("test_own.py::test_it", result, "", 0.1),))

    assert [code(run, fail_on) for fail_on in (None, *FailOn)] == ([1, 1, 1, 1, 0] if fails else [0] * 5)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (WaiverState.ACTIVE, False),
        (WaiverState.ENDS_SOON, False),
        (WaiverState.EXPIRED, True),
        (WaiverState.NOT_NEEDED, True),
        (WaiverState.NOT_ASKED, False),
    ],
)
def test_waiver_that_is_due(state: WaiverState, due: bool) -> None:
    """12, where nothing is worse; `--fail-on-unknown` is about what is unknown alone."""
    assert code(with_waiver(state, PASSED)) == (12 if due else 0)
    assert code(with_waiver(state, PASSED), strict=True) == (12 if due else 0)
    assert code(with_waiver(state, FAILED)) == 1
    assert code(with_waiver(state, ERROR)) == 10
    assert code(with_waiver(state, PASSED), FailOn.NEVER) == 0


def test_waived_finding_is_none() -> None:
    """Somebody has accepted it."""
    assert code(ended(WAIVED, PASSED)) == 0


@pytest.mark.parametrize(
    ("unlisted", "expected"),
    [((), 0), (("ex99.contoso.com",), 1), (None, 10)],
    ids=["none", "one", "nobody knows"],
)
def test_unlisted_servers(unlisted: tuple[str, ...] | None, expected: int) -> None:
    """They count only where that is asked for; that Exchange did not answer is no proof that there are none."""
    run = ended(PASSED, unlisted=unlisted)

    assert code(run) == 0
    assert code(run, fail_on_unlisted=True) == expected
    assert code(run, FailOn.NEVER, fail_on_unlisted=True) == 0


def test_nothing_is_wrong() -> None:
    """0, with any threshold."""
    assert {code(ended(PASSED, PASSED), fail_on, strict=True) for fail_on in (None, *FailOn)} == {0}


RESULTS = st.lists(st.sampled_from(Result), min_size=1, max_size=4)
RUNS = st.builds(
    lambda results, severity, complete, state: replace(
        with_waiver(state, *results),
        complete=complete,
        outcomes=ended(*results, severity=severity).outcomes,
    ),
    RESULTS,
    st.sampled_from(Severity),
    st.booleans(),
    st.sampled_from(WaiverState),
)


@given(RUNS, st.booleans(), st.booleans())
def test_a_higher_threshold_never_finds_more(run: Run, strict: bool, unlisted: bool) -> None:
    """What fails a run with one threshold fails it with every lower one."""
    order = [FailOn.ERROR, None, FailOn.HIGH, FailOn.CRITICAL, FailOn.NEVER]
    codes = [code(run, fail_on, strict=strict, fail_on_unlisted=unlisted) == 1 for fail_on in order]

    assert codes == sorted(codes, reverse=True)


@given(RUNS, st.sampled_from([None, *FailOn]), st.booleans())
def test_incomplete_is_never_0(run: Run, fail_on: FailOn | None, strict: bool) -> None:
    """Whatever else it is; and strict has no 10."""
    assert run.complete or code(run, fail_on, strict=strict) in ({1} if strict else {1, 10})
    assert not (strict and code(run, fail_on, strict=strict) == 10)


@pytest.mark.parametrize(
    ("number", "run", "words"),
    [
        (0, ended(PASSED), "exit 0: no findings"),
        (0, ended(FAILED), "exit 0: --fail-on does not count the findings"),
        (0, ended(ERROR), "exit 0: some servers could not be evaluated, which --fail-on=never does not count"),
        (1, ended(FAILED), "exit 1: findings"),
        (1, ended(FAILED, ERROR), "exit 1: findings, some servers could not be evaluated"),
        (1, ended(ERROR), "exit 1: some servers could not be evaluated"),
        (
            1,
            ended(PASSED, plain_tests=(PlainTest("a::b", "failed", "", 0.1),)),
            "exit 1: failed tests without a control",
        ),
        (
            1,
            ended(PASSED, unlisted=("ex99.contoso.com",), scope=RunScope(fail_on_unlisted=True)),
            "exit 1: servers that are not in the inventory",
        ),
        (
            1,
            ended(FAILED, unlisted=("ex99.contoso.com",), scope=RunScope(fail_on_unlisted=True)),
            "exit 1: findings, servers that are not in the inventory",
        ),
        (1, ended(PASSED, unlisted=None), "exit 1: Exchange did not say which servers it has"),
        (3, crashed(), "exit 3: moveready itself failed"),
        (3, ended(PASSED), "exit 3: an internal error, or reports that could not be written"),
        (10, ended(ERROR), "exit 10: some servers could not be evaluated"),
        (10, ended(PASSED, complete=False), "exit 10: the run is incomplete"),
        (10, ended(PASSED, unlisted=None), "exit 10: Exchange did not say which servers it has"),
        (12, with_waiver(WaiverState.EXPIRED, PASSED), "exit 12: a waiver has expired"),
        (12, with_waiver(WaiverState.NOT_NEEDED, PASSED), "exit 12: a waiver is no longer needed"),
        (2, ended(PASSED), "exit 2: the run was interrupted"),
        (4, ended(PASSED), "exit 4: wrong usage"),
        (5, ended(PASSED), "exit 5: no check was run"),
        (13, ended(PASSED), "exit 13: a repair did not succeed"),
        (99, ended(PASSED), "exit 99: another exit code"),
    ],
)
def test_explanation(number: int, run: Run, words: str) -> None:
    """A few words behind the result line."""
    assert explanation_of(number, run) == words
