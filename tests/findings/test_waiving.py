"""Guards `moveready.findings.waiving`: a waiver makes a finding `waived`, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from moveready.errors import UnreachableError
from moveready.findings.outcomes import Outcome, Result, WaiverState
from moveready.findings.waiving import uses_of, with_waiver
from moveready.inventory import Waiver

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
Judge = Callable[..., Outcome]


def waiver(control: str = "KB3063913-1", until: date = date(2026, 12, 31), **changes: Any) -> Waiver:
    """A waiver for ex01."""
    usual = {"servers": ("ex01.contoso.com",), "reason": "accepted"}
    return Waiver(control=control, until=until, **{**usual, **changes})


@pytest.fixture
def failed(judge: Judge) -> Outcome:
    """A finding on ex01."""
    return judge(AssertionError("It is off."))


def test_covered_finding_is_waived(failed: Outcome) -> None:
    """Its sentence stays: the real finding is shown."""
    found = with_waiver(failed, [waiver()], NOW)

    assert (found.result, found.waiver, found.sentence) == (Result.WAIVED, waiver(), failed.sentence)


def test_expired_waiver_changes_no_result(failed: Outcome) -> None:
    """It is noted beside the finding."""
    expired = waiver(until=date(2026, 3, 1))
    found = with_waiver(failed, [expired], NOW)

    assert (found.result, found.waiver) == (Result.FAILED, expired)


def test_error_is_never_waived(judge: Judge) -> None:
    """Nobody can accept what nobody knows."""
    error = judge(UnreachableError("ex01.contoso.com", "WinRM", "no route", "Check it."))

    assert with_waiver(error, [waiver()], NOW) is error


def test_what_passed_is_left(judge: Judge) -> None:
    """There is nothing to waive."""
    passed = judge(None)

    assert with_waiver(passed, [waiver()], NOW) is passed


def test_other_waivers_are_nothing_to_it(failed: Outcome) -> None:
    """Neither of another control, nor of another server."""
    others = [waiver("KB3063913-2"), waiver(servers=("ex02.contoso.com",))]

    assert with_waiver(failed, others, NOW) is failed


def test_of_two_the_one_that_ends_later_counts(failed: Outcome) -> None:
    """Somebody has prolonged it and left the old one there."""
    later = waiver("KB3063913", until=date(2026, 6, 30))

    assert with_waiver(failed, [waiver(until=date(2026, 3, 1)), later], NOW).waiver == later


@pytest.mark.parametrize(
    ("until", "result", "state"),
    [
        (date(2026, 12, 31), Result.WAIVED, WaiverState.ACTIVE),
        (date(2026, 3, 10), Result.WAIVED, WaiverState.ENDS_SOON),
        (date(2026, 3, 1), Result.FAILED, WaiverState.EXPIRED),
        (date(2026, 3, 1), Result.PASSED, WaiverState.EXPIRED),
        (date(2026, 12, 31), Result.PASSED, WaiverState.NOT_NEEDED),
        (date(2026, 12, 31), Result.ERROR, WaiverState.ACTIVE),
        (date(2026, 12, 31), None, WaiverState.NOT_ASKED),
    ],
)
def test_state_of_a_waiver(judge: Judge, until: date, result: Result | None, state: WaiverState) -> None:
    """By what became of all that it covers; an error says nothing about whether it is needed."""
    endings: dict[Result, BaseException | None] = {
        Result.PASSED: None,
        Result.WAIVED: AssertionError("off"),
        Result.FAILED: AssertionError("off"),
        Result.ERROR: UnreachableError("ex01.contoso.com", "WinRM", "no route", "Check it."),
    }
    outcomes = [] if result is None else [with_waiver(judge(endings[result]), [waiver(until=until)], NOW)]
    (use,) = uses_of([waiver(until=until)], outcomes, NOW)

    assert use.state is state


def test_waiver_of_several_is_needed_by_one(judge: Judge, failed: Outcome) -> None:
    """As long as one of them fails."""
    of_kb = waiver("KB3063913")
    outcomes = [judge(None, control="KB3063913-2"), with_waiver(failed, [of_kb], NOW)]
    (use,) = uses_of([of_kb], outcomes, NOW)

    assert use.state is WaiverState.ACTIVE
