"""The findings in a terminal."""

from __future__ import annotations

import pytest

from moveready.doctor.finding import Finding, Result
from moveready.doctor.lines import last_line, line_of


def test_a_long_line_is_broken_between_words_and_indented() -> None:
    """The words start in one column, behind the result."""
    line = line_of(Finding("ex01.contoso.com", Result.PROBLEM, "it does not answer", "Is it up?"), 40)

    assert line.splitlines() == ["problem  ex01.contoso.com: it does not", "         answer. Is it up?"]


@pytest.mark.parametrize(
    ("results", "line"),
    [
        ([Result.GOOD, Result.NOTE], "Result: nothing was found that would stop a run (exit code 0)"),
        ([Result.PROBLEM, Result.GOOD], "Result: 1 problem (exit code 1)"),
        ([Result.PROBLEM, Result.PROBLEM, Result.UNKNOWN], "Result: 2 problems, 1 unknown (exit code 1)"),
        ([Result.UNKNOWN], "Result: 1 unknown (exit code 10)"),
    ],
)
def test_last_line_counts(results: list[Result], line: str) -> None:
    """Problems first."""
    assert last_line([Finding("ex01", result, "so") for result in results]) == line
