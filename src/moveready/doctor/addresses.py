"""Servers whose name or address is that of their pool, or of another server: their answers would be somebody else's.

Every server must be asked by its own name (KB 3063913 speaks of each server; Kerberos needs the name of the node).
Pure, apart from the lookups that the caller brings.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from moveready.doctor.finding import Finding, Result
from moveready.doctor.names import is_loopback, targets_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from moveready.doctor.names import Lookup
    from moveready.inventory import Inventory, Server

_OWN_NAME = "Write the name that Active Directory has for the server itself, never that of the load balancer."


def pools_to_look_up(inventory: Inventory) -> list[str]:
    """The public names of the pools; not of those whose servers are all reached on this machine itself (a lab)."""
    return list(
        dict.fromkeys(server.pool for server in inventory.servers if server.pool and not is_loopback(server.connect_to))
    )


def find_shared_addresses(inventory: Inventory, lookups: Mapping[str, Lookup]) -> Iterator[Finding]:
    """Findings about names and addresses that are not a server's own, or one that all are."""
    found = [
        *_names_of_pools(inventory),
        *_shared_with_servers(inventory, lookups),
        *(finding for pool in pools_to_look_up(inventory) for finding in _shared_with_pool(pool, inventory, lookups)),
    ]
    yield from found
    if all(finding.result is Result.NOTE for finding in found):
        yield Finding("addresses", Result.GOOD, "no server has the name or the address of a pool or of another server")


def _names_of_pools(inventory: Inventory) -> Iterator[Finding]:
    pools = {server.pool.lower() for server in inventory.servers if server.pool}
    for name in targets_of(inventory):
        if name in pools:
            yield Finding(name, Result.PROBLEM, "this is the public name of a pool, not of one server", _OWN_NAME)


def _shared_with_servers(inventory: Inventory, lookups: Mapping[str, Lookup]) -> Iterator[Finding]:
    """Servers of one address and one port; tunnels to several servers have one address and several ports."""
    at: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for server in inventory.servers:
        for address in lookups[server.connect_to].addresses:
            for port in {server.ports.windows, server.ports.https}:
                at[address, port].append(server.name)
    groups = {tuple(names): address for (address, _), names in at.items() if len(names) > 1}
    for names, address in groups.items():
        told = f"they lead to the same address {address}"
        next_step = "Correct the records in DNS or the `address` in the inventory: each must lead to its own server."
        yield Finding(_listed(names), Result.PROBLEM, told, next_step)


def _shared_with_pool(pool: str, inventory: Inventory, lookups: Mapping[str, Lookup]) -> Iterator[Finding]:
    public = lookups[pool]
    if public.failure:
        result = Result.UNKNOWN if public.is_unknown else Result.NOTE
        told = f"the pool's name does not resolve ({public.failure}), so no address can be compared with it"
        yield Finding(pool, result, told, "Is it the public name of the load balancer?")
        return
    members = [server for server in inventory.servers if server.pool == pool]
    sharing = {
        server.name: public.addresses & addresses
        for server in members
        if public.addresses & (addresses := lookups[server.connect_to].addresses)
    }
    if _is_round_robin(members, sharing):
        told = f"it leads straight to {_listed(tuple(sharing))}, without a load balancer"
        yield Finding(pool, Result.NOTE, told, "If there is one, the server's record in DNS or its `address` is wrong.")
        return
    for name, addresses in sharing.items():
        told = f"its address {min(addresses)} is that of its pool {pool}, so any server of the pool may answer"
        yield Finding(name, Result.PROBLEM, told, "Correct its record in DNS, or give its own `address`.")


def _is_round_robin(members: Sequence[Server], sharing: Mapping[str, frozenset[str]]) -> bool:
    """Whether the public name has the address of every member, and no two members have the same."""
    return len(sharing) == len(members) and sum(map(len, sharing.values())) == len(frozenset().union(*sharing.values()))


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
