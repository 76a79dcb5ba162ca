"""`--control` and `-k`: only some controls, by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run


@pytest.mark.parametrize("option", ["--control=KB3063913-3", "-k=KB3063913-3"])
def test_one_control_is_asked(
    run_checks: Callable[..., pytest.RunResult], last_run: Callable[[], Run], option: str, workers: tuple[str, ...]
) -> None:
    """And only what it needs."""
    result = run_checks("--limit=ex01,ex05", option, *workers)
    run = last_run()

    assert result.ret == 0
    assert {outcome.control for outcome in run.outcomes} == {"KB3063913-3"}
    assert set(run.costs) == {"ex01.contoso.com", "ex05.contoso.com"}


def test_unknown_control_is_a_usage_error(run_checks: Callable[..., pytest.RunResult]) -> None:
    """It names those that are known."""
    result = run_checks("--limit=ex01", "--control=KB3063913-9")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--control KB3063913-9: KB3063913-9 is no control*KB3063913-1, KB3063913-2*"])
