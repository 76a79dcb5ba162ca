"""One visit asks a server for all that is wanted: one session and one HTTPS endpoint, each question by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import AuthenticationError, InternalError, MissingCommandError
from moveready.evidence import Scope
from moveready.evidence.questions import Cmdlet, Pipeline, Request
from moveready.evidence.workers import ASK_WORKERS
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS
from moveready.lab.faults import Fault, FaultKind
from tests.builders import wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.lab.server import Lab

    Subjects = Callable[..., Any]

EX01 = "ex01.contoso.com"
UNKNOWN = Pipeline.of(Cmdlet("Get Nonsense"))
SERVICE = Pipeline.of(Cmdlet("Get-Service", Name=("W3SVC",)))


def test_all_subjects_share_one_session(lab_with: Subjects, asked_each: Subjects, collecting: Subjects) -> None:
    """Equal questions are asked once."""
    lab: Lab = lab_with()
    own = [asked_each(name, Scope.WINDOWS, ASK_WORKERS, SERVICE) for name in ("first", "second")]
    with collecting(lab) as (collector, inventory):
        collector.gather(wanted(inventory.servers, MRSPROXY_EVENTS, *own))
        found = [collector.evidence_of(subject, inventory.servers[0]) for subject in (MRSPROXY_EVENTS, *own)]
        cost = collector.costs()[EX01]

    assert [[answer.question for answer in seen.answers] for seen in found[1:]] == [
        [str(ASK_WORKERS), str(SERVICE)]
    ] * 2
    assert (len(lab.log.logins()), len(lab.log.commands())) == (1, 4)
    assert (cost.sessions, cost.requests) == (1, lab.log.requests())


def test_a_request_without_a_login_sends_no_credential(
    lab_with: Subjects, asked_each: Subjects, collecting: Subjects
) -> None:
    """It is answered even where the login of another request is refused."""
    lab: Lab = lab_with(endpoint="401")
    anonymous = asked_each("anonymous", Scope.HTTPS, Request("/EWS/mrsproxy.svc", logs_in=False))
    authenticated = asked_each("authenticated", Scope.HTTPS, Request("/EWS/mrsproxy.svc"))
    with collecting(lab) as (collector, inventory):
        collector.gather(wanted(inventory.servers, authenticated, anonymous))
        (answer,) = collector.evidence_of(anonymous, inventory.servers[0]).answers
        (refused,) = collector.evidence_of(authenticated, inventory.servers[0]).answers

    assert (answer.status, answer.logged_in, answer.headers["www-authenticate"]) == (401, False, "Negotiate, NTLM")
    assert refused.status == 401
    entries = lab.log.entries(channel="https")
    assert not entries[0].user


def test_a_refused_question_fails_its_own_subject(
    lab_with: Subjects, asked_each: Subjects, collecting: Subjects
) -> None:
    """The others are answered, in the same session."""
    lab: Lab = lab_with()
    refused = asked_each("refused", Scope.WINDOWS, UNKNOWN)
    with collecting(lab) as (collector, inventory):
        collector.gather(wanted(inventory.servers, refused, MRSPROXY_EVENTS))
        assert collector.evidence_of(MRSPROXY_EVENTS, inventory.servers[0]).live == ()
        with pytest.raises(MissingCommandError, match="Get Nonsense"):
            collector.evidence_of(refused, inventory.servers[0])

    assert len(lab.log.logins()) == 1


def test_each_request_is_made_once(lab_with: Subjects, asked_each: Subjects, collecting: Subjects) -> None:
    """Whoever needs its answer."""
    lab: Lab = lab_with()
    health = Request("/EWS/healthcheck.htm")
    own = [asked_each(name, Scope.HTTPS, health) for name in ("first", "second")]
    with collecting(lab) as (collector, inventory):
        collector.gather(wanted(inventory.servers, ENDPOINT_ANSWER, *own))
        found = [collector.evidence_of(subject, inventory.servers[0]) for subject in (ENDPOINT_ANSWER, *own)]

    assert [seen.answers[0].status for seen in found[1:]] == [200, 200]
    assert len({entry.what for entry in lab.log.entries(channel="https")}) == 2


def test_a_refused_login_is_not_tried_again_for_another_request(
    lab_with: Subjects, asked_each: Subjects, collecting: Subjects
) -> None:
    """It would be refused again, and count towards a lockout."""
    lab: Lab = lab_with()
    lab.inject(EX01, "https", Fault(FaultKind.UNAUTHORIZED))
    other = asked_each("other", Scope.HTTPS, Request("/EWS/Exchange.asmx"))
    with collecting(lab) as (collector, inventory):
        collector.gather(wanted(inventory.servers, ENDPOINT_ANSWER, other))
        assert collector.wait(30).is_over
        first = lab.log.requests()
        assert collector.evidence_of(ENDPOINT_ANSWER, inventory.servers[0]).status == 401
        with pytest.raises(AuthenticationError, match="not sent again for another request"):
            collector.evidence_of(other, inventory.servers[0])
    assert lab.log.requests() == first


def test_a_request_that_disturbs_nothing_does_not_wait(
    lab_with: Subjects, asked_each: Subjects, collecting: Subjects
) -> None:
    """Only what is declared to come after the log waits for it."""
    lab: Lab = lab_with()
    lab.inject(EX01, "windows", Fault(FaultKind.HANG))
    health = asked_each("health", Scope.HTTPS, Request("/EWS/healthcheck.htm"))
    with collecting(lab, seconds=60, first_answer_timeout=60) as (collector, inventory):
        collector.gather(wanted(inventory.servers, MRSPROXY_EVENTS, health))
        assert collector.evidence_of(health, inventory.servers[0]).answers[0].status == 200
        assert not collector.wait(0).is_over


def test_a_subject_that_cannot_even_ask_is_our_failure(
    lab_with: Subjects, asked_each: Subjects, collecting: Subjects
) -> None:
    """Or that of whoever wrote it; its neighbours have their answers."""
    lab: Lab = lab_with()
    whole = asked_each("broken", Scope.WINDOWS)
    broken = replace(whole, ask=lambda *_: 1 // 0)
    with collecting(lab) as (collector, inventory):
        collector.gather(wanted(inventory.servers, broken, MRSPROXY_EVENTS))
        assert collector.evidence_of(MRSPROXY_EVENTS, inventory.servers[0]).live == ()
        with pytest.raises(InternalError) as caught:
            collector.evidence_of(broken, inventory.servers[0])
    assert caught.value.crash.startswith("ZeroDivisionError")
