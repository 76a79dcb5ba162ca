"""The Exchange endpoint: the organization's own PowerShell, asked through any one of its servers.

May import errors, inventory, questions and its neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.errors import EvidenceError, MissingCommandError
from moveready.questions import Channel
from moveready.remoting.dialing import Dial
from moveready.remoting.psrp import PowerShellEndpoint, open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moveready.inventory import ExchangeHost, Organization
    from moveready.questions import CmdletAnswer, Pipeline
    from moveready.remoting.deadline import Deadline


def ask_organization(
    organization: Organization, forms: Sequence[Pipeline], new_deadline: Callable[[], Deadline]
) -> CmdletAnswer:
    """What the first Exchange server that answers says; the others are not asked.

    Args:
        organization: Its Exchange servers are tried in the order of the inventory.
        forms: The same question, the cheapest form first; the next is asked where the endpoint lacks a cmdlet of it.
        new_deadline: Called for each server that is tried, when its turn comes.

    Raises:
        EvidenceError: None of them answered; it tells of every one.
    """
    failures: list[EvidenceError] = []
    for host in organization.exchange:
        try:
            return _ask_host(host, forms, new_deadline())
        except EvidenceError as error:
            failures.append(error)
    raise _all_failed(failures)


def _ask_host(host: ExchangeHost, forms: Sequence[Pipeline], deadline: Deadline) -> CmdletAnswer:
    with open_session(_endpoint_of(host), deadline) as session:
        for form in forms[:-1]:
            try:
                return session.ask(form)
            except MissingCommandError:
                continue
        return session.ask(forms[-1])


def _endpoint_of(host: ExchangeHost) -> PowerShellEndpoint:
    return PowerShellEndpoint(
        dial=Dial(host.name, host.connect_to, host.port, host.tls, host.verify, host.ca_file),
        path="PowerShell/",
        configuration="Microsoft.Exchange",
        service="http",
        credential=host.credential,
        channel=Channel.EXCHANGE.value,
    )


def _all_failed(failures: list[EvidenceError]) -> EvidenceError:
    last = failures[-1]
    earlier = "".join(f"; before that, {error.server}: {error.happened}" for error in failures[:-1])
    return type(last)(last.server, last.channel, last.happened + earlier, last.next_step)
