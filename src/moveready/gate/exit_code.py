"""The exit code of a run out of its findings, and a few words for it. Pure.

What could not be evaluated is never a pass: it has a code of its own, so that a pipeline may warn or fail.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from moveready.findings.controls import Severity
from moveready.findings.outcomes import Result, WaiverState
from moveready.reporting.words import NOBODY_KNOWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run

PASSED = 0
FINDINGS = 1
OWN_FAILURE = 3
NOT_EVALUATED = 10
WAIVER_IS_DUE = 12

_DUE = {WaiverState.EXPIRED: "a waiver has expired", WaiverState.NOT_NEEDED: "a waiver is no longer needed"}
_FIXED_WORDS = {
    2: "the run was interrupted",
    4: "wrong usage",
    5: "no check was run",
    6: "too many warnings",
    13: "a repair did not succeed",
}


class FailOn(Enum):
    """From which findings on a run fails; without the option, any finding fails it.

    Members:
        ERROR: Any finding, and what could not be evaluated counts as one.
        HIGH: Findings of severity high and critical.
        CRITICAL: Findings of severity critical.
        NEVER: None, for a scheduled report that people read; an incomplete run fails all the same.
    """

    ERROR = "error"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"


_LEAST_SEVERITY = {FailOn.HIGH: Severity.HIGH, FailOn.CRITICAL: Severity.CRITICAL}


def exit_code_for(run: Run, fail_on: FailOn | None, *, fail_on_unknown: bool) -> int:
    """The exit code of a run that pytest itself ended with 0 or 1.

    Where unlisted servers count and Exchange did not say which servers it has, something could not be evaluated.

    Args:
        run: The run.
        fail_on: From which findings on it fails; None for any finding.
        fail_on_unknown: Whether what could not be evaluated fails the run, too: 1 and not 10.
    """
    if run.crashes:
        return OWN_FAILURE
    of_unknown = FINDINGS if fail_on_unknown or fail_on is FailOn.ERROR else NOT_EVALUATED
    if fail_on is FailOn.NEVER:
        return PASSED if run.complete and not _has_broken_files(run) else of_unknown
    if _has_findings(run, fail_on) or run.unlisted_findings:
        return FINDINGS
    if _unevaluated(run) or run.unlisted_findings is None:
        return of_unknown
    return WAIVER_IS_DUE if _due_waivers(run) else PASSED


def explanation_of(code: int, run: Run) -> str:
    """The code in a few words, such as `exit 1: findings`."""
    words = _WORDS[code](run) if code in _WORDS else _FIXED_WORDS.get(code, "another exit code")
    return f"exit {code}: {words}"


def _has_findings(run: Run, fail_on: FailOn | None) -> bool:
    least = _LEAST_SEVERITY.get(fail_on, Severity.LOW) if fail_on else Severity.LOW
    failed = (outcome.severity for outcome in run.outcomes if outcome.result is Result.FAILED)
    return _has_failed_tests(run) or any(severity.rank <= least.rank for severity in failed)


def _unevaluated(run: Run) -> str:
    """What could not be evaluated, in words; "" where everything could be."""
    if not run.complete:
        return "the run is incomplete"
    return "some servers could not be evaluated" if run.count(Result.ERROR) else ""


def _has_failed_tests(run: Run) -> bool:
    """Whether a test without a control failed; it has no severity, so that it counts as the worst."""
    return any(test.has_failed for test in run.plain_tests)


def _has_broken_files(run: Run) -> bool:
    """Whether a file of checks could not be collected: nobody knows what it would have found."""
    return any(test.result == "error" and "::" not in test.nodeid for test in run.plain_tests)


def _due_waivers(run: Run) -> str:
    """What is to be done about waivers, in words; "" where nothing is."""
    states = {use.state for use in run.waivers}
    return ", ".join(words for state, words in _DUE.items() if state in states)


def _of_a_pass(run: Run) -> str:
    """A threshold may have left something out, and that is said."""
    if run.count(Result.FAILED) or _has_failed_tests(run):
        return "--fail-on does not count the findings"
    return (
        f"{unevaluated}, which --fail-on=never does not count" if (unevaluated := _unevaluated(run)) else "no findings"
    )


def _of_findings(run: Run) -> str:
    found = {
        "findings": run.count(Result.FAILED) > 0,
        "failed tests without a control": _has_failed_tests(run),
        (unevaluated := _unevaluated(run)): bool(unevaluated),
        _of_unlisted(run): bool(run.unlisted_findings),
    }
    return ", ".join(words for words, is_so in found.items() if is_so) or _of_unlisted(run)


def _of_own_failure(run: Run) -> str:
    return "moveready itself failed" if run.crashes else "an internal error, or reports that could not be written"


def _of_unknown(run: Run) -> str:
    return _unevaluated(run) or _of_unlisted(run)


def _of_unlisted(run: Run) -> str:
    return "servers that are not in the inventory" if run.unlisted else NOBODY_KNOWS[:-1]


_WORDS: dict[int, Callable[[Run], str]] = {
    PASSED: _of_a_pass,
    FINDINGS: _of_findings,
    OWN_FAILURE: _of_own_failure,
    NOT_EVALUATED: _of_unknown,
    WAIVER_IS_DUE: _due_waivers,
}
