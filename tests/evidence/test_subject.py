"""A subject is declared once, and found by its name; facts on a server are known by subject."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from moveready.errors import InternalError, UnreachableError
from moveready.evidence import EWS_DIRECTORY, Facts, Scope, ServerSubject, Subject, declare, declared
from moveready.evidence.questions import Channel
from moveready.evidence.subject import subjects_named
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS, EndpointKind
from tests.builders import KB3063913_SUBJECTS, endpoint_answer, ews_directory, facts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Evidence of another module."""


def test_subjects_are_found_among_the_arguments_of_a_check() -> None:
    """Other arguments are none."""
    assert subjects_named(["server", "endpoint_answer", "tmp_path"]) == (ENDPOINT_ANSWER,)
    assert subjects_named([subject.name for subject in declared()]) == declared()
    assert subjects_named([]) == ()


def test_two_subjects_of_one_name_are_refused() -> None:
    """The first one stays."""
    second: ServerSubject[Any] = ServerSubject(
        name="ews_directory", type=Other, scope=Scope.HTTPS, ask=lambda *_: (), read=lambda *_: Other()
    )

    with pytest.raises(ValueError, match=r"there is a subject `ews_directory` already: .*\.EwsDirectory$"):
        declare(second)
    assert EWS_DIRECTORY in declared()


def test_module_that_is_imported_anew_declares_anew() -> None:
    """As pytest does it with a file of checks, in one process."""
    again = declare(replace(MRSPROXY_EVENTS))
    try:
        assert subjects_named(["mrsproxy_events"]) == (again,)
    finally:
        declare(MRSPROXY_EVENTS)


@pytest.mark.parametrize(
    ("scope", "channel"),
    [
        (Scope.ORGANIZATION, Channel.EXCHANGE),
        (Scope.EXCHANGE, Channel.EXCHANGE),
        (Scope.WINDOWS, Channel.WINDOWS),
        (Scope.HTTPS, Channel.HTTPS),
    ],
)
def test_each_scope_has_its_channel(scope: Scope, channel: Channel) -> None:
    """It is what people read in errors."""
    assert scope.channel is channel


def test_evidence_is_read_back_from_plain_data() -> None:
    """And stays itself where it is evidence already."""
    found = ews_directory(enabled=True)
    plain = {name: getattr(found, name) for name in found.__dataclass_fields__} | {"asked_at": "2026-03-02T12:00:00Z"}

    assert EWS_DIRECTORY.evidence_from(found) is EWS_DIRECTORY.usable(found) is found
    assert EWS_DIRECTORY.evidence_from(plain) == found


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
