"""Names and addresses that are not a server's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.doctor.addresses import find_shared_addresses, pools_to_look_up
from moveready.doctor.finding import Finding, Result
from moveready.doctor.names import Lookup, is_loopback, lookups_of

if TYPE_CHECKING:
    from moveready.inventory import Inventory
    from tests.doctor.conftest import InventoryOf

POOL = "mail.contoso.com"
EX01, EX02 = (f"{{name: ex0{number}.contoso.com, pool: {POOL}}}" for number in (1, 2))


def found(inventory: Inventory, **addresses: str) -> list[Finding]:
    """The findings if names have these addresses, by their first label; several with blanks between."""

    def look(name: str) -> Lookup:
        given = addresses.get(name.partition(".")[0], "")
        return Lookup(frozenset(given.split()), "" if given else "not known")

    names = [server.connect_to for server in inventory.servers]
    return list(find_shared_addresses(inventory, lookups_of([*names, *pools_to_look_up(inventory)], 60, look)))


def test_servers_of_their_own_addresses_are_well(inventory_of: InventoryOf) -> None:
    """The usual case, with a load balancer."""
    (finding,) = found(inventory_of(EX01, EX02), ex01="10.0.0.1", ex02="10.0.0.2", mail="10.0.0.9")

    assert finding.result is Result.GOOD


def test_a_server_at_the_address_of_its_pool_is_told(inventory_of: InventoryOf) -> None:
    """Any server of the pool would answer for it."""
    (finding,) = found(inventory_of(EX01, EX02), ex01="10.0.0.9", ex02="10.0.0.2", mail="10.0.0.9")

    assert (finding.looked_at, finding.result) == ("ex01.contoso.com", Result.PROBLEM)
    assert finding.told.startswith(f"its address 10.0.0.9 is that of its pool {POOL}")


def test_two_servers_at_one_address_are_told(inventory_of: InventoryOf) -> None:
    """One of them would be judged by the other's answers."""
    (finding,) = found(inventory_of(EX01, EX02), ex01="10.0.0.1", ex02="10.0.0.1", mail="10.0.0.9")

    assert finding.result is Result.PROBLEM
    assert finding.looked_at == "ex01.contoso.com and ex02.contoso.com"
    assert finding.told == "they lead to the same address 10.0.0.1"


def test_both_at_the_address_of_the_pool_are_no_round_robin(inventory_of: InventoryOf) -> None:
    """All three findings, and none that says it is well."""
    told = found(inventory_of(EX01, EX02), ex01="10.0.0.9", ex02="10.0.0.9", mail="10.0.0.9")

    assert [finding.result for finding in told] == [Result.PROBLEM] * 3


def test_a_public_name_of_all_addresses_is_round_robin(inventory_of: InventoryOf) -> None:
    """No load balancer is there, and each server is asked at its own address."""
    note, good = found(inventory_of(EX01, EX02), ex01="10.0.0.1", ex02="10.0.0.2", mail="10.0.0.1 10.0.0.2")

    assert (note.result, good.result) == (Result.NOTE, Result.GOOD)
    assert "without a load balancer" in note.told


def test_a_pool_of_one_server_may_have_its_address(inventory_of: InventoryOf) -> None:
    """Nobody can tell from here whether there are more."""
    note, _ = found(inventory_of(EX01), ex01="10.0.0.1", mail="10.0.0.1")

    assert (note.looked_at, note.result) == (POOL, Result.NOTE)


def test_the_name_of_a_pool_is_no_server(inventory_of: InventoryOf) -> None:
    """Whatever its address, and also where it is an Exchange host only."""
    inventory = inventory_of(EX01, f"{{name: {POOL}, address: 10.0.0.3}}", exchange=POOL)
    problem = found(inventory, ex01="10.0.0.1", mail="10.0.0.9")[0]

    assert (problem.looked_at, problem.result) == (POOL, Result.PROBLEM)
    assert "public name of a pool" in problem.told


def test_a_pool_that_does_not_resolve_is_a_note(inventory_of: InventoryOf) -> None:
    """A run never asks for it."""
    note, _ = found(inventory_of(EX01), ex01="10.0.0.1")

    assert (note.looked_at, note.result) == (POOL, Result.NOTE)


def test_a_pool_that_nobody_knows_of_is_unknown(inventory_of: InventoryOf) -> None:
    """DNS did not answer."""
    inventory = inventory_of(EX01)
    lookups = {
        "ex01.contoso.com": Lookup(frozenset({"10.0.0.1"})),
        POOL: Lookup(failure="Temporary failure", is_unknown=True),
    }
    (finding,) = find_shared_addresses(inventory, lookups)

    assert finding.result is Result.UNKNOWN


def test_tunnels_have_one_address_and_several_ports(inventory_of: InventoryOf) -> None:
    """As a lab has, too; and of its pools no name is looked up."""
    ports = ("{windows: 1, https: 2}", "{windows: 3, https: 4}")
    servers = (
        f"{{name: ex0{number}.contoso.com, pool: {POOL}, address: 127.0.0.1, ports: {given}}}"
        for number, given in enumerate(ports)
    )
    inventory = inventory_of(*servers)

    assert pools_to_look_up(inventory) == []
    assert [finding.result for finding in found(inventory)] == [Result.GOOD]
    assert is_loopback(inventory.servers[0].connect_to)


def test_one_port_in_common_is_enough(inventory_of: InventoryOf) -> None:
    """The tunnel of one of the two leads to the other server."""
    servers = [
        f"{{name: ex0{number}.contoso.com, address: 127.0.0.1, ports: {{windows: {number}, https: 443}}}}"
        for number in (1, 2)
    ]
    (finding,) = found(inventory_of(*servers))

    assert finding.result is Result.PROBLEM
