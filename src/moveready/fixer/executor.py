"""All I/O of the fixer: what it does to servers, and what it reads from them.

`Executor` is the interface; `RemoteExecutor` implements it over the same bounded sessions as the checks.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from moveready.errors import EvidenceError, UnexpectedAnswerError
from moveready.evidence import DirectoryListing
from moveready.evidence.clixml import object_from
from moveready.evidence.computer import ASK_COMPUTER, must_be_its_server
from moveready.evidence.directory import ASK_DIRECTORIES
from moveready.evidence.marking import marked
from moveready.evidence.mrsproxy_endpoint import MRSPROXY_PATH, read_endpoint
from moveready.evidence.questions import Channel, Cmdlet, Pipeline
from moveready.evidence.workers import ASK_WORKERS, worker_start
from moveready.fixer.readings import setting_named
from moveready.remoting.deadline import FIRST_ANSWER_SECONDS, NO_AUDIT, Deadline
from moveready.remoting.exchange import ask_organization, change_organization
from moveready.remoting.https import get_anonymous, get_authenticated
from moveready.remoting.logins import Logins
from moveready.remoting.psrp import accepted
from moveready.remoting.windows import windows_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moveready.evidence.mrsproxy_endpoint import EndpointAnswer
    from moveready.evidence.questions import CmdletAnswer
    from moveready.fixer.readings import Reading
    from moveready.inventory import Organization, Server
    from moveready.remoting.audit import Audit
    from moveready.remoting.psrp import Session

HEALTHCHECK_PATH = "/EWS/healthcheck.htm"
_MAJOR = re.compile(r"Version (\d+)\.")
_SERVICES = ("W3SVC", "WAS")
_STATE = frozenset({"ServerFqdn", "Component", "State"})


class Executor(Protocol):
    """What the fixer needs to do and to read. Every method raises `EvidenceError`."""

    def read(
        self, setting: str, server: Server, where: str | None = None, domain_controller: str | None = None
    ) -> Reading:
        """The value of a setting of the server; raises `FixError` if no setting has that name."""

    def run(self, server: Server, channel: Channel, command: Cmdlet) -> None:
        """Carry out one cmdlet."""

    def major_version(self, server: Server) -> int:
        """The major version of Exchange: 14 is 2010, 15 is 2013 and newer; 0 if the directory does not say."""

    def is_running(self, server: Server) -> bool:
        """Whether W3SVC and WAS run."""

    def worker_started_at(self, server: Server) -> datetime:
        """When the worker process that serves EWS was started."""

    def endpoint(self, server: Server) -> EndpointAnswer:
        """What the endpoint answers after login."""

    def is_in_service(self, server: Server) -> bool:
        """Whether the server is in service by the health check that load balancers follow."""

    def component_is_active(self, server: Server, component: str) -> bool:
        """Whether a component of the server is active, which means that no requester holds it inactive."""


class RemoteExecutor:
    """The same over the network. Each call has its own deadline in seconds; `iisreset` takes longer than a question."""

    def __init__(  # noqa: PLR0913 - what the run lays down, each a value of its own
        self,
        organization: Organization,
        timeout_seconds: float,
        restart_seconds: float,
        run: str,
        first_answer_seconds: float = FIRST_ANSWER_SECONDS,
        *,
        logins: Logins | None = None,
        audit: Audit = NO_AUDIT,
    ) -> None:
        """Ask nothing yet; `run` is the id that marks the probes; `logins` and `audit` belong to the run."""
        self._logins = logins or Logins()
        self._organization = organization
        self._timeout = timeout_seconds
        self._deadline = partial(Deadline, first_answer_seconds=first_answer_seconds, audit=audit)
        self._restart_seconds = restart_seconds
        self._run = run
        self._listing: DirectoryListing | None = None

    def ask(self, server: Server, channel: Channel, question: Pipeline) -> CmdletAnswer:
        """The answer of that channel; the organization's Exchange endpoint answers for all servers."""
        if channel is Channel.EXCHANGE:
            return ask_organization(self._organization, question, self._timeout, self._deadline, self._logins)
        with self._proved_session(server, self._timeout) as session:
            return session.ask(question)

    @contextmanager
    def _proved_session(self, server: Server, seconds: float) -> Iterator[Session]:
        """A Windows session in which the computer has confirmed that it is the server.

        With a wrong address or a load balancer, each session may lead to another server, so each one is checked.
        """
        with windows_session(server, self._deadline(seconds), self._logins) as session:
            must_be_its_server(session.ask(ASK_COMPUTER))
            yield session

    def read(
        self, setting: str, server: Server, where: str | None = None, domain_controller: str | None = None
    ) -> Reading:
        """Read it by the setting's own method."""
        return setting_named(setting).read(server, self, where, domain_controller)

    def run(self, server: Server, channel: Channel, command: Cmdlet) -> None:
        """Carry out one cmdlet, exactly once."""
        if channel is Channel.EXCHANGE:
            change_organization(self._organization, Pipeline.of(command), self._timeout, self._deadline, self._logins)
        else:
            with self._proved_session(server, self._restart_seconds) as session:
                accepted(session.ask(Pipeline.of(command)), Channel.WINDOWS)

    def major_version(self, server: Server) -> int:
        """From the list of the whole organization, which is asked for once: no version changes in a run."""
        version = _MAJOR.match(self._version_of(server))
        return int(version[1]) if version else 0

    def _version_of(self, server: Server) -> str:
        if self._listing is None:
            self._listing = DirectoryListing(self.ask(server, Channel.EXCHANGE, ASK_DIRECTORIES))
        return self._listing.of(server).version

    def is_running(self, server: Server) -> bool:
        """Ask for both services of IIS by name."""
        question = Pipeline.of(
            Cmdlet("Get-Service", Name=_SERVICES), Cmdlet("Select-Object", Property=("Name", "Status"))
        )
        answer = self.ask(server, Channel.WINDOWS, question)
        states = [object_from(service).text("Status") for service in answer.objects]
        return len(states) == len(_SERVICES) and set(states) == {"Running"}

    def worker_started_at(self, server: Server) -> datetime:
        """The start of the oldest worker process, as in the event check."""
        return worker_start(self.ask(server, Channel.WINDOWS, ASK_WORKERS))

    def endpoint(self, server: Server) -> EndpointAnswer:
        """Send one authenticated GET; it also makes IIS start the worker process.

        If the answer does not name its server, the version of Exchange decides which proof is needed.
        """
        path = marked(MRSPROXY_PATH, self._run)
        answer = get_authenticated(server, path, self._deadline(self._timeout), self._logins)
        seen = read_endpoint(answer, server.url_of(MRSPROXY_PATH))
        if seen.front_end is None:
            with suppress(EvidenceError):  # the strict rule is used
                return seen.judged_for(self._version_of(server))
        return seen

    def is_in_service(self, server: Server) -> bool:
        """Status 200 means in service; any other answer, or none, means out of service."""
        try:
            return get_anonymous(server, HEALTHCHECK_PATH, self._deadline(self._timeout)).status == 200  # noqa: PLR2004 - OK
        except EvidenceError:
            return False

    def component_is_active(self, server: Server, component: str) -> bool:
        """Ask for the state of one component; the object must belong to this server, as in `read_flag`."""
        question = Pipeline.of(Cmdlet("Get-ServerComponentState", Identity=server.name, Component=component))
        answer = self.ask(server, Channel.EXCHANGE, question)
        try:
            return _is_active(answer, server, component)
        except ValueError as error:
            happened = f"the state of {component} cannot be judged: {error}"
            raise UnexpectedAnswerError(
                server.name, f"{Channel.EXCHANGE.value} of {answer.server}", happened, f"Type: {question}"
            ) from None


def utc_now() -> datetime:
    """The present time in UTC, as in plans and journals."""
    return datetime.now(UTC)


def _is_active(answer: CmdletAnswer, server: Server, component: str) -> bool:
    """Whether it is active; raises `ValueError` unless the answer is exactly the state of that component and server."""
    if len(answer.objects) != 1:
        raise ValueError(f"{len(answer.objects)} states came back, one was expected")
    found = object_from(answer.objects[0], _STATE)
    about = found.text("ServerFqdn").lower(), found.text("Component")
    if about != (server.name, component):
        raise ValueError(f"it is about {about[1]} of {about[0]}")
    return found.text("State") == "Active"
