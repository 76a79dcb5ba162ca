"""The Exchange endpoint: the organization's own PowerShell, reached through any one of its servers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

from moveready.errors import EvidenceError
from moveready.evidence.questions import Channel
from moveready.remoting.deadline import Deadline
from moveready.remoting.dialing import Destination
from moveready.remoting.endpoint import PowerShellEndpoint
from moveready.remoting.logins import Logins
from moveready.remoting.psrp import accepted, open_session
from moveready.remoting.race import Race, all_failed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from moveready.evidence.questions import CmdletAnswer, Pipeline
    from moveready.inventory import ExchangeHost, Organization
    from moveready.remoting.psrp import Session

T = TypeVar("T")

EXCHANGE_PATH = "PowerShell/"


def converse_with_organization(
    organization: Organization,
    converse: Callable[[Session], T],
    timeout_seconds: float,
    deadline_of: Callable[[float], Deadline] = Deadline,
    logins: Logins | None = None,
) -> T:
    """The result of a conversation with the first Exchange server that answers; the others get no session.

    Args:
        organization: Its Exchange servers are tried in the order of the inventory; if one is silent, the next one is
        tried too.
        converse: Called with the open session; if it raises `EvidenceError`, the next server is tried.
        timeout_seconds: The deadline of each server that is tried.
        deadline_of: Makes a deadline of these seconds, for callers that want to cut it.
        logins: Those of the run; without them, only this call is counted.

    Raises:
        EvidenceError: None of them answered; the error describes all failures.
    """
    known = logins or Logins()

    def with_host(host: ExchangeHost, deadline: Deadline) -> T:
        with open_session(_endpoint_of(host, known), deadline) as session:
            return converse(session)

    return Race(organization.exchange, with_host, lambda: deadline_of(timeout_seconds)).answer()


def ask_organization(
    organization: Organization,
    question: Pipeline,
    timeout_seconds: float,
    deadline_of: Callable[[float], Deadline] = Deadline,
    logins: Logins | None = None,
) -> CmdletAnswer:
    """The answer of the first Exchange server that answers; the arguments are those of `converse_with_organization`."""
    return converse_with_organization(
        organization, lambda session: session.ask(question), timeout_seconds, deadline_of, logins
    )


def change_organization(
    organization: Organization,
    change: Pipeline,
    timeout_seconds: float,
    deadline_of: Callable[[float], Deadline] = Deadline,
    logins: Logins | None = None,
) -> CmdletAnswer:
    """Have one Exchange server carry out a change, exactly once.

    The next host is tried only if no session could be opened: after the change was sent, no other host gets it.

    Raises:
        EvidenceError: No session with any of them, or the change was refused, completely or in part.
    """
    failures: list[EvidenceError] = []
    logins = logins or Logins()
    for host in organization.exchange:
        with ExitStack() as opened:
            try:
                session = opened.enter_context(open_session(_endpoint_of(host, logins), deadline_of(timeout_seconds)))
            except EvidenceError as error:
                failures.append(error)
                continue
            return accepted(session.ask(change), Channel.EXCHANGE)
    raise all_failed(failures)


def exchange_session(host: ExchangeHost, deadline: Deadline, logins: Logins) -> AbstractContextManager[Session]:
    """A session with this host and no other; raises `EvidenceError`."""
    return open_session(_endpoint_of(host, logins), deadline)


def exchange_destination(host: ExchangeHost) -> Destination:
    """Where the Exchange endpoint of this host is."""
    return Destination(host.name, host.connect_to, host.port, host.tls, host.verify, host.ca_file)


def _endpoint_of(host: ExchangeHost, logins: Logins) -> PowerShellEndpoint:
    return PowerShellEndpoint(
        destination=exchange_destination(host),
        path=EXCHANGE_PATH,
        configuration="Microsoft.Exchange",
        service="http",
        credential=host.credential,
        channel=Channel.EXCHANGE.value,
        account=logins.of(host.credential),
    )
