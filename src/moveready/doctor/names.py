"""Names of the inventory that this machine cannot resolve. Only DNS is asked, and never for a numeric address."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from moveready.doctor.finding import Finding, Result
from moveready.doctor.parallel import answers_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from moveready.inventory import ExchangeHost, Inventory, Server

_ASK_DNS = "Can this machine ask its DNS servers? Ask again, or wait longer with --timeout."


@dataclass(frozen=True, slots=True)
class Lookup:
    """What became of a name.

    Attributes:
        addresses: Its addresses, in one form each.
        failure: Why it has none, a few words; "" if it has.
        is_unknown: Whether DNS did not answer, so that it may have some.
    """

    addresses: frozenset[str] = frozenset()
    failure: str = ""
    is_unknown: bool = False


Lookups = dict[str, Lookup]


def looked_up(name: str) -> Lookup:
    """Ask this machine's resolver for the addresses of a name."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        return Lookup(failure="it is no valid name")
    except OSError as error:
        return failed_lookup(error)
    return Lookup(frozenset(str(address[0]).partition("%")[0] for *_, address in found))


def failed_lookup(error: OSError) -> Lookup:
    """What an error of the resolver means: a name without an address, or a DNS that did not answer (RFC 3493); pure."""
    return Lookup(failure=error.strerror or "no reason is known", is_unknown=error.errno == socket.EAI_AGAIN)


def lookups_of(names: Iterable[str], seconds: float, look: Callable[[str], Lookup] = looked_up) -> Lookups:
    """What became of each of these names and addresses, all asked for at once; seconds limit each."""
    numbers = {name: number for name in dict.fromkeys(names) if (number := _number_from(name))}
    asked = [name for name in dict.fromkeys(names) if name not in numbers]
    silent = Lookup(failure=f"DNS gave no answer within {seconds:g} s", is_unknown=True)
    answers = answers_to([partial(look, name) for name in asked], seconds)
    known = {name: Lookup(frozenset({number})) for name, number in numbers.items()}
    return known | {name: answer or silent for name, answer in zip(asked, answers, strict=True)}


def is_loopback(name: str) -> bool:
    """Whether this is an address of the machine itself, as in the inventory of a lab or of a tunnel."""
    number = _number_from(name)
    return number is not None and ipaddress.ip_address(number).is_loopback


def targets_of(inventory: Inventory) -> dict[str, ExchangeHost | Server]:
    """Everything that is connected to, by its name: the servers, and the hosts of the organization that are none."""
    hosts = {host.name: host for host in inventory.organization.exchange}
    return hosts | {server.name: server for server in inventory.servers}


def find_names(inventory: Inventory, lookups: Mapping[str, Lookup]) -> Iterator[Finding]:
    """A finding for each target that does not resolve; one for all if DNS answers nothing, or if all resolve."""
    targets = targets_of(inventory)
    named = {target.connect_to for target in targets.values() if _number_from(target.connect_to) is None}
    if len(named) > 1 and all(lookups[name].is_unknown for name in named):
        told = f"none of {len(named)} can be looked up: {lookups[min(named)].failure}"
        yield Finding("names", Result.UNKNOWN, told, _ASK_DNS)
        return
    found = [finding for target in targets.values() if (finding := _of(target, lookups[target.connect_to]))]
    yield from found
    if not found:
        told = f"{len(named)} of {len(named)} resolve" if named else "every server has a numeric `address`"
        yield Finding("names", Result.GOOD, told)


def _of(target: ExchangeHost | Server, lookup: Lookup) -> Finding | None:
    if not lookup.failure:
        return None
    what = "the name" if target.connect_to == target.name else f"its address {target.connect_to}"
    if lookup.is_unknown:
        return Finding(target.name, Result.UNKNOWN, f"{what} cannot be looked up: {lookup.failure}", _ASK_DNS)
    next_step = "Correct the name or its record in DNS, or give the server's `address` in the inventory."
    return Finding(target.name, Result.PROBLEM, f"{what} does not resolve ({lookup.failure})", next_step)


def _number_from(name: str) -> str | None:
    """The numeric address in its one form; None for a name."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return None
