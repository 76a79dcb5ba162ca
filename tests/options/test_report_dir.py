"""`--report-dir`: where everything goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

REPORTS = [
    "fleet.html",
    "history.sqlite",
    "junit.xml",
    "mail.html",
    "metrics.prom",
    "report.html",
    "results.csv",
    "run.json",
    "summary.md",
]


@pytest.mark.parametrize("option", [(), ("--report-dir=out/of/the/way",)])
def test_reports_are_written(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, option: tuple[str, ...]
) -> None:
    """Folders are made; `reports` is the default."""
    run_checks("--limit=ex01", *option)
    folder = pytester.path / (option[0].partition("=")[2] if option else "reports")

    assert sorted(file.name for file in folder.glob("[!.]*")) == REPORTS


def test_folder_that_cannot_be_made_is_told_first(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    """Before any server is asked."""
    pytester.makefile("", occupied="a file")
    result = run_checks("--report-dir=occupied/reports")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --report-dir occupied*"])


def test_own_choice_of_html_stands(run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    """pytest-html's own option wins."""
    run_checks("--limit=ex01", "--html=mine.html")

    assert (pytester.path / "mine.html").exists()
    assert not (pytester.path / "reports" / "report.html").exists()


def test_collect_only_writes_nothing(run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    """Looking at what would run leaves earlier reports alone."""
    run_checks("--collect-only")

    assert not (pytester.path / "reports" / "run.json").exists()
