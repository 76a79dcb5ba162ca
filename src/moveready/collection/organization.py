"""Asks the organization: one Exchange session for all subjects that are asked through it.

A question is asked once, even if several subjects need its answer. If a server of the organization refuses a question
or fails, the next server is asked the open questions.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from moveready.collection.attempt import Attempt
from moveready.errors import EvidenceError, RemoteCommandError
from moveready.remoting.exchange import converse_with_organization
from moveready.remoting.race import all_failed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moveready.collection.sharing import Sharing
    from moveready.evidence import Context, OrganizationSubject, ServerSubject
    from moveready.evidence.questions import CmdletAnswer, Pipeline
    from moveready.inventory import Organization, Server
    from moveready.remoting.deadline import Deadline
    from moveready.remoting.psrp import Session
    from moveready.remoting.slots import SessionSlots

    Questions = tuple[Pipeline, ...]

_SECONDS_A_SERVER = 2.0
"""Seconds that each question about a single server adds to the session's time."""


class OrganizationVisit:
    """Asks all questions through Exchange that are known when it begins."""

    def __init__(
        self,
        organization: Organization,
        slots: SessionSlots,
        sharing: Sharing,
        for_all: Mapping[OrganizationSubject[Any, Any], Sequence[Server]],
        for_each: Sequence[tuple[ServerSubject[Any], Server]],
    ) -> None:
        """Ask nothing yet.

        Args:
            organization: The organization whose servers are asked.
            slots: Limit how many sessions are open at once.
            sharing: What the collector's conversations share.
            for_all: Subjects that are asked once, with the servers that need them.
            for_each: Subjects that are asked of one server each.
        """
        self._organization = organization
        self._slots = slots
        self._sharing = sharing
        self._for_all = {
            subject: (Attempt.of(partial(_questions_to_all, subject, sharing.context)), servers)
            for subject, servers in for_all.items()
        }
        self._for_each = [
            (subject, server, Attempt.of(partial(_questions_to_each, subject, server, sharing.context)))
            for subject, server in for_each
        ]
        self._answers: dict[Pipeline, CmdletAnswer] = {}
        self._refusals: dict[Pipeline, list[EvidenceError]] = {}

    def run(self) -> None:
        """Ask them, and settle each subject for each of its servers."""
        conversation = Attempt.of(self._converse)
        for subject, (questions, servers) in self._for_all.items():
            self._settle_for_all(subject, questions, servers, conversation)
        for each, server, asked in self._for_each:
            answers = partial(self._answers_to, asked, conversation)
            self._sharing.settle(each, server.name, answers, partial(each.read, server, self._sharing.context))

    def _settle_for_all(
        self,
        subject: OrganizationSubject[Any, Any],
        questions: Attempt[Questions],
        servers: Sequence[Server],
        conversation: Attempt[None],
    ) -> None:
        answers = partial(self._answers_to, questions, conversation)
        listing = Attempt.of(
            partial(self._sharing.read_answers, subject, self._organization.name, answers, subject.read)
        )
        if listing.error is None:
            self._sharing.seen.update(subject.seen(listing.result()))
        for server in servers:
            self._sharing.answers.settle(subject, server.name, partial(_picked, subject, listing, server))

    def _converse(self) -> None:
        seconds = self._sharing.bounds.server_timeout
        patience_seconds = seconds * (len(self._organization.exchange) + 1)
        deadlines: list[Deadline] = []
        with ExitStack() as opened:

            def remembered(seconds: float) -> Deadline:
                deadlines.append(opened.enter_context(self._sharing.deadlines.opened(seconds)))
                return deadlines[-1]

            # The holder of a slot may need the time of every Exchange server, so wait that long.
            patience = opened.enter_context(self._sharing.deadlines.opened(patience_seconds))
            opened.enter_context(self._slots.taken(patience))
            began, allowed = monotonic(), seconds + len(self._for_each) * _SECONDS_A_SERVER
            try:
                converse_with_organization(
                    self._organization, self._ask_what_is_open, allowed, remembered, self._sharing.logins
                )
            finally:
                self._sharing.costs.add(self._organization.name, began, *deadlines)

    def _ask_what_is_open(self, session: Session) -> None:
        """Ask the open questions; then raise the first refusal, so that another server is asked the rest."""
        asked = [question for questions, _ in self._for_all.values() for question in questions.value or ()]
        asked += [question for _, _, questions in self._for_each for question in questions.value or ()]
        refused: list[EvidenceError] = []
        for question, answer in session.ask_each(question for question in asked if question not in self._answers):
            if isinstance(answer, RemoteCommandError):
                self._refusals.setdefault(question, []).append(answer)
                refused.append(answer)
            else:
                self._answers[question] = answer
        if refused:
            raise refused[0]

    def _answers_to(self, questions: Attempt[Questions], conversation: Attempt[None]) -> list[CmdletAnswer]:
        """The answers to these questions; raises the error of the first one without an answer."""
        asked = questions.result()
        for question in asked:
            if question not in self._answers and question in self._refusals:
                raise all_failed(self._refusals[question])
            if question not in self._answers:
                conversation.result()
        return [self._answers[question] for question in asked]


def _questions_to_all(subject: OrganizationSubject[Any, Any], context: Context) -> Questions:
    return tuple(subject.ask(context))


def _questions_to_each(subject: ServerSubject[Any], server: Server, context: Context) -> Questions:
    return cast("Questions", tuple(subject.ask(server, context)))  # of this scope they are pipelines


def _picked(subject: OrganizationSubject[Any, Any], listing: Attempt[Any], server: Server) -> object:
    return subject.pick(listing.result(), server)
