"""Asks one server: its Windows endpoint in one session for all subjects, and its HTTPS endpoint.

A subject that is declared to come after another one waits for it. If the Windows endpoint is silent, the HTTPS endpoint
is asked at the same time (ADR 0014).
"""

from __future__ import annotations

import random
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Any

from moveready.collection.attempt import Attempt
from moveready.collection.beside import Once
from moveready.errors import AuthenticationError, DeadlineError, EvidenceError, UnreachableError
from moveready.evidence import Scope
from moveready.evidence.questions import Channel
from moveready.remoting.https import get_anonymous, get_authenticated
from moveready.remoting.windows import windows_session

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from moveready.collection.sharing import Sharing
    from moveready.evidence import Context, ServerSubject
    from moveready.evidence.questions import CmdletAnswer, HttpAnswer, Pipeline, Request
    from moveready.inventory import Server
    from moveready.remoting.deadline import Deadline

_SHARE_OF_WINDOWS = 2 / 3
"""The Windows endpoint's share of the visit's time; the rest is always left for the HTTPS endpoint."""

_OF_THE_CHANNEL = (UnreachableError, DeadlineError, AuthenticationError)
"""Failures of one request that every other request to the same endpoint would have too."""


class ServerVisit:
    """Asks all questions to one server."""

    def __init__(self, server: Server, subjects: Collection[ServerSubject[Any]], sharing: Sharing) -> None:
        """Ask nothing yet."""
        self._server = server
        self._sharing = sharing
        self._windows = [subject for subject in subjects if subject.scope is Scope.WINDOWS]
        self._https = [subject for subject in subjects if subject.scope is Scope.HTTPS]

    def run(self, within: float = 0.0) -> None:
        """Ask them, and settle each subject; begin at a random moment within so many seconds."""
        self._sharing.left.wait(random.uniform(0.0, within))  # noqa: S311 - nobody gains from guessing it
        seconds, began, deadlines = self._sharing.bounds.server_timeout, monotonic(), self._sharing.deadlines
        for_windows = seconds * _SHARE_OF_WINDOWS if self._https else seconds
        with self._sharing.tally.under_way(self._server.name), deadlines.opened(for_windows) as of_windows:

            def probe() -> None:
                used = monotonic() - began - of_windows.closing_seconds - of_windows.waited_seconds
                with deadlines.opened(seconds, used=min(used, seconds * _SHARE_OF_WINDOWS)) as deadline:
                    self._ask(self._https, partial(self._get_each, deadline), deadline)

            probing = Once(probe)
            if self._https:
                of_windows.when_silent(probing.begin_beside)
                if not self._must_wait():
                    probing.begin_beside()
            self._ask(self._windows, partial(self._ask_windows, of_windows), of_windows)
            if self._https:
                probing.finish()

    def _must_wait(self) -> bool:
        """Whether requests wait: they could change an answer of the Windows endpoint, or that endpoint is not asked."""
        return not self._windows or any(other in self._windows for subject in self._https for other in subject.after)

    def _ask(
        self,
        subjects: Sequence[ServerSubject[Any]],
        ask: Callable[[Collection[Any]], Mapping[Any, CmdletAnswer | HttpAnswer | EvidenceError]],
        deadline: Deadline,
    ) -> None:
        """Ask the questions of the subjects; the cost is kept first, so that every answer has its cost."""
        context, name = self._sharing.context, self._server.name
        questions = {
            subject: Attempt.of(partial(_questions_of, subject, self._server, context))
            for subject in subjects
            if self._sharing.answers.is_pending(subject, name)
        }
        wanted = [question for asked in questions.values() for question in asked.value or ()]
        began = monotonic()
        given = Attempt.of(partial(ask, wanted)) if wanted else Attempt(value={})
        self._sharing.costs.add(name, began, deadline)
        for subject, asked in questions.items():
            answers = partial(_answers_to, asked, given)
            self._sharing.settle(subject, name, answers, partial(subject.read, self._server, context))

    def _ask_windows(
        self, deadline: Deadline, questions: Collection[Pipeline]
    ) -> Mapping[Pipeline, CmdletAnswer | EvidenceError]:
        with windows_session(self._server, deadline, self._sharing.logins) as session:
            return dict(session.ask_each(questions))

    def _get_each(
        self, deadline: Deadline, requests: Collection[Request]
    ) -> Mapping[Request, HttpAnswer | EvidenceError]:
        """The answer to each request; if the whole endpoint fails, every later request fails in the same way.

        Requests without a login come first, so that a refused login cannot affect them.
        """
        given: dict[Request, HttpAnswer | EvidenceError] = {}
        failed: EvidenceError | None = None
        for request in sorted(dict.fromkeys(requests), key=lambda one: one.logs_in):
            try:
                given[request] = failed or self._get(deadline, request)
                failed = failed or _refused_login(given[request], self._server, request)
            except EvidenceError as error:
                given[request] = error
                failed = error if isinstance(error, _OF_THE_CHANNEL) else None
        return given

    def _get(self, deadline: Deadline, request: Request) -> HttpAnswer:
        if not request.logs_in:
            return get_anonymous(self._server, request.path, deadline)
        return get_authenticated(self._server, request.path, deadline, self._sharing.logins)


def _refused_login(answer: HttpAnswer | EvidenceError, server: Server, request: Request) -> EvidenceError | None:
    """If this request was answered with 401, the failure of every later one: one more login could lock the account."""
    if isinstance(answer, EvidenceError) or answer.status != HTTPStatus.UNAUTHORIZED or not request.logs_in:
        return None
    return AuthenticationError(
        server.name,
        f"{Channel.HTTPS.value} {server.url_of(request.path).partition('?')[0]}",
        "401 after the credential was sent, so it was not sent again for another request",
        "Check the account, its password, and Windows authentication on the directory.",
    )


def _questions_of(subject: ServerSubject[Any], server: Server, context: Context) -> tuple[Pipeline | Request, ...]:
    return tuple(subject.ask(server, context))


def _answers_to(
    questions: Attempt[tuple[Pipeline | Request, ...]],
    given: Attempt[Mapping[Any, CmdletAnswer | HttpAnswer | EvidenceError]],
) -> Sequence[CmdletAnswer | HttpAnswer]:
    """The answers to these questions; raises the failure of the conversation, or of the first question that failed."""
    found: list[CmdletAnswer | HttpAnswer] = []
    for question in questions.result():
        answer = given.result()[question]
        if isinstance(answer, EvidenceError):
            raise type(answer)(*answer.args)
        found.append(answer)
    return found
