"""What the terminal shows at the end of a run: our texts once, and pytest's where somebody asks for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import moveready
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable

    RunChecks = Callable[..., pytest.RunResult]

EX02 = ("--limit=ex02", KB3063913)
DISABLED_CHECK = str(Path(moveready.__file__).parents[2] / "checks" / "test_kb3063913_mrsproxy_disabled.py")


def test_run_ends_with_its_result(run_checks: RunChecks) -> None:
    """Each finding's text once, the table, then the result with the exit code and where the reports are."""
    result = run_checks(*EX02)

    result.stdout.fnmatch_lines(
        [
            "*= findings =*",
            "ex02.contoso.com: disabled",
            "  failed: KB3063913-1 MRSProxy is enabled",
            "  Repair:",
            "    Set-WebServicesVirtualDirectory *",
            "    iisreset EX02",
            "*= servers =*",
            "Result: NOT READY - 3 findings on 1 server (exit 1)",
            "  ex02  KB3063913-1  MRSProxy is enabled",
            "  ex02  KB3063913-2  *",
            "  ex02  KB3063913-3  *",
            "Reports: reports",
            "*= 3 failed*",
        ]
    )
    assert result.stdout.str().count("iisreset EX02") == 1
    result.stdout.no_fnmatch_line("*= FAILURES =*")
    result.stdout.no_fnmatch_line("*short test summary*")


@pytest.mark.parametrize("option", ["-v", "-ra", "--tb=short"])
def test_pytests_own_texts_come_back(run_checks: RunChecks, option: str) -> None:
    """For whoever asks for them; then ours are left out."""
    result = run_checks(*EX02, option)

    result.stdout.fnmatch_lines(
        ["*= FAILURES =*", "MRSProxyEnabled of *", "*= short test summary info =*", "Result: *"]
    )
    result.stdout.no_fnmatch_line("*= findings =*")


_KEPT = """
import sys

def pytest_unconfigure(config):
    kept = config.pluginmanager.get_plugin("terminalreporter").stats.get("", [])
    sys.stderr.write(f"kept {sorted(report.when for report in kept)}\\n")
"""
_PRINTING = """
def test_own():
    pass

def setup_function():
    print("said by the setup")
"""


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (("-n", "0"), "['setup', 'teardown']"),
        (("-n", "2"), "['setup', 'teardown']"),
        (("--durations=1",), "*'teardown'*'teardown'*'teardown'*"),
    ],
    ids=["one process", "two processes", "durations"],
)
def test_reports_that_nobody_reads_are_not_kept(
    run_checks: RunChecks, pytester: pytest.Pytester, options: tuple[str, ...], kept: str
) -> None:
    """They would take the memory that a large fleet needs; those that have words, or a duration to show, are kept."""
    pytester.makeconftest(_KEPT)
    pytester.makepyfile(test_own=_PRINTING)
    result = run_checks("test_own.py", DISABLED_CHECK, "--limit=ex02", *options)

    result.stderr.fnmatch_lines([f"kept {kept}"])


def test_run_without_a_terminal_writes_its_reports(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """Pytest can be run so, and then has none of the terminal's options."""
    result = run_checks(*EX02, "-p", "no:terminal", "-p", "no:html")

    assert result.ret == 1
    assert (pytester.path / "reports" / "run.json").exists()


def test_exit_ten_is_explained(run_checks: RunChecks) -> None:
    """Nobody knows that number by heart."""
    result = run_checks("--limit=ex09", "--control=MRS-SVC")

    assert result.ret == 10
    result.stdout.fnmatch_lines(
        ["Result: UNKNOWN - 1 server unknown (exit 10: some servers could not be", "  evaluated)", "Unknown: ex09*"]
    )


def test_own_tests_are_shown_by_pytest(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """With the traceback that whoever wrote them needs; and pytest's last line counts everything."""
    pytester.makepyfile(
        test_own="""
        def test_mine(ews_directory):
            version = ews_directory.version
            assert version == "none"
        """
    )
    result = run_checks("test_own.py", DISABLED_CHECK, "--limit=ex02")

    result.stdout.fnmatch_lines(
        ["*= FAILURES =*", ">*assert version ==*", "*= findings =*", "Result: *", "*= 4 failed*"]
    )
    assert result.stdout.str().count("MRSProxyEnabled of") == 1
