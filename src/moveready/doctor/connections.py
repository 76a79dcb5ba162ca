"""Ports, certificates and clocks: each endpoint that a run uses gets one request without a login.

One request shows all three: whether the port is open, whether the chain of certificates is accepted with the `ca_file`
and the name of the inventory, and by its header `Date` the clock. A proxy in front of the server would show its own.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from moveready.doctor.clocks import apart_text, clock_finding, is_close
from moveready.doctor.finding import Finding, Result, finding_from
from moveready.doctor.parallel import answers_to
from moveready.errors import EvidenceError
from moveready.evidence.questions import Channel
from moveready.remoting.deadline import Deadline
from moveready.remoting.dialing import tls_context
from moveready.remoting.exchange import EXCHANGE_PATH, exchange_destination
from moveready.remoting.https import https_destination
from moveready.remoting.probing import Greeting, Target, greeting_of
from moveready.remoting.windows import WINDOWS_PATH, windows_destination
from moveready.reporting.words import plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from moveready.inventory import Inventory

Greetings = dict[Target, "Greeting | EvidenceError | None"]
"""What each endpoint answered; None if it did not even end in time."""

_AT_ONCE = 256
"""A thread that waits for a port costs little, and thousands of closed ports must not take long."""

_SLACK_SECONDS = 2.0
"""So much more than the time for an answer has a conversation: reading a refused certificate needs a second one."""

_SEVERAL = 2
"""So many servers are not wrong by chance in the same direction."""

_HEALTH_PAGE = "EWS/healthcheck.htm"
"""The page for load balancers of Exchange 2013 and newer; any answer will do, a 401 or a 404, too."""


def targets_of(inventory: Inventory) -> list[Target]:
    """The endpoints that a run uses: the Exchange hosts of the organization, and two of each server."""
    exchange = [
        Target(host.name, Channel.EXCHANGE.value, exchange_destination(host), EXCHANGE_PATH)
        for host in inventory.organization.exchange
    ]
    servers = [
        target
        for server in inventory.servers
        for target in (
            Target(server.name, Channel.WINDOWS.value, windows_destination(server), WINDOWS_PATH),
            Target(server.name, Channel.HTTPS.value, https_destination(server), _HEALTH_PAGE),
        )
    ]
    return [*exchange, *servers]


def find_unusable_authorities(targets: Sequence[Target]) -> Iterator[Finding]:
    """A finding for each file of authorities that TLS cannot use."""
    for file in dict.fromkeys(target.destination.ca_file for target in targets if not can_be_tried(target)):
        told = "TLS cannot use this file, so no endpoint with TLS is tried"
        yield Finding(f"ca_file {file}", Result.PROBLEM, told, "Give a PEM file with at least one certificate.")


def can_be_tried(target: Target) -> bool:
    """Whether there are settings of TLS for this endpoint, if it needs any."""
    destination = target.destination
    try:
        return not destination.tls or bool(tls_context(destination.ca_file, destination.verify))
    except OSError:  # as ssl.SSLError is, too
        return False


def greetings_of(targets: Sequence[Target], seconds: float) -> Greetings:
    """What these endpoints answer without a login, all asked at once; seconds limit the wait for each."""
    answers = answers_to([partial(_greeting, target, seconds) for target in targets], 3 * seconds + 5, _AT_ONCE)
    return dict(zip(targets, answers, strict=True))


def find_ports(greetings: Mapping[Target, Greeting | EvidenceError | None]) -> Iterator[Finding]:
    """A finding for each endpoint that gives no answer, or a certificate that is refused; and how many are well."""
    found = [finding for target, greeting in greetings.items() if (finding := _of_endpoint(target, greeting))]
    yield from found
    well = [target for target, greeting in greetings.items() if isinstance(greeting, Greeting)]
    if well:
        yield Finding("ports", Result.GOOD, f"{len(well)} of {_endpoints(len(greetings))} answer")
    verified = [target for target in well if _is_verified(target)]
    if verified:
        asked = sum(map(_is_verified, greetings))
        told = f"{len(verified)} of {_endpoints(asked)} with TLS show one that is accepted"
        yield Finding("certificates", Result.GOOD, told)


def find_clocks(greetings: Mapping[Target, Greeting | EvidenceError | None]) -> Iterator[Finding]:
    """A finding for each server whose clock is wrong or not told, and how many are well; none of silent servers."""
    told: dict[str, list[Greeting]] = {}
    for target, greeting in greetings.items():
        if isinstance(greeting, Greeting):
            told.setdefault(target.server, []).append(greeting)
    aheads = {server: _ahead_of_ours(given) for server, given in told.items()}
    if (ours := own_clock_finding(list(aheads.values()))) is not None:
        yield ours
        return
    found = [_of_clock(server, ahead) for server, ahead in aheads.items()]
    yield from (finding for finding in found if finding.result is not Result.GOOD)
    good = sum(finding.result is Result.GOOD for finding in found)
    if good:
        of_all = f"{good} of {len(told)} {plural(len(told), 'server')}"
        yield Finding("clocks", Result.GOOD, f"{of_all} and this machine are within five minutes of each other")


def own_clock_finding(aheads: Collection[timedelta | None]) -> Finding | None:
    """If all of several servers are ahead of this machine, or all behind, its own clock is the wrong one. Pure."""
    known = [ahead for ahead in aheads if ahead is not None and not is_close(ahead)]
    if len(known) < _SEVERAL or len(known) < len(aheads) or len({ahead > timedelta() for ahead in known}) > 1:
        return None
    # Its clock is behind theirs by as much as theirs are ahead of it.
    told = f"its clock is {apart_text(-min(known, key=abs))} those of all {len(known)} servers, or more"
    return Finding(
        "this machine", Result.PROBLEM, f"{told}; Kerberos allows five minutes", "Set its clock right, or theirs."
    )


def _greeting(target: Target, seconds: float) -> Greeting | EvidenceError:
    try:
        return greeting_of(target, Deadline(seconds + _SLACK_SECONDS, seconds))
    except EvidenceError as error:
        return error


def _of_endpoint(target: Target, greeting: Greeting | EvidenceError | None) -> Finding | None:
    if isinstance(greeting, Greeting):
        return None
    if greeting is None:
        where = f"{target.server}, {target.description}"
        return Finding(where, Result.UNKNOWN, "connecting did not end in time", "Ask again, or raise --timeout.")
    return finding_from(greeting)


def _ahead_of_ours(greetings: Collection[Greeting]) -> timedelta | None:
    """By how much its clock is ahead: that of the endpoint that is furthest from ours; None if none tells it."""
    aheads = [greeting.theirs - greeting.ours for greeting in greetings if greeting.theirs is not None]
    return max(aheads, key=abs, default=None)


def _of_clock(server: str, ahead: timedelta | None) -> Finding:
    if ahead is not None:
        return clock_finding(server, ahead)
    told = "its answers do not say what time it is there"
    return Finding(server, Result.UNKNOWN, told, "Compare its clock by hand; is this the server itself?")


def _is_verified(target: Target) -> bool:
    return target.destination.tls and target.destination.verify


def _endpoints(number: int) -> str:
    return f"{number} {plural(number, 'endpoint')}"
