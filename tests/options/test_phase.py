"""`--phase`: judge every server as in this phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run


@pytest.mark.heavy
def test_idle_wants_the_flag_off(run_checks: Callable[..., pytest.RunResult], last_run: Callable[[], Run]) -> None:
    """A ready server is enabled although no moves are planned; what only a moving one must answer is not asked."""
    run_checks("--phase=idle", "--limit=ex01")
    (outcome,) = last_run().outcomes

    assert (outcome.control, outcome.result.value) == ("KB3063913-1", "failed")


def test_moving_wants_the_flag_on(run_checks: Callable[..., pytest.RunResult], last_run: Callable[[], Run]) -> None:
    """The demo's idle server is ready once moves are planned."""
    run_checks("--phase=moving", "--limit=ex12")

    assert {outcome.result.value for outcome in last_run().outcomes} == {"passed"}


def test_other_phases_are_refused(run_checks: Callable[..., pytest.RunResult]) -> None:
    """Phases are a closed set."""
    assert run_checks("--phase=later").ret == pytest.ExitCode.USAGE_ERROR
