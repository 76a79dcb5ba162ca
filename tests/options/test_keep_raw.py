"""`--keep-raw`: answers as they came, only where they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def test_nothing_is_kept_by_default(run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    """Event texts and headers stay out of the reports."""
    run_checks("--limit=ex01")

    assert not (pytester.path / "reports" / "raw").exists()


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two"])
def test_answers_are_kept_beside_the_reports(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    """One file for each server and subject, and one for the organization."""
    run_checks("--limit=ex01,ex02", "--keep-raw", "--report-dir=out", *workers)

    assert sorted(file.name for file in (pytester.path / "out" / "raw").iterdir()) == [
        "contoso.com.directory.json",
        "ex01.contoso.com.endpoint.json",
        "ex01.contoso.com.events.json",
        "ex02.contoso.com.endpoint.json",
        "ex02.contoso.com.events.json",
    ]
