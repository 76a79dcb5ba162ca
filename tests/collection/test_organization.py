"""One Exchange session asks all that is asked through it, and each question by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import InternalError, MissingCommandError, UnreachableError
from moveready.evidence import EWS_DIRECTORY, Scope
from moveready.evidence.directory import ASK_WHOLE_DIRECTORIES
from moveready.evidence.questions import Cmdlet, Pipeline
from moveready.lab.faults import Fault, FaultKind
from tests.builders import wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.lab.server import Lab

    Subjects = Callable[..., Any]

EX01, EX02 = "ex01.contoso.com", "ex02.contoso.com"
UNKNOWN = Pipeline.of(Cmdlet("Get Nonsense"))


def state_of(server: str) -> Pipeline:
    """A question about one server, through Exchange."""
    return Pipeline.of(Cmdlet("Get-ServerComponentState", Identity=server, Component="EwsProxy"))


def test_all_questions_share_one_session(six: Lab, asked_once: Subjects, collecting: Subjects) -> None:
    """Equal ones are asked once, whoever needs the answer."""
    whole = [asked_once(name, ASK_WHOLE_DIRECTORIES) for name in ("first", "second")]
    with collecting(six) as (collector, inventory):
        collector.gather(wanted(inventory.servers, EWS_DIRECTORY, *whole))
        found = [collector.evidence_of(subject, inventory.servers[5]) for subject in (EWS_DIRECTORY, *whole)]

    assert [len(seen.answers[0].objects) for seen in found[1:]] == [6, 6]
    assert len(six.log.logins()) == len(six.log.entries(kind="create-shell")) == 1
    assert len(six.log.commands()) == 2


def test_all_servers_of_the_organization_are_seen(six: Lab, collecting: Subjects) -> None:
    """Though a single one was asked for."""
    with collecting(six) as (collector, inventory):
        collector.evidence_of(EWS_DIRECTORY, inventory.servers[0])

        assert collector.seen() == {server.name for server in inventory.servers}


def test_questions_about_each_server_ride_in_the_same_session(
    six: Lab, asked_each: Subjects, collecting: Subjects
) -> None:
    """However many servers there are."""
    subject = asked_each("component", Scope.EXCHANGE)
    subject = replace(subject, ask=lambda server, _: (state_of(server.name),))
    with collecting(six) as (collector, inventory):
        collector.gather(wanted(inventory.servers, EWS_DIRECTORY, subject))
        seen = [collector.evidence_of(subject, server).answers[0] for server in inventory.servers]

    assert [answer.question for answer in seen] == [str(state_of(server.name)) for server in inventory.servers]
    assert (len(six.log.logins()), len(six.log.commands())) == (1, 7)


def test_a_refused_question_fails_its_own_subject(six: Lab, asked_once: Subjects, collecting: Subjects) -> None:
    """Every host is asked for what is still open, and for nothing else."""
    refused = asked_once("refused", ASK_WHOLE_DIRECTORIES, UNKNOWN)
    with collecting(six) as (collector, inventory):
        collector.gather(wanted(inventory.servers, EWS_DIRECTORY, refused))
        assert collector.evidence_of(EWS_DIRECTORY, inventory.servers[0]).mrsproxy_enabled
        with pytest.raises(MissingCommandError, match=f"Get Nonsense.*before that, {EX01}: "):
            collector.evidence_of(refused, inventory.servers[0])

    assert six.log.commands().count(str(ASK_WHOLE_DIRECTORIES)) == 1
    assert six.log.commands().count(str(UNKNOWN)) == len(inventory.organization.exchange) > 1


def test_what_a_failing_host_has_answered_is_not_asked_again(
    six: Lab, asked_once: Subjects, collecting: Subjects
) -> None:
    """The next one is asked for the rest."""
    six.inject(EX01, "exchange", Fault(FaultKind.DROP, command=str(ASK_WHOLE_DIRECTORIES)))
    whole = asked_once("whole", ASK_WHOLE_DIRECTORIES)
    with collecting(six) as (collector, inventory):
        collector.gather(wanted(inventory.servers[:1], EWS_DIRECTORY))
        collector.gather(wanted(inventory.servers[1:2], EWS_DIRECTORY, whole))
        seen = collector.evidence_of(whole, inventory.servers[1])

    assert seen.answers[0].server == EX02


def test_where_no_host_is_left_each_question_has_the_reason(
    lab_with: Subjects, asked_once: Subjects, collecting: Subjects
) -> None:
    """In an error of its own."""
    lab = lab_with({"name": EX01, "down": "all"})
    whole = asked_once("whole", ASK_WHOLE_DIRECTORIES)
    with collecting(lab) as (collector, inventory):
        collector.gather(wanted(inventory.servers, EWS_DIRECTORY, whole))
        for subject in (EWS_DIRECTORY, whole):
            with pytest.raises(UnreachableError):
                collector.evidence_of(subject, inventory.servers[0])


def test_a_subject_that_cannot_even_ask_is_our_failure(six: Lab, asked_once: Subjects, collecting: Subjects) -> None:
    """Or that of whoever wrote it; its neighbours have their answers."""
    whole = asked_once("broken")
    broken = replace(whole, ask=lambda _: 1 // 0)
    with collecting(six) as (collector, inventory):
        collector.gather(wanted(inventory.servers, broken, EWS_DIRECTORY))
        assert collector.evidence_of(EWS_DIRECTORY, inventory.servers[0]).mrsproxy_enabled
        with pytest.raises(InternalError) as caught:
            collector.evidence_of(broken, inventory.servers[0])
    assert caught.value.crash.startswith("ZeroDivisionError")
