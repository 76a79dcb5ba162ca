"""In parallel and alone: the same node ids, the same outcomes, and no login more than needed."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from moveready.lab.fleet import DEMO_FLEET, read_fleet

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

pytestmark = pytest.mark.heavy

TIMES = re.compile(r' time(stamp)?="[^"]*"|name="run" value="[^"]*"|\d{4}-\d\d-\d\d \d\d:\d\dZ')
REACHABLE = len(read_fleet(DEMO_FLEET).servers) - 2
"""Servers of the demo fleet, without ex09, which is down, and ex12, whose phase is `idle`."""


def node_ids(result: pytest.RunResult) -> list[str]:
    """The ids of what ran, from `-v`, sorted; xdist tells each at its start and at its end."""
    return sorted({word for line in result.outlines for word in line.split() if "::test_" in word and "[ex" in word})


@pytest.fixture
def logins_of(run_checks: Callable[..., pytest.RunResult], demo: Lab) -> Callable[..., dict[str, Counter[str]]]:
    """Count the logins of a run, by channel and server."""

    def count(*args: str) -> dict[str, Counter[str]]:
        demo.log.clear()
        run_checks(*args)
        return {
            channel: Counter(entry.server for entry in demo.log.logins(channel=channel))
            for channel in ("exchange", "windows", "https")
        }

    return count


@pytest.mark.parametrize(("workers", "exchange"), [((), 1), (("-n", "2"), 2)], ids=["alone", "two"])
def test_one_login_a_server_and_channel(
    logins_of: Callable[..., dict[str, Counter[str]]], workers: tuple[str, ...], exchange: int
) -> None:
    """One Exchange session a worker for the whole organization; one WinRM session and one HTTPS login a server."""
    logins = logins_of(*workers)

    assert sum(logins["exchange"].values()) == exchange
    assert len(logins["windows"]) == REACHABLE
    assert set(logins["windows"].values()) == {1}
    assert set(logins["https"].values()) == {1}


def test_only_what_the_selected_checks_need_is_asked(logins_of: Callable[..., dict[str, Counter[str]]]) -> None:
    """The flag alone is one session for the whole fleet."""
    logins = logins_of("-k", "mrsproxy_is_enabled")

    assert sum(logins["exchange"].values()) == 1
    assert (logins["windows"], logins["https"]) == (Counter(), Counter())


def test_node_ids_are_the_same(run_checks: Callable[..., pytest.RunResult], last_run: Callable[[], Run]) -> None:
    """Nothing is appended to them, as xdist's own grouping does."""
    alone = node_ids(run_checks("-v", "--no-summary"))

    assert len(alone) == len(last_run().outcomes)
    assert node_ids(run_checks("-v", "--no-summary", "-n", "2")) == alone


def test_junit_is_the_same(run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    """Order, words and fields; only the times differ."""
    run_checks("--report-dir=alone")
    run_checks("--report-dir=two", "-n", "2")
    alone, two = (
        [
            TIMES.sub("", line)
            for line in (pytester.path / folder / "junit.xml").read_text(encoding="utf-8").splitlines()
            if "since its worker process started" not in line
        ]
        for folder in ("alone", "two")
    )

    assert alone == two


def test_more_workers_than_servers(run_checks: Callable[..., pytest.RunResult], demo: Lab) -> None:
    """Surplus workers ask nothing."""
    demo.log.clear()
    run_checks("-n", "4", "--limit=ex01,ex05")

    assert len(demo.log.logins(channel="windows")) == 2


@pytest.mark.parametrize(("limit", "most"), [("ex01", 1), ("ex0*", 9)])
def test_auto_is_never_more_than_servers(run_checks: Callable[..., pytest.RunResult], limit: str, most: int) -> None:
    """`-n auto` is the number of cores, where there are as many servers."""
    result = run_checks("-n", "auto", f"--limit={limit}", "-k", "mrsproxy_is_enabled", "--no-summary")

    result.stdout.fnmatch_lines([f"{min(most, os.cpu_count() or 1)} worker* [[]*"])


def test_crashed_worker_is_replaced(run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    """The rest of its servers is asked by another; the crash itself is told, and is no pass."""
    pytester.makepyfile("""
        import os
        from moveready.inventory import Server

        def test_crash(server: Server):
            if server.name.startswith("ex03"):
                os._exit(1)
    """)
    result = run_checks("-n", "2", "--limit=ex01,ex03,ex05", "test_crashed_worker_is_replaced.py")

    assert result.ret == 1
    result.assert_outcomes(passed=2, failed=1)
