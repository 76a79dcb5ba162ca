"""Logins to one server: each channel, the RBAC roles, the event log.

The lockout rule is that of a run (`moveready.remoting.logins`): a credential that was refused twice, the domain
controller included, is not sent again. Nothing is changed, and every session is closed, after Ctrl-C too.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from moveready.collection.bounds import Bounds
from moveready.collection.sharing import OpenDeadlines
from moveready.doctor.event_log import ASK_NEWEST_RECORD, event_log_finding
from moveready.doctor.finding import Finding, Result, finding_from
from moveready.doctor.parallel import answers_to
from moveready.doctor.roles import exchange_questions, role_findings
from moveready.errors import EvidenceError
from moveready.evidence import Context
from moveready.evidence.answering import is_name_of
from moveready.evidence.questions import Channel
from moveready.remoting.exchange import exchange_session
from moveready.remoting.https import get_authenticated
from moveready.remoting.windows import windows_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moveready.evidence.questions import HttpAnswer
    from moveready.inventory import ExchangeHost, Inventory, Server
    from moveready.remoting.deadline import Deadline
    from moveready.remoting.logins import Logins

_PATH = "/EWS/Exchange.asmx"
"""A page that asks for a login. MRSProxy's own would write an event 1309 into the log where it is disabled."""

_SECONDS = 60.0
"""As long as a run's default --server-timeout: reading the directory of a large organization takes time."""

_CLOSING_SECONDS = 5.0


class Conversations:
    """The logins to one server, each in a thread of its own, so that Ctrl-C can cut it and its session is closed."""

    def __init__(self, inventory: Inventory, server: Server, logins: Logins, silence_seconds: float) -> None:
        """Log in nowhere yet; `silence_seconds` limit the wait for the first answer of each login."""
        self._server = server
        self._host = exchange_host_for(inventory, server)
        self._logins = logins
        self._deadlines = OpenDeadlines(silence_seconds)
        self._seconds = _SECONDS + silence_seconds

    def findings(self, left_out: frozenset[tuple[str, str]]) -> Iterator[Finding]:
        """The findings of the channels that are not left out, by server and name of the channel."""
        channels: tuple[tuple[str, Channel, Callable[[Deadline], list[Finding]]], ...] = (
            (self._server.name, Channel.WINDOWS, self._of_windows),
            (self._server.name, Channel.HTTPS, self._of_https),
            (self._host.name, Channel.EXCHANGE, self._of_exchange),
        )
        for name, channel, converse in channels:
            where = f"{name}, {channel.value}"
            if (name, channel.value) in left_out:
                yield Finding(where, Result.NOTE, "no login was tried, because of what is said above")
            else:
                yield from self._led(where, converse)

    def _led(self, where: str, converse: Callable[[Deadline], list[Finding]]) -> list[Finding]:
        def lead() -> list[Finding]:
            with self._deadlines.opened(self._seconds) as deadline:
                try:
                    return converse(deadline)
                except EvidenceError as error:
                    return [finding_from(error)]

        try:
            (found,) = answers_to([lead], self._seconds + _CLOSING_SECONDS)
        except KeyboardInterrupt:
            self._deadlines.cut()
            self._deadlines.wait_closed(_CLOSING_SECONDS)
            raise
        return found or [Finding(where, Result.UNKNOWN, "the login did not end in time", "Ask again.")]

    def _of_windows(self, deadline: Deadline) -> list[Finding]:
        with windows_session(self._server, deadline, self._logins) as session:
            accepted = _accepted(self._server.name, Channel.WINDOWS, self._server.credential.name)
            try:
                return [accepted, event_log_finding(session.ask(ASK_NEWEST_RECORD))]
            except EvidenceError as error:
                return [accepted, event_log_finding(error)]

    def _of_https(self, deadline: Deadline) -> list[Finding]:
        answer = get_authenticated(self._server, _PATH, deadline, self._logins)
        return [https_finding(self._server, answer)]

    def _of_exchange(self, deadline: Deadline) -> list[Finding]:
        bounds = Bounds()
        questions = exchange_questions(self._server, Context(bounds.since, bounds.run))
        with exchange_session(self._host, deadline, self._logins) as session:
            accepted = _accepted(self._host.name, Channel.EXCHANGE, self._host.credential.name)
            try:
                return [accepted, *role_findings(self._host, list(session.ask_each(questions)))]
            except EvidenceError as error:
                return [accepted, finding_from(error)]


def exchange_host_for(inventory: Inventory, server: Server) -> ExchangeHost:
    """The server's own Exchange endpoint if a run may ask it, else the first that a run asks."""
    hosts = inventory.organization.exchange
    return next((host for host in hosts if host.name == server.name), hosts[0])


def https_finding(server: Server, answer: HttpAnswer) -> Finding:
    """What the answer to a request with a login says about the login; pure."""
    where = f"{server.name}, {Channel.HTTPS.value} {server.url_of(_PATH)}"
    front_end = answer.headers.get("x-feserver", "")
    if front_end and not is_name_of(server.name, front_end):
        told = f"{front_end.upper()} answered, not {server.netbios} (its header X-FEServer)"
        next_step = "Correct the server's `address` or its record in DNS: a load balancer may be under its name."
        return Finding(where, Result.PROBLEM, told, next_step)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        told = f"the login with `{server.credential.name}` was refused (401)"
        next_step = "Check account and password, Windows authentication of EWS, and Extended Protection."
        return Finding(where, Result.PROBLEM, told, next_step)
    if not answer.logged_in:
        told = f"it answers {answer.status} without asking for a login"
        next_step = "Is it the server itself, and no proxy or firewall; does its web site run?"
        return Finding(where, Result.PROBLEM, told, next_step)
    return _accepted(server.name, Channel.HTTPS, server.credential.name)


def _accepted(name: str, channel: Channel, credential: str) -> Finding:
    return Finding(f"{name}, {channel.value}", Result.GOOD, f"the login with `{credential}` is accepted")
