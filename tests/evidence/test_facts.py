"""What is known of a server is known by subject."""

from __future__ import annotations

from typing import Any

import pytest

from moveready.errors import InternalError, UnreachableError
from moveready.evidence import EWS_DIRECTORY, Facts, Subject
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS, EndpointKind
from tests.builders import KB3063913_SUBJECTS, endpoint_answer, ews_directory, facts_of

SUBJECTS: list[Subject[Any]] = [EWS_DIRECTORY, MRSPROXY_EVENTS, ENDPOINT_ANSWER]
REFUSED = {subject.name: UnreachableError("ex01", subject.name, "refused", "Look.") for subject in SUBJECTS}


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_each_subject_has_its_fact(subject: Subject[Any]) -> None:
    """None is mistaken for another."""
    facts = Facts(REFUSED)

    assert facts.of(subject) is REFUSED[subject.name]
    assert facts.had(subject) is None


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_unasked_is_none(subject: Subject[Any]) -> None:
    """Nobody asked, so nothing is known."""
    assert Facts().of(subject) is None


def test_missing_facts_are_found_by_their_reason() -> None:
    """Whatever else could not be had."""
    facts = Facts({**REFUSED, EWS_DIRECTORY.name: InternalError("ex01", "crash")})

    assert facts.missing(InternalError) == {EWS_DIRECTORY.name}
    assert facts.missing(UnreachableError) == {MRSPROXY_EVENTS.name, ENDPOINT_ANSWER.name}


def test_facts_without_a_subject() -> None:
    """As if nobody had asked."""
    assert Facts(REFUSED).without([MRSPROXY_EVENTS.name]).of(MRSPROXY_EVENTS) is None
    assert Facts(REFUSED).without([MRSPROXY_EVENTS.name]).of(EWS_DIRECTORY) is REFUSED[EWS_DIRECTORY.name]


@pytest.mark.parametrize(
    ("version", "kind"), [("Version 14.3 (Build 123.4)", EndpointKind.ALIVE), ("15.2", EndpointKind.UNPROVEN)]
)
def test_each_fact_is_read_as_the_others_let_it_be_read(version: str, kind: EndpointKind) -> None:
    """What proves an answer of the endpoint depends on the version that the directory gives."""
    seen = endpoint_answer(EndpointKind.OTHER, status=200, logged_in=True, asp_net=True)
    facts = facts_of(ews_directory(enabled=True, version=version), endpoint=seen).refined(KB3063913_SUBJECTS)

    answer = facts.had(ENDPOINT_ANSWER)
    assert answer is not None
    assert answer.kind is kind
