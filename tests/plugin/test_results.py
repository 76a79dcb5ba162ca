"""What becomes of outcomes: exit codes, and the files.

The options are tested in tests/options.
"""

from __future__ import annotations

import re
from html import unescape
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import PlainTest, Result, Run, read_run
from moveready.inventory import Inventory, Organization
from moveready.plugin.report_folder import ReportFolder
from moveready.plugin.results import Results, crash_sentences, exit_code, write_reports
from moveready.reporting.html import PAGE_SERVERS
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path


class Ended:
    """A run that only counts."""

    def __init__(self, *results: Result, plain: str = "passed", crashed: bool = False) -> None:
        """So many outcomes, and one plain test."""
        self.results = results
        self.plain_tests = (PlainTest("test_mine", plain, "", 0.0),)

        self.crashes: tuple[str, ...] = ("a crash",) if crashed else ()

    def count(self, result: Result) -> int:
        """How many ended so."""
        return self.results.count(result)


@pytest.mark.parametrize(
    ("results", "plain", "pytests", "code"),
    [
        ([Result.PASSED], "passed", 0, 0),
        ([Result.PASSED], "skipped", 0, 0),
        ([Result.PASSED, Result.FAILED], "passed", 1, 1),
        ([Result.ERROR, Result.FAILED], "passed", 1, 1),
        ([Result.PASSED, Result.ERROR], "passed", 1, 10),
        ([Result.ERROR], "failed", 1, 1),
        ([Result.PASSED], "error", 1, 1),
        ([Result.FAILED], "passed", 2, 2),
        ([Result.PASSED], "passed", 3, 3),
    ],
)
def test_exit_code(results: list[Result], plain: str, pytests: int, code: int) -> None:
    """Findings are 1, errors alone 10; an interrupted or broken run keeps pytest's code."""
    run: Any = Ended(*results, plain=plain)

    assert exit_code(run, pytests) == code


@pytest.mark.parametrize(("pytests", "code"), [(0, 3), (1, 3), (2, 2)])
def test_exit_code_of_our_own_failure(pytests: int, code: int) -> None:
    """3 outweighs findings; who interrupted a run knows it."""
    run: Any = Ended(Result.FAILED, Result.ERROR, crashed=True)

    assert exit_code(run, pytests) == code


def test_failure_while_writing_leaves_earlier_reports(
    pytester: pytest.Pytester, server_named: Callable[..., Any], noon: datetime
) -> None:
    """It is told with what to report, and no draft is published."""
    folder = ReportFolder(pytester.path / "reports")
    folder.prepare()
    (folder.folder / "run.json").write_text("earlier")
    suite: Any = SimpleNamespace(
        inventory=Inventory(Organization("contoso", ()), (server_named(),), (), "0"), path="prod.yaml"
    )
    results = Results(suite, folder)
    results.publish(Run("half a character: \ud800", "prod.yaml", noon, noon, (), ()), pytester.parseconfig())

    assert (results.is_published, (folder.folder / "run.json").read_text()) == (False, "earlier")
    assert results.crash.startswith("PydanticSerializationError: ")
    assert "results.py:" in results.crash
    assert crash_sentences(results.run, results.crash)[0].startswith("moveready itself failed while it wrote")


def test_files_are_written(tmp_path: Path, noon: datetime) -> None:
    """Both can be read back."""
    run = Run("contoso", "prod.yaml", noon, noon, (), ())
    folder = ReportFolder(tmp_path)
    folder.prepare()
    write_reports(run, folder)
    folder.publish()

    assert read_run(tmp_path / "run.json") == run
    assert (tmp_path / "junit.xml").read_bytes().startswith(b"<?xml")


OWN_TEST = """
from moveready.inventory import Server

def test_own(server: Server):
    if server.name.startswith("x001"):
        print("said aloud")
    assert not server.name.startswith("x000"), "it is the first"
"""


@pytest.fixture
def page_of(pytester: pytest.Pytester) -> Callable[[int], str]:
    """The page of a run of plain tests on so many servers; none of them is asked anything."""

    def run(servers: int) -> str:
        names = ", ".join(f"x{number:03d}.contoso.com" for number in range(servers))
        pytester.makefile(
            ".yaml",
            many=f"""
                organization: {{name: contoso.com, exchange: [x000.contoso.com], credential: ticket}}
                defaults: {{credential: ticket}}
                credentials: {{ticket: {{auth: kerberos}}}}
                servers: [{names}]
            """,
        )
        pytester.makepyfile(test_own=OWN_TEST)
        result = pytester.runpytest_subprocess("--inventory=many.yaml", "-q", "test_own.py")
        assert result.ret == 1
        return unescape((pytester.path / "reports" / "report.html").read_text(encoding="utf-8"))

    return run


TELL_KEPT = """
import pytest
from moveready.plugin import SUITE

@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter, config):
    kept = len(terminalreporter.stats.get("", []))
    print(f"kept: {kept} reports, fleet: {'fleet' in vars(config.stash[SUITE])}")
"""


@pytest.mark.parametrize(
    ("args", "kept"),
    [((), "kept: 0 reports, fleet: False"), (("--durations=3",), "kept: 6 reports, fleet: False")],
    ids=["plain", "durations"],
)
def test_what_nobody_needs_any_more_is_let_go(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, args: tuple[str, ...], kept: str
) -> None:
    """Before reports are made: the answers, and the silent reports of setups and teardowns but where they are shown."""
    pytester.makeconftest(TELL_KEPT)
    result = run_checks("--limit=ex01", KB3063913, *args)

    assert kept in result.outlines


@pytest.mark.heavy
def test_page_of_a_large_fleet_lists_what_did_not_pass(page_of: Callable[[int], str]) -> None:
    """And what said something; the rest is counted, and the page tells where it is."""
    page = page_of(PAGE_SERVERS + 1)

    assert set(re.findall(r'"(test_own\.py::[^"]+)": \[', page)) == {
        "test_own.py::test_own[x000.contoso.com]",
        "test_own.py::test_own[x001.contoso.com]",
    }
    assert "1 Failed" in page
    assert f"{PAGE_SERVERS} Passed" in page
    assert "has only what did not pass" in page


def test_page_of_other_fleets_lists_everything(page_of: Callable[[int], str]) -> None:
    """Each server has its row."""
    page = page_of(3)

    assert len(set(re.findall(r'"(test_own\.py::[^"]+)": \[', page))) == 3
    assert "has only what did not pass" not in page
