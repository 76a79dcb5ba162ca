"""The Exchange endpoint: the organization's own PowerShell, asked through any one of its servers.

May import errors, inventory, questions and its neighbours.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError, MissingCommandError
from moveready.questions import Channel
from moveready.remoting.deadline import Deadline
from moveready.remoting.dialing import Dial
from moveready.remoting.logins import Logins
from moveready.remoting.psrp import PowerShellEndpoint, accepted, open_session
from moveready.remoting.race import Race, all_failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moveready.inventory import ExchangeHost, Organization
    from moveready.questions import CmdletAnswer, Pipeline


def ask_organization(
    organization: Organization,
    forms: Sequence[Pipeline],
    timeout_seconds: float,
    deadline_of: Callable[[float], Deadline] = Deadline,
    logins: Logins | None = None,
) -> CmdletAnswer:
    """What the first Exchange server that answers says; of the others none has a session.

    Args:
        organization: Its Exchange servers are tried in the order of the inventory, the next one beside a silent one.
        forms: The same question, the cheapest form first; the next is asked where the endpoint lacks a cmdlet of it.
        timeout_seconds: The deadline of each server that is tried.
        deadline_of: Makes a deadline of these seconds, for callers that want to cut it.
        logins: Those of the run; without them this call counts for itself.

    Raises:
        EvidenceError: None of them answered; it tells of every one.
    """
    known = logins or Logins()
    return Race(
        organization.exchange,
        lambda host, deadline: _ask_host(_endpoint_of(host, known), forms, deadline),
        lambda: deadline_of(timeout_seconds),
    ).answer()


def change_organization(
    organization: Organization,
    change: Pipeline,
    timeout_seconds: float,
    deadline_of: Callable[[float], Deadline] = Deadline,
    logins: Logins | None = None,
) -> CmdletAnswer:
    """Have one Exchange server carry out a change, exactly once.

    The next host is tried only where no session could be opened: once the change is on its way nobody else gets it.

    Raises:
        EvidenceError: No session with any of them, or the change was refused or half refused.
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


def _ask_host(endpoint: PowerShellEndpoint, forms: Sequence[Pipeline], deadline: Deadline) -> CmdletAnswer:
    with open_session(endpoint, deadline) as session:
        for form in forms[:-1]:
            try:
                return session.ask(form)
            except MissingCommandError:
                continue
        return session.ask(forms[-1])


def _endpoint_of(host: ExchangeHost, logins: Logins) -> PowerShellEndpoint:
    return PowerShellEndpoint(
        dial=Dial(host.name, host.connect_to, host.port, host.tls, host.verify, host.ca_file),
        path="PowerShell/",
        configuration="Microsoft.Exchange",
        service="http",
        credential=host.credential,
        channel=Channel.EXCHANGE.value,
        account=logins.of(host.credential),
    )
