"""From the end of a test to an outcome: what a control says about a server. Pure.

A rule that is broken is a failure. Everything else that ends a check is an error, and its sentence says whose: the
server's or the way to it, moveready's own, or the check's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from moveready.cleaning import cleaned
from moveready.crashes import crash_report, is_own, place_in
from moveready.errors import InternalError, MovereadyError
from moveready.evidence import Missing
from moveready.findings.kb import kb_named
from moveready.findings.outcomes import MissingFact, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from moveready.evidence import Facts, Subject
    from moveready.findings.controls import Control
    from moveready.inventory import Server

BROKEN_RULE = (AssertionError, pytest.fail.Exception)
"""What a check raises where a server breaks its rule."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One control on one server, as its test ended; `file` is that of the check.

    `seconds` and `asked_at` are those of its questions. `in_setup` says that the check itself was never called: then
    nothing was judged, whatever was raised.
    """

    control: Control
    server: Server
    error: BaseException | None
    seconds: float
    file: str = ""
    in_setup: bool = False
    asked_at: datetime | None = None

    @property
    def is_accounted_for(self) -> bool:
        """Whether the error, if any, has words for people."""
        return self.error is None or isinstance(self.error, (*BROKEN_RULE, MovereadyError))

    @property
    def shown_error(self) -> BaseException | None:
        """The error; where moveready itself failed, as the error that says so."""
        if self.error is None or self.is_accounted_for or not is_own(self.error, self.file):
            return self.error
        return InternalError(self.server.name, crash_report(self.error))


def outcome_of(judged: CheckResult, facts: Facts, subjects: Collection[Subject[Any]]) -> Outcome:
    """The outcome; `subjects` is the evidence that the check asked for."""
    error = judged.shown_error
    result = _result_of(error, in_setup=judged.in_setup)
    return Outcome(
        control=judged.control.id,
        title=judged.control.title,
        severity=judged.control.severity,
        source=judged.control.source,
        server=judged.server.name,
        result=result,
        sentence=_sentence_of(error, judged.file),
        resolution=_resolution_of(judged, facts, subjects) if result is Result.FAILED else "",
        evidence=_evidence_in(facts, subjects),
        seconds=round(judged.seconds, 3),
        remedy=judged.control.remedy,
        crash=error.crash if isinstance(error, InternalError) else "",
        asked_at=judged.asked_at,
        missing=_missing_in(facts, subjects),
    )


def unjudged_outcome(control: Control, server: str, sentence: str) -> Outcome:
    """The outcome of a control that could not be judged, as nobody ran it to its end."""
    return Outcome(
        control=control.id,
        title=control.title,
        severity=control.severity,
        source=control.source,
        server=server,
        result=Result.ERROR,
        sentence=sentence,
        resolution="",
        evidence={},
        seconds=0.0,
        remedy=control.remedy,
    )


def waived_sentence(outcome: Outcome) -> str:
    """That it is waived, until when and why; then the finding itself."""
    waiver = outcome.waiver
    if waiver is None:
        return outcome.sentence
    by = "".join(f", {what}" for what in (waiver.ticket, waiver.approved_by and f"by {waiver.approved_by}") if what)
    return cleaned(f"waived until {waiver.until}: {waiver.reason}{by}. The finding: {outcome.sentence}")


def text_of(outcome: Outcome) -> str:
    """What a person reads about a finding: the sentence, then what repairs it, then the source."""
    lines = [outcome.sentence]
    if outcome.resolution:
        first, *rest = outcome.resolution.splitlines()
        lines += [f"Repair: {first}", *(f"        {line}" for line in rest)]
    return cleaned("\n".join([*lines, f"Source: {outcome.source}"]))


def _result_of(error: BaseException | None, *, in_setup: bool) -> Result:
    if error is None:
        return Result.PASSED
    return Result.FAILED if isinstance(error, BROKEN_RULE) and not in_setup else Result.ERROR


def _sentence_of(error: BaseException | None, file: str) -> str:
    if error is None:
        return ""
    if isinstance(error, (*BROKEN_RULE, MovereadyError)):
        # pytest puts its own explanation of the comparison under the sentence.
        return cleaned(str(error).partition("\nassert ")[0].strip())
    return f"the check itself failed ({place_in(error, file)}); this says nothing about the server. Correct the check."


def _resolution_of(judged: CheckResult, facts: Facts, subjects: Collection[Subject[Any]]) -> str:
    """For a control of the KB, what repairs the evidence that it judged; for any other, its own words and no more."""
    own = judged.control.resolution_for(judged.server)
    kb = kb_named(judged.control.kb)
    if kb is None:
        return own
    return next(filter(None, kb.repairs(subjects, judged.server, facts)), own)


def _evidence_in(facts: Facts, subjects: Collection[Subject[Any]]) -> dict[str, object]:
    """What the check judged, in the order of the names; nothing for what could not be had."""
    found = {subject.name: facts.had(subject) for subject in subjects}
    return {name: evidence for name, evidence in sorted(found.items()) if evidence is not None}


def _missing_in(facts: Facts, subjects: Collection[Subject[Any]]) -> dict[str, MissingFact]:
    """Why the rest could not be had, so that a replay fails as this run did."""
    found = {subject.name: facts.of(subject) for subject in subjects}
    return {
        name: MissingFact(type(fact).__name__, tuple(map(str, fact.args)))
        for name, fact in sorted(found.items())
        if isinstance(fact, Missing)
    }
