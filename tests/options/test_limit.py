"""`--limit`: only some of the servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab


@pytest.mark.heavy
def test_only_limited_servers_are_asked(
    run_checks: Callable[..., pytest.RunResult], last_run: Callable[[], Run], demo: Lab
) -> None:
    """The others get no request at all."""
    before = len(demo.log.entries())
    run_checks("--limit=ex05,ex13")

    assert [server.name for server in last_run().servers] == ["ex05.contoso.com", "ex13.contoso.com"]
    asked = {entry.server for entry in demo.log.entries()[before:] if entry.channel != "exchange"}
    assert asked == {"ex05.contoso.com", "ex13.contoso.com"}


def test_limit_that_matches_nothing_is_an_error(run_checks: Callable[..., pytest.RunResult]) -> None:
    """A typing mistake must not look like a clean fleet."""
    result = run_checks("--limit=ex99")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*ex99* matches no server*"])
