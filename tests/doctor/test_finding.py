"""A finding is one line, and all findings come to one exit code."""

from __future__ import annotations

import pytest

from moveready.doctor.finding import Finding, Result, exit_code_of, finding_from
from moveready.errors import CertificateError, DeadlineError, EvidenceError, UnreachableError


def finding(result: Result) -> Finding:
    """One with this result."""
    return Finding("ex01", result, "so it is", "Do it.")


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ("", 0),
        ("ok note", 0),
        ("ok unknown", 10),
        ("unknown problem ok", 1),
    ],
)
def test_exit_code_is_that_of_a_run(results: str, code: int) -> None:
    """A problem stands above what is unknown; a note is nothing."""
    assert exit_code_of([finding(Result(word)) for word in results.split()]) == code


def test_line_says_what_was_looked_at_the_result_and_what_to_do() -> None:
    """In this order."""
    assert str(finding(Result.PROBLEM)) == "problem  ex01: so it is. Do it."


def test_line_is_one_line_and_harmless() -> None:
    """A file may have any name, and a server may say anything."""
    assert str(Finding("a\nb", Result.GOOD, "x\x1b[31m")) == "ok       a b: x�[31m."


@pytest.mark.parametrize(
    ("kind", "result"),
    [(DeadlineError, Result.UNKNOWN), (UnreachableError, Result.PROBLEM), (CertificateError, Result.PROBLEM)],
)
def test_only_a_wait_that_was_too_short_is_unknown(kind: type[EvidenceError], result: Result) -> None:
    """Everything else would be an error of a run, too."""
    assert finding_from(kind("ex01", "HTTPS endpoint", "it is so", "Do it.")).result is result


def test_too_short_a_wait_names_the_doctors_own_option() -> None:
    """A run has other options for it."""
    error = DeadlineError("ex01", "HTTPS endpoint", "said nothing", "Raise --first-answer-timeout to wait longer.")

    assert "--timeout" in finding_from(error).next_step
    assert "--first-answer-timeout" not in finding_from(error).next_step
