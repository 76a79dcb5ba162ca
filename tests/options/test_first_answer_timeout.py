"""`--first-answer-timeout`: how long a server may say nothing at all."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import pytest

from moveready.lab.faults import Fault, FaultKind
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run

EX01 = "ex01.contoso.com"


def test_silence_ends_long_before_the_servers_deadline(
    pytester: pytest.Pytester, tmp_path: Path, last_run: Callable[[], Run]
) -> None:
    """Each control says what was silent, and for how long."""
    with Lab(fleet_from(servers=[{"name": EX01}]), folder=tmp_path) as lab:
        for channel in ("exchange", "windows", "https"):
            lab.inject(EX01, channel, Fault(FaultKind.SILENT))
        began = monotonic()
        result = pytester.runpytest_subprocess(
            f"--inventory={lab.inventory_file}", "--first-answer-timeout=2", "--server-timeout=120"
        )

    assert result.ret == 10
    assert monotonic() - began < 60
    sentences = [outcome.sentence for outcome in last_run().outcomes]
    assert all("it accepted the connection and said nothing for 2 s" in sentence for sentence in sentences)


def test_what_is_no_time_is_refused(run_checks: Callable[..., pytest.RunResult]) -> None:
    """Whole seconds, at least one."""
    result = run_checks("--first-answer-timeout=0")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--first-answer-timeout 0: write a whole number of at least 1*"])
