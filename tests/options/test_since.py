"""`--since`: how far the event check looks back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run


@pytest.mark.parametrize(("since", "result"), [("10m", "passed"), ("24h", "error")])
def test_window_decides_what_the_log_must_cover(
    run_checks: Callable[..., pytest.RunResult], last_run: Callable[[], Run], since: str, result: str
) -> None:
    """The demo's ex10 has a log of twenty minutes: enough for ten, too short for a day."""
    run_checks(f"--since={since}", "--limit=ex10", "-k=1309")

    assert [outcome.result.value for outcome in last_run().outcomes] == [result]


@pytest.mark.parametrize("since", ["soon", "24", "-1h", ""])
def test_what_is_no_time_is_refused(run_checks: Callable[..., pytest.RunResult], since: str) -> None:
    """The message says how to write one."""
    result = run_checks(f"--since={since}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*write a time such as 90m, 24h or 7d*"])
