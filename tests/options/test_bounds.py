"""`--concurrency` and `--server-timeout`: how much at once, and how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.lab.faults import Fault, FaultKind
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run


@pytest.mark.parametrize(
    "option", ["--concurrency=0", "--concurrency=many", "--server-timeout=0", "--server-timeout=-3"]
)
def test_what_is_no_bound_is_refused(run_checks: Callable[..., pytest.RunResult], option: str) -> None:
    """A bound is a whole number of at least 1."""
    result = run_checks(option)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*whole number of at least 1*"])


def test_one_at_a_time_gives_the_same(run_checks: Callable[..., pytest.RunResult], last_run: Callable[[], Run]) -> None:
    """The bound changes how long it takes, not what comes out."""
    run_checks("--concurrency=1", "--limit=ex01,ex02", KB3063913)

    assert [outcome.result.value for outcome in last_run().outcomes] == ["passed"] * 3 + ["failed"] * 3


def test_silent_server_costs_one_bounded_wait(
    pytester: pytest.Pytester, tmp_path: Path, last_run: Callable[[], Run]
) -> None:
    """An endpoint that hangs is an error by the server's deadline, and not asked again: then it would answer."""
    with Lab(fleet_from(servers=[{"name": "ex01.contoso.com"}]), folder=tmp_path) as lab:
        lab.inject("ex01.contoso.com", "https", Fault(FaultKind.HANG, times=1))
        result = pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", "--server-timeout=3", KB3063913)

    assert result.ret == 10
    assert "within 3 s" in last_run().outcomes[-1].sentence
