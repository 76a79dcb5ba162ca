"""What is reported of a server after its step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moveready.errors import UnreachableError
from moveready.findings.controls import Severity
from moveready.findings.outcomes import Outcome, Result
from moveready.findings.verdicts import Standing
from moveready.fixer.after import StepResult, outcomes_after, sentence_of, verdicts_after
from moveready.fixer.readings import Reading
from moveready.fixer.verify import Verified
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.builders import ews_directory, verdict_of

if TYPE_CHECKING:
    from tests.fixer.conftest import Kit

EX01 = "ex01.contoso.com"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FLAG = ews_directory(enabled=False)
READING = Reading(where=FLAG.identity, value=False, evidence={"ews_directory": FLAG})
UNREAD = UnreachableError(EX01, "Exchange endpoint", "nobody answers", "Look.")
KNOWN = verdict_of(Conclusion.READY)
OTHER = replace(KNOWN, kb="OWN", verdict="fine")


def outcome(control: str, result: Result) -> Outcome:
    """One of the server's controls."""
    return Outcome(control, "T", Severity.HIGH, "s", EX01, result, "was wrong", "Set-X", {}, 1.0)


BEFORE = (outcome("KB-1", Result.PASSED), outcome("KB-2", Result.FAILED))


def test_what_was_verified_is_told_with_its_story(kit: Kit) -> None:
    """Its own outcomes and diagnosis, and nothing of before."""
    ending = StepResult(
        kit.step("enable"), Verified((outcome("KB-2", Result.PASSED),), (KNOWN,)), "", ("12:00 iisreset",)
    )
    (after,) = outcomes_after(ending, BEFORE)

    assert (after.word, after.story) == ("fixed", ("12:00 iisreset", "verified: passed"))
    assert verdicts_after(ending, (OTHER, verdict_of(Conclusion.STALE))) == (OTHER, KNOWN)


def test_what_was_not_verified_is_unknown(kit: Kit) -> None:
    """A control that had passed as well: the flag may be another by now."""
    ending = StepResult(
        kit.step("enable"), None, "it broke.", ("12:00 iisreset",), readings={"MRSProxyEnabled": READING}
    )
    after = outcomes_after(ending, BEFORE)

    assert [(found.control, found.word) for found in after] == [("KB-1", "error"), ("KB-2", "error")]
    assert [(found.evidence, found.resolution) for found in after] == [({"ews_directory": FLAG}, "")] * len(after)
    assert {found.sentence for found in after} == {
        r"MRSProxyEnabled of EX01\EWS (Default Web Site) is False after a repair that failed: it broke."
    }
    assert {found.story for found in after} == {("12:00 iisreset", "verified: no: it broke.")}
    assert [(after_it.kb, after_it.standing) for after_it in verdicts_after(ending, (KNOWN, OTHER))] == [
        ("KB3063913", Standing.UNKNOWN),
        ("OWN", Standing.UNKNOWN),
    ]


def test_a_flag_that_cannot_be_read_is_said_to_be_unknown(kit: Kit) -> None:
    """With the reason, where there is one."""
    unread = StepResult(kit.step("enable"), None, "P.", (), readings={"MRSProxyEnabled": UNREAD})

    assert sentence_of(unread) == "MRSProxyEnabled is unknown (nobody answers) after a repair that failed: P."
    assert sentence_of(StepResult(kit.step("enable"), None, "P.", ())) == (
        "A repair failed, and what it left behind is unknown: P."
    )


def test_a_server_that_was_not_touched_keeps_its_findings(kit: Kit) -> None:
    """What is not true any more is not said; why it was left alone is."""
    ending = StepResult(kit.step("enable"), None, "somebody changed it.", (), has_begun=False)
    (after,) = outcomes_after(ending, BEFORE)

    assert (after.control, after.word, after.sentence) == ("KB-2", "failed", "was wrong")
    assert after.story == ("left alone: somebody changed it.",)
    assert verdicts_after(ending, (KNOWN,)) == (KNOWN,)
