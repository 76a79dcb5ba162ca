"""`--keep-raw`: answers as they came, only where they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.heavy
def test_nothing_is_kept_by_default(run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    """Event texts and headers stay out of the reports."""
    run_checks("--limit=ex01")

    assert not (pytester.path / "reports" / "raw").exists()


def test_answers_are_kept_beside_the_reports(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    """One file for each server and subject, and one for the organization."""
    run_checks("--limit=ex01,ex02", "--keep-raw", "--report-dir=out", KB3063913, *workers)

    assert sorted(file.name for file in (pytester.path / "out" / "raw").iterdir()) == [
        "contoso.com.ews_directory.json",
        "ex01.contoso.com.endpoint_answer.json",
        "ex01.contoso.com.mrsproxy_events.json",
        "ex02.contoso.com.endpoint_answer.json",
        "ex02.contoso.com.mrsproxy_events.json",
    ]


def test_answer_that_cannot_be_kept_is_told_at_the_end(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    """The controls are judged as ever."""
    (pytester.path / "reports").mkdir()
    (pytester.path / "reports" / "raw").write_text("a file", encoding="utf-8")
    result = run_checks("--limit=ex01,ex05", "--keep-raw", *workers)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["--keep-raw: *ex05.contoso.com.endpoint_answer.json was not written: *"])
