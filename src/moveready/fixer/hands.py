"""What the fixer does to servers and looks at while it does: all of its I/O. May import remoting and evidence.

`Hands` is the seam; `RemoteHands` does it over the same bounded sessions as the checks. Every Set names one identity
that was read from the directory before: a `Get-` with an unknown identity gives all objects, so what comes back is
compared.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from moveready.errors import EvidenceError, UnexpectedAnswerError
from moveready.evidence import DirectoryListing
from moveready.evidence.clixml import object_from
from moveready.kb.kb3063913 import events
from moveready.kb.kb3063913.endpoint import MRSPROXY_PATH, read_endpoint
from moveready.marking import marked
from moveready.questions import Channel, Cmdlet, Pipeline
from moveready.remoting.deadline import FIRST_ANSWER_SECONDS, Deadline
from moveready.remoting.exchange import ask_organization, change_organization
from moveready.remoting.https import get_anonymous, get_authenticated
from moveready.remoting.logins import Logins
from moveready.remoting.psrp import accepted
from moveready.remoting.windows import ask_windows

if TYPE_CHECKING:
    from moveready.evidence import EwsDirectory
    from moveready.inventory import Organization, Server
    from moveready.kb.kb3063913 import EndpointAnswer
    from moveready.questions import CmdletAnswer

HEALTHCHECK_PATH = "/EWS/healthcheck.htm"
_SERVICES = ("W3SVC", "WAS")
_STATE = frozenset({"ServerFqdn", "Component", "State"})


class Flag(NamedTuple):
    """The flag of one virtual directory, and the domain controller that gave it (None where it did not say)."""

    directory: EwsDirectory
    domain_controller: str | None


class Hands(Protocol):
    """What the fixer needs to do and to see. Every method raises `EvidenceError`."""

    def read_flag(self, server: Server, identity: str | None, domain_controller: str | None) -> Flag:
        """The server's flag; without an identity, from the listing of the whole organization."""

    def run(self, server: Server, channel: Channel, command: Cmdlet) -> None:
        """Carry out one cmdlet."""

    def is_running(self, server: Server) -> bool:
        """Whether W3SVC and WAS run."""

    def worker_started_at(self, server: Server) -> datetime:
        """When the worker process that serves EWS was started."""

    def endpoint(self, server: Server) -> EndpointAnswer:
        """What the endpoint answers after login."""

    def is_in_service(self, server: Server) -> bool:
        """Whether the health check that load balancers follow says so."""

    def component_is_active(self, server: Server, component: str) -> bool:
        """Whether no requester holds a component of the server inactive, as Exchange has it."""


class RemoteHands:
    """The same over the wire, each call with its own deadline in seconds; `iisreset` takes longer than a question."""

    def __init__(  # noqa: PLR0913 - what the run lays down, each a value of its own
        self,
        organization: Organization,
        timeout_seconds: float,
        restart_seconds: float,
        run: str,
        first_answer_seconds: float = FIRST_ANSWER_SECONDS,
        *,
        logins: Logins | None = None,
    ) -> None:
        """Ask nothing yet; `run` is the id that marks the probes, `logins` are those of the run."""
        self._logins = logins or Logins()
        self._organization = organization
        self._timeout = timeout_seconds
        self._deadline = partial(Deadline, first_answer_seconds=first_answer_seconds)
        self._restart_seconds = restart_seconds
        self._run = run
        self._versions: dict[str, str] = {}

    def read_flag(self, server: Server, identity: str | None, domain_controller: str | None) -> Flag:
        """The server's flag: its object is picked from whatever comes back, and the name compared."""
        parameters = {"Identity": identity, "DomainController": domain_controller}
        given = {name: value for name, value in parameters.items() if value is not None}
        question = Pipeline.of(Cmdlet("Get-WebServicesVirtualDirectory", ADPropertiesOnly=None, **given))
        answer = ask_organization(self._organization, question, self._timeout, self._deadline, self._logins)
        flag = Flag(DirectoryListing(answer).of(server), DirectoryListing(answer).domain_controller_of(server))
        self._versions[server.name] = flag.directory.version
        return flag

    def run(self, server: Server, channel: Channel, command: Cmdlet) -> None:
        """Carry out one cmdlet, exactly once."""
        if channel is Channel.EXCHANGE:
            change_organization(self._organization, Pipeline.of(command), self._timeout, self._deadline, self._logins)
        else:
            answer = ask_windows(server, Pipeline.of(command), self._deadline(self._restart_seconds), self._logins)
            accepted(answer, Channel.WINDOWS)

    def is_running(self, server: Server) -> bool:
        """Both services of IIS, by name."""
        question = Pipeline.of(
            Cmdlet("Get-Service", Name=_SERVICES), Cmdlet("Select-Object", Property=("Name", "Status"))
        )
        answer = ask_windows(server, question, self._deadline(self._timeout), self._logins)
        states = [object_from(service).text("Status") for service in answer.objects]
        return len(states) == len(_SERVICES) and set(states) == {"Running"}

    def worker_started_at(self, server: Server) -> datetime:
        """Of the eldest worker process, as the event check counts it."""
        answer = ask_windows(server, events.ASK_WORKERS, self._deadline(self._timeout), self._logins)
        return events.worker_start(answer)

    def endpoint(self, server: Server) -> EndpointAnswer:
        """One authenticated GET; it also makes IIS start the worker process.

        The flag was read before, and with it the version of Exchange, which says what proves whose answer it is.
        """
        path = marked(MRSPROXY_PATH, self._run)
        answer = get_authenticated(server, path, self._deadline(self._timeout), self._logins)
        seen = read_endpoint(answer, server.url_of(MRSPROXY_PATH))
        return seen.judged_for(self._versions.get(server.name))

    def is_in_service(self, server: Server) -> bool:
        """Status 200 says in; any other answer, or none, says out."""
        try:
            return get_anonymous(server, HEALTHCHECK_PATH, self._deadline(self._timeout)).status == 200  # noqa: PLR2004 - OK
        except EvidenceError:
            return False

    def component_is_active(self, server: Server, component: str) -> bool:
        """The state of one component; the object must be this server's, as that of `read_flag`."""
        question = Pipeline.of(Cmdlet("Get-ServerComponentState", Identity=server.name, Component=component))
        answer = ask_organization(self._organization, question, self._timeout, self._deadline, self._logins)
        try:
            return _is_active(answer, server, component)
        except ValueError as error:
            happened = f"the state of {component} cannot be judged: {error}"
            raise UnexpectedAnswerError(
                server.name, f"{Channel.EXCHANGE.value} of {answer.server}", happened, f"Type: {question}"
            ) from None


def utc_now() -> datetime:
    """The time, as plans and journals write it."""
    return datetime.now(UTC)


def _is_active(answer: CmdletAnswer, server: Server, component: str) -> bool:
    """Raises `ValueError` where the answer is not one state, of that component of that server."""
    if len(answer.objects) != 1:
        raise ValueError(f"{len(answer.objects)} states came back, one was expected")
    found = object_from(answer.objects[0], _STATE)
    about = found.text("ServerFqdn").lower(), found.text("Component")
    if about != (server.name, component):
        raise ValueError(f"it is about {about[1]} of {about[0]}")
    return found.text("State") == "Active"
