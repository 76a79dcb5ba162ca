"""What becomes of outcomes: exit codes, and the files.

The options are tested in tests/options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.outcomes import PlainTest, Result, Run, read_run
from moveready.results import exit_code, write_reports

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class Ended:
    """A run that only counts."""

    def __init__(self, *results: Result, plain: str = "passed") -> None:
        """So many outcomes, and one plain test."""
        self.results = results
        self.plain_tests = (PlainTest("test_mine", plain, "", 0.0),)

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


def test_files_are_written(tmp_path: Path, noon: datetime) -> None:
    """Both can be read back."""
    run = Run("contoso", "prod.yaml", noon, noon, (), ())
    write_reports(run, tmp_path)

    assert read_run(tmp_path / "run.json") == run
    assert (tmp_path / "junit.xml").read_bytes().startswith(b"<?xml")
