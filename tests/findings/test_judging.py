"""How a test ended becomes an outcome: passed, failed, or an error whose sentence says whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import InternalError, UnreachableError
from moveready.evidence import EWS_DIRECTORY
from moveready.findings.judging import text_of
from moveready.findings.outcomes import Outcome, Result
from moveready.inventory import Phase
from moveready.kb.kb3063913 import KB
from tests.builders import ews_directory, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.evidence import Facts

REFUSED = UnreachableError("ex01.contoso.com", "Exchange endpoint", "refused", "Look.")


def test_no_error_is_passed(judge: Callable[..., Outcome]) -> None:
    """There is nothing to say about it."""
    outcome = judge(None)

    assert (outcome.result, outcome.sentence, outcome.resolution) == (Result.PASSED, "", "")


def test_broken_rule_is_failed(judge: Callable[..., Outcome]) -> None:
    """The check's sentence counts, without pytest's explanation of the comparison."""
    outcome = judge(AssertionError("It is off.\nassert False == True\n + where"))

    assert (outcome.result, outcome.sentence) == (Result.FAILED, "It is off.")


def test_missing_evidence_is_an_error(judge: Callable[..., Outcome]) -> None:
    """Never a failure; it tells the server, the channel, what happened and what to do."""
    outcome = judge(REFUSED, known=facts_of(REFUSED))

    assert (outcome.result, outcome.resolution) == (Result.ERROR, "")
    assert outcome.sentence == "ex01.contoso.com, Exchange endpoint: refused. Look."


def test_check_that_breaks_is_an_error(judge: Callable[..., Outcome]) -> None:
    """A fault of the check is no finding about the server, and none of moveready; no name of Python is told."""
    outcome = judge(KeyError("x"))

    assert (outcome.result, outcome.crash) == (Result.ERROR, "")
    assert outcome.sentence == (
        "the check itself failed (test_own.py); this says nothing about the server. Correct the check."
    )


def test_failure_of_our_own_is_told_as_ours(judge: Callable[..., Outcome]) -> None:
    """Where code of moveready raised it; the sentence is for people, the rest for whoever repairs it."""
    outcome = judge(InternalError("ex01.contoso.com", "KeyError: 'x' at fleet.py:9 in wait"))

    assert (outcome.result, outcome.crash) == (Result.ERROR, "KeyError: 'x' at fleet.py:9 in wait")
    assert "KeyError" not in outcome.sentence
    assert outcome.sentence.startswith("ex01.contoso.com: moveready itself failed here")


def test_failure_in_our_code_is_ours(judge: Callable[..., Outcome]) -> None:
    """Whatever our code raises that it does not account for."""
    with pytest.raises(AttributeError) as raised:
        KB.verdict_on(None, facts_of(ews_directory(enabled=True)))  # type: ignore[arg-type] # wrong on purpose
    outcome = judge(raised.value)

    assert outcome.crash.startswith("AttributeError: ")
    assert "verdicts.py:" in outcome.crash


def test_own_resolution_stands_where_the_diagnosis_has_no_commands(judge: Callable[..., Outcome]) -> None:
    """Half the evidence gives no diagnosis."""
    assert judge(AssertionError("Off."), "Set {netbios}").resolution == "Set EX01"


def test_commands_of_the_diagnosis_come_first(judge: Callable[..., Outcome], facts: Facts) -> None:
    """The whole picture of the server knows better than one control."""
    opened = facts_of(ews_directory(enabled=True))

    assert "$false" in judge(AssertionError("On."), "Set it", opened, phase=Phase.IDLE).resolution


@pytest.mark.parametrize("control", ["KB1-1", "CONTOSO-1", "KB30639131-1", "KB3063913-house-1"])
@pytest.mark.parametrize("own", ["", "Ask the owner."])
def test_commands_of_the_kb_never_stand_under_another_control(
    judge: Callable[..., Outcome], control: str, own: str
) -> None:
    """`iisreset` as advice on a finding that has nothing to do with MRSProxy would be an outage by our word."""
    opened = facts_of(ews_directory(enabled=True))

    assert judge(AssertionError("Bad."), own, opened, control, phase=Phase.IDLE).resolution == own


def test_evidence_is_what_the_check_asked_for(judge: Callable[..., Outcome], facts: Facts) -> None:
    """Of the other subjects nothing is kept beside this control."""
    evidence = judge(None).evidence

    assert evidence == {EWS_DIRECTORY.name: facts.of(EWS_DIRECTORY)}


def test_no_evidence_is_kept_where_there_was_none(judge: Callable[..., Outcome]) -> None:
    """The sentence tells why."""
    assert judge(REFUSED, known=facts_of(REFUSED)).evidence == {}


def test_text_of_a_finding(judge: Callable[..., Outcome]) -> None:
    """Sentence, commands one below the other, source."""
    text = text_of(judge(AssertionError("It is off."), "first\nsecond"))

    assert text == "It is off.\nRepair: first\n        second\nSource: https://kb"


def test_text_of_an_error_names_no_repair(judge: Callable[..., Outcome]) -> None:
    """Nothing is known to be broken."""
    assert "Repair" not in text_of(judge(REFUSED))
