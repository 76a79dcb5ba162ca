"""Waivers on the lab: a finding is accepted and still shown, an error is never hidden, an expired waiver has ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.findings.outcomes import Result, WaiverState
from moveready.lab.fleet import DEMO_FLEET, read_fleet
from moveready.lab.server import Lab
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from moveready.findings.outcomes import Run

    RunWaived = Callable[..., pytest.RunResult]


@pytest.fixture
def run_waived(
    pytester: pytest.Pytester, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[RunWaived]:
    """Run the checks of the demo fleet with one waiver, which ends in so many days, in `waivers.yaml`."""
    folder: Path = tmp_path_factory.mktemp("waived")
    with Lab(read_fleet(DEMO_FLEET), folder=folder) as lab:

        def run(control: str, servers: str, days: int, *args: str) -> pytest.RunResult:
            until = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
            entry = {"control": control, "servers": [servers], "reason": "planned for May", "until": until}
            text = json.dumps({"waivers": [entry]})
            (lab.inventory_file.parent / "waivers.yaml").write_text(text, encoding="utf-8")
            return pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", *args)

        yield run


def results(run: Run) -> list[str]:
    """How each control ended, in the order of servers and controls."""
    return [outcome.result.value for outcome in run.outcomes]


def test_waived_finding_is_shown_and_ends_with_zero(
    run_waived: RunWaived, last_run: Callable[[], Run], workers: tuple[str, ...]
) -> None:
    """It is asked, it fails, and somebody has accepted that; the server is not ready all the same."""
    result = run_waived("KB3063913", "ex02", 60, "--limit=ex02", KB3063913, *workers)
    run = last_run()

    assert result.ret == 0
    assert results(run) == ["waived"] * 3
    assert run.outcomes[0].sentence.startswith("MRSProxyEnabled of EX02")
    assert run.outcomes[0].waiver is not None
    assert [use.state for use in run.waivers] == [WaiverState.ACTIVE]
    result.assert_outcomes(skipped=3)
    result.stdout.fnmatch_lines(["*waived until *: planned for May. The*", "Result: NOT READY - 3 waived (exit 0)"])


def test_one_control_is_waived_and_no_other(run_waived: RunWaived, last_run: Callable[[], Run]) -> None:
    """The others of the KB keep their findings."""
    assert run_waived("KB3063913-1", "ex02", 60, "--limit=ex02", KB3063913).ret == 1
    assert results(last_run()) == ["waived", "failed", "failed"]


def test_expired_waiver_leaves_the_real_result(run_waived: RunWaived, last_run: Callable[[], Run]) -> None:
    """And says so."""
    result = run_waived("KB3063913-1", "ex04", -1, "--limit=ex04", KB3063913)
    run = last_run()

    assert result.ret == 1
    assert results(run) == ["failed", "passed", "passed"]
    assert [use.state for use in run.waivers] == [WaiverState.EXPIRED]
    result.stdout.fnmatch_lines(["Waiver of KB3063913-1 on 1 server has expired on *"])


def test_error_is_never_waived(run_waived: RunWaived, last_run: Callable[[], Run]) -> None:
    """Nobody can accept what nobody knows."""
    assert run_waived("KB3063913", "ex09", 60, "--limit=ex09", "--control=KB3063913-2").ret == 10
    assert [outcome.result for outcome in last_run().outcomes] == [Result.ERROR]


def test_fixer_leaves_what_is_waived(run_waived: RunWaived) -> None:
    """It repairs findings alone."""
    result = run_waived("KB3063913", "ex02", 60, "--limit=ex02", KB3063913, "-p", "moveready.fixer", "--fix=plan")

    assert result.ret == 0
    result.stdout.no_fnmatch_line("*Set-WebServicesVirtualDirectory*to repair*")


def test_no_longer_needed_waiver_is_reported(run_waived: RunWaived, last_run: Callable[[], Run]) -> None:
    """So that somebody removes it before it hides the next finding."""
    result = run_waived("KB3063913", "ex01", 60, "--limit=ex01", KB3063913)

    assert result.ret == 12
    assert [use.state for use in last_run().waivers] == [WaiverState.NOT_NEEDED]
    result.stdout.fnmatch_lines(["Waiver of KB3063913 on 1 server is no longer needed*"])


def test_limited_run_calls_no_waiver_needless(run_waived: RunWaived, last_run: Callable[[], Run]) -> None:
    """It may be needed by a server that was not looked at."""
    assert run_waived("KB3063913", "ex0*", 60, "--limit=ex01", KB3063913).ret == 0
    assert [use.state for use in last_run().waivers] == [WaiverState.ACTIVE]


def test_fixer_refuses_to_change_what_was_accepted(run_waived: RunWaived) -> None:
    """The remedy of one finding would repair the waived one, too."""
    result = run_waived("KB3063913-1", "ex02", 60, "--limit=ex02", KB3063913, "-p", "moveready.fixer", "--fix=plan")

    result.stdout.fnmatch_lines(["*KB3063913-1 is waived on it*"])
    result.stdout.fnmatch_lines(["Fix plan *: 0 server(s) to repair, 1 refused"])
