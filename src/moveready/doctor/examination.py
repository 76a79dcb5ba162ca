"""What the doctor looks at, in its order: what needs no server, then connections, then the logins to one server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from moveready.crashes import crash_report
from moveready.doctor.addresses import find_shared_addresses, pools_to_look_up
from moveready.doctor.authorities import find_authorities
from moveready.doctor.connections import (
    can_be_tried,
    find_clocks,
    find_ports,
    find_unusable_authorities,
    greetings_of,
    targets_of,
)
from moveready.doctor.finding import Finding, Result
from moveready.doctor.libraries import find_libraries
from moveready.doctor.logins import Conversations
from moveready.doctor.names import find_names, lookups_of
from moveready.doctor.names import targets_of as named_in
from moveready.doctor.notifications import find_channels
from moveready.doctor.tickets import find_tickets
from moveready.errors import InventoryError, Mistake, Place
from moveready.remoting.logins import Logins
from moveready.remoting.probing import Greeting
from moveready.reporting.words import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from moveready.doctor.connections import Greetings
    from moveready.doctor.names import Lookups
    from moveready.inventory import Inventory, Server

SECONDS = 10.0
"""How long to wait for a name, a connection or the first answer, if the caller does not say."""


class Depth(Enum):
    """How far the doctor goes."""

    NAMES = "no server is asked"
    CONNECT = "every server is asked without a login"
    LOGIN = "and one server with a login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What the caller wants to have looked at.

    Attributes:
        inventory: Its servers are looked at.
        environ: Environment variables, for references to channels of `notify`.
        depth: How far to go.
        seconds: How long to wait for each name, connection and first answer.
        server: The server to log in to; None for the first.
    """

    inventory: Inventory
    environ: Mapping[str, str]
    depth: Depth = Depth.NAMES
    seconds: float = SECONDS
    server: Server | None = None


def examine(asked: Examination) -> Iterator[Finding]:
    """The findings, each as soon as it is known."""
    inventory, logins = asked.inventory, Logins()
    yield _inventory_finding(inventory)
    lookups: Lookups = {}
    yield from _guarded("libraries", lambda: find_libraries(inventory))
    yield from _guarded("notify", lambda: find_channels(inventory, asked.environ))
    yield from _guarded("authorities", lambda: find_authorities(inventory, datetime.now(UTC)))
    yield from _guarded("names", partial(_look_up, asked, lookups))
    yield from _guarded("addresses", lambda: find_shared_addresses(inventory, lookups))
    yield from _guarded("tickets", lambda: find_tickets(inventory, logins))
    greetings: Greetings = {}
    if asked.depth is not Depth.NAMES:
        yield from _guarded("ports", partial(_connect, asked, lookups, greetings))
        yield from _guarded("clocks", lambda: find_clocks(greetings))
    if asked.depth is Depth.LOGIN:
        yield from _guarded("logins", partial(_log_in, asked, logins, _silent(inventory, greetings)))


def server_to_log_in_to(inventory: Inventory, name: str) -> Server:
    """The server of that FQDN or short name; raises `InventoryError` if it is not exactly one."""
    limited = inventory.limited_to(name)
    if len(limited.servers) != 1:
        problem = f"`{name}` matches {len(limited.servers)} servers"
        hint = "Name one: the doctor logs in to a single server."
        raise InventoryError([Mistake(Place(inventory.files[0], 0), problem, hint)])
    return limited.servers[0]


def not_looked_at(depth: Depth) -> str:
    """What the depth leaves out, and the option that adds it; "" if it leaves out nothing."""
    if depth is Depth.NAMES:
        return (
            "No server was asked: --connect tries ports, certificates and clocks, --login also logs in to one server."
        )
    if depth is Depth.CONNECT:
        return "Nobody logged in: --login tries the logins, roles and the event log on one server."
    return ""


def _inventory_finding(inventory: Inventory) -> Finding:
    number, name = len(inventory.servers), inventory.organization.name
    return Finding("inventory", Result.GOOD, f"{number} {plural(number, 'server')} of {name}, no mistakes")


def _look_up(asked: Examination, lookups: Lookups) -> Iterator[Finding]:
    names = [target.connect_to for target in named_in(asked.inventory).values()]
    lookups.update(lookups_of([*names, *pools_to_look_up(asked.inventory)], asked.seconds))
    yield from find_names(asked.inventory, lookups)


def _connect(asked: Examination, lookups: Lookups, greetings: Greetings) -> Iterator[Finding]:
    """Ask the endpoints whose name resolves, and whose certificate can be judged; the others are reported once."""
    targets = [target for target in targets_of(asked.inventory) if not lookups[target.destination.address].failure]
    yield from find_unusable_authorities(targets)
    greetings.update(greetings_of([target for target in targets if can_be_tried(target)], asked.seconds))
    yield from find_ports(greetings)


def _silent(inventory: Inventory, greetings: Greetings) -> frozenset[tuple[str, str]]:
    """The endpoints that gave no answer, by server and channel; a login to them would only report the same again."""
    silent = (target for target in targets_of(inventory) if not isinstance(greetings.get(target), Greeting))
    return frozenset((target.server, target.channel) for target in silent)


def _log_in(asked: Examination, logins: Logins, silent: frozenset[tuple[str, str]]) -> Iterator[Finding]:
    server = asked.server or asked.inventory.servers[0]
    yield from Conversations(asked.inventory, server, logins, asked.seconds).findings(silent)


def _guarded(what: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings; if our own code fails, a finding that says so, and the rest is looked at all the same."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - nobody should read a traceback, nor miss the other findings
        told = f"moveready itself failed here ({crash_report(error)})"
        yield Finding(what, Result.UNKNOWN, told, "Please report this line.")
