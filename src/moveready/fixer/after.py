"""How a step ended, and what is reported of its server then: the state it is in now, never the one before. Pure.

A repair that was not checked again proves nothing: every control of its server ends as `error`, with the problem, and
with the present value of each setting that was to be changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError
from moveready.findings.outcomes import Result
from moveready.findings.verdicts import Standing, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from moveready.findings.outcomes import Outcome
    from moveready.fixer.plan import Step
    from moveready.fixer.readings import Reading
    from moveready.fixer.verify import Verified


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended.

    Attributes:
        verified: The result of the checks afterwards; None if the step did not get so far.
        problem: Why it did not, in one or two sentences; "" if it did.
        story: What was done, one line each.
        has_begun: Whether anything was done to the server.
        readings: If it was not verified: the present value of each setting, or why it is unknown.
    """

    step: Step
    verified: Verified | None
    problem: str
    story: tuple[str, ...]
    has_begun: bool = True
    readings: Mapping[str, Reading | EvidenceError] = field(default_factory=dict)

    @property
    def is_repaired(self) -> bool:
        """Whether the checks passed."""
        return self.verified is not None and self.verified.is_repaired


def outcomes_after(ending: StepResult, before: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes of the server's controls after its step, each with the story; `before` are those of this run."""
    if ending.verified is not None:
        return tuple(_with_repair(outcome, ending, outcome.result.value) for outcome in ending.verified.outcomes)
    if not ending.has_begun:
        failed = (outcome for outcome in before if outcome.result is Result.FAILED)
        return tuple(replace(outcome, story=(f"left alone: {ending.problem}",)) for outcome in failed)
    return tuple(_with_repair(_unknown(outcome, ending), ending, f"no: {ending.problem}") for outcome in before)


def verdicts_after(ending: StepResult, known: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The verdicts on the server after its step, by KB; `known` are those from before it."""
    if ending.verified is not None:
        fresh = {verdict.kb: verdict for verdict in ending.verified.verdicts}
        return tuple(({verdict.kb: verdict for verdict in known} | fresh).values())
    if not ending.has_begun:
        return known
    return tuple(_unknown_verdict(ending, verdict.kb) for verdict in known)


def _unknown_verdict(ending: StepResult, kb: str) -> Verdict:
    return Verdict(
        kb=kb,
        server=ending.step.server,
        verdict="unknown",
        standing=Standing.UNKNOWN,
        note="not checked since its repair failed",
        next_step="see the error, then check again",
        resolution=sentence_of(ending),
    )


def sentence_of(ending: StepResult) -> str:
    """What is known about a server whose repair failed: each setting with its present value, then what happened."""
    if not ending.readings:
        return f"A repair failed, and what it left behind is unknown: {ending.problem}"
    read = ", ".join(_reading_text(setting, reading) for setting, reading in ending.readings.items())
    return f"{read} after a repair that failed: {ending.problem}"


def _reading_text(setting: str, reading: Reading | EvidenceError) -> str:
    if isinstance(reading, EvidenceError):
        return f"{setting} is unknown ({reading.happened})"
    return f"{setting} of {reading.where} is {reading.value}"


def _unknown(before: Outcome, ending: StepResult) -> Outcome:
    read = [reading for reading in ending.readings.values() if not isinstance(reading, EvidenceError)]
    return replace(
        before,
        result=Result.ERROR,
        sentence=sentence_of(ending),
        resolution="",
        evidence={name: evidence for reading in read for name, evidence in reading.evidence.items()},
        seconds=0.0,
    )


def _with_repair(outcome: Outcome, ending: StepResult, verified: str) -> Outcome:
    return replace(outcome, story=(*ending.story, f"verified: {verified}"))
