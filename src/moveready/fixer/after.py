"""What is reported of a server after its step: the state it is in now, never the one before. Pure.

May import diagnosis, outcomes, and what a step ended with. A repair that was not checked again proves nothing: every
control of its server ends as `error`, with the problem, and with the flag as it reads now.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError
from moveready.evidence import EWS_DIRECTORY
from moveready.findings.outcomes import Result
from moveready.findings.verdicts import Standing, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moveready.findings.outcomes import Outcome
    from moveready.fixer.rolling import Ending


def outcomes_after(ending: Ending, before: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes of the server's controls after its step, each with the story; `before` are those of this run."""
    if ending.verified is not None:
        return tuple(_told(outcome, ending, outcome.result.value) for outcome in ending.verified.outcomes)
    if not ending.has_begun:
        failed = (outcome for outcome in before if outcome.result is Result.FAILED)
        return tuple(replace(outcome, story=(f"left alone: {ending.problem}",)) for outcome in failed)
    return tuple(_told(_unknown(outcome, ending), ending, f"no: {ending.problem}") for outcome in before)


def verdict_after(ending: Ending, known: Verdict | None) -> Verdict | None:
    """What is the matter with the server after its step; `known` is what was before it, if its KB was asked."""
    if ending.verified is not None:
        return ending.verified.verdict or known
    if not ending.has_begun:
        return known
    return Verdict(
        kb=ending.step.kb,
        server=ending.step.server,
        verdict="unknown",
        standing=Standing.UNKNOWN,
        note="not checked since its repair failed",
        next_step="see the error, then check again",
        resolution=sentence_of(ending),
    )


def sentence_of(ending: Ending) -> str:
    """What is known of a server whose repair failed: the flag, then what happened."""
    if isinstance(ending.flag, EvidenceError):
        return f"A repair failed, and whether MRSProxy is on is unknown ({ending.flag.happened}): {ending.problem}"
    if ending.flag is None:
        return f"A repair failed, and whether MRSProxy is on is unknown: {ending.problem}"
    return (
        f"MRSProxyEnabled of {ending.flag.identity} is {ending.flag.mrsproxy_enabled} after a repair that failed:"
        f" {ending.problem}"
    )


def _unknown(before: Outcome, ending: Ending) -> Outcome:
    was_read = ending.flag is not None and not isinstance(ending.flag, EvidenceError)
    return replace(
        before,
        result=Result.ERROR,
        sentence=sentence_of(ending),
        resolution="",
        evidence={EWS_DIRECTORY.name: ending.flag} if was_read else {},
        seconds=0.0,
    )


def _told(outcome: Outcome, ending: Ending, verified: str) -> Outcome:
    return replace(outcome, story=(*ending.story, f"verified: {verified}"))
