"""Guards `moveready.inventory.model`: the values, limits, and the way to a worker process."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from datetime import time
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from moveready.errors import InventoryError, Place
from moveready.inventory import (
    Auth,
    Credential,
    ExchangeHost,
    FixPolicy,
    Inventory,
    Organization,
    Phase,
    Ports,
    RestartKind,
    Secret,
    Server,
    Tls,
    Weekday,
    Window,
)

ADMIN = Credential("admin", Auth.NTLM, "CONTOSO\\svc", Secret("hunter2"))
NIGHTS = Window((Weekday.SAT, Weekday.SUN), time(22), time(4, 30), "Europe/Berlin")
FIX = FixPolicy(NIGHTS, 90.0, RestartKind.APP_POOL, escalate=True, drain=True)


def server(number: int, **changes: object) -> Server:
    """Server ex01, ex02... of the inventory."""
    place = Place(Path("prod.yaml"), number)
    return Server(f"ex0{number}.contoso.com", ADMIN, place, **changes)  # type: ignore[arg-type] # the caller names fields


@pytest.fixture
def inventory() -> Inventory:
    """Three servers, two of them in a group, one with everything set."""
    full = server(
        3,
        group="DAG-1",
        site="Köln",
        pool="mail.contoso.com",
        phase=Phase.IDLE,
        address="10.0.0.3",
        ports=Ports(1, 2, 3),
        tls=Tls(verify=False, ca_file=Path("ca.pem"), windows=True, exchange=True),
        host_header="mail.contoso.com",
        fix_allowed=True,
    )
    hosts = (ExchangeHost("ex01.contoso.com", ADMIN, ca_file=Path("ca.pem")),)
    servers = (server(1, site="Köln"), server(2, group="DAG-1"), full)
    return Inventory(Organization("Contoso", hosts), servers, (Path("prod.yaml"),), "ab12", FIX)


def names(inventory: Inventory) -> list[str]:
    """Short names of the servers."""
    return [server.netbios for server in inventory.servers]


def test_mrsproxy_is_wanted_while_mailboxes_move() -> None:
    """And unwanted while none do."""
    assert Phase.MOVING.wants_mrsproxy
    assert not Phase.IDLE.wants_mrsproxy


def test_the_short_name_is_upper_case() -> None:
    """As Exchange stamps it on its answers."""
    assert server(1).netbios == "EX01"


def test_without_an_address_the_name_is_connected_to(inventory: Inventory) -> None:
    """For servers, and for the hosts that are asked about the organization."""
    host = inventory.organization.exchange[0]

    assert server(1).connect_to == host.connect_to == "ex01.contoso.com"


def test_an_address_is_connected_to_instead_of_the_name() -> None:
    """For servers, and for the hosts that are asked about the organization."""
    host = ExchangeHost("ex01.contoso.com", ADMIN, address="10.0.0.3")

    assert server(3, address="10.0.0.3").connect_to == host.connect_to == "10.0.0.3"


def test_no_repr_shows_a_password(inventory: Inventory) -> None:
    """Test reports print values."""
    assert "hunter2" not in repr(inventory)


def test_an_inventory_comes_back_equal_from_a_worker(inventory: Inventory) -> None:
    """As JSON that has no password, which is put back by the name of its credential."""
    adapter = TypeAdapter(Inventory)

    plain = json.dumps(adapter.dump_python(inventory, mode="json"))
    without = adapter.validate_python(json.loads(plain))
    copy = without.having_passwords({"admin": Secret("hunter2")})

    assert "hunter2" not in plain
    assert {each.password for each in without.credentials} == {None}
    assert copy == inventory
    assert copy.fix == FIX
    assert copy.server("ex02.contoso.com") == inventory.servers[1]


def test_a_server_may_have_another_login_for_windows() -> None:
    """It gets its password back as well, and without one of its own the server's other credential counts."""
    other = replace(ADMIN, name="other", password=Secret("other"))
    servers = (server(1), server(2, windows_credential=other))
    inventory = Inventory(Organization("Contoso", ()), servers, (), "ab12")

    without = inventory.having_passwords({})

    assert [each.windows_login for each in servers] == [ADMIN, other]
    assert inventory.credentials == (ADMIN, other)
    assert without.having_passwords({"admin": Secret("hunter2"), "other": Secret("other")}) == inventory


def test_a_part_of_an_inventory_is_fixed_as_the_whole(inventory: Inventory) -> None:
    """A limit must not open the window."""
    assert inventory.limited_to("ex01").in_phase(Phase.IDLE).fix == FIX


def test_an_inventory_cannot_be_changed(inventory: Inventory) -> None:
    """Whoever wants another one makes another one."""
    with pytest.raises(FrozenInstanceError):
        inventory.fingerprint = "cd34"  # type: ignore[misc] # the point of the test


def test_a_server_is_found_by_its_fqdn(inventory: Inventory) -> None:
    """The identity of a server in every report."""
    assert inventory.server("ex02.contoso.com") is inventory.servers[1]


def test_an_unknown_server_is_a_key_error(inventory: Inventory) -> None:
    """Asking for one is a fault of the program, not of a file."""
    with pytest.raises(KeyError):
        inventory.server("ex09.contoso.com")


def test_a_phase_can_be_set_for_all(inventory: Inventory) -> None:
    """`--phase` overrides what the files say, and nothing else."""
    idle = inventory.in_phase(Phase.IDLE)

    assert {server.phase for server in idle.servers} == {Phase.IDLE}
    assert idle.in_phase(Phase.MOVING).servers[:2] == inventory.servers[:2]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ex01", ["EX01"]),
        ("EX01.contoso.com", ["EX01"]),
        ("ex0[13]", ["EX01", "EX03"]),
        ("*.contoso.com", ["EX01", "EX02", "EX03"]),
        ("ex03, ex01", ["EX01", "EX03"]),
        ("group:dag-1", ["EX02", "EX03"]),
        ("group:DAG*", ["EX02", "EX03"]),
        ("site:KÖLN", ["EX01", "EX03"]),
        ("pool:mail.*", ["EX03"]),
        ("pool:*,ex02", ["EX02", "EX03"]),
    ],
)
def test_a_limit_chooses_servers_in_the_order_of_the_inventory(
    inventory: Inventory, pattern: str, expected: list[str]
) -> None:
    """By short name, FQDN, group, site or pool, whatever the case."""
    assert names(inventory.limited_to(pattern)) == expected


@pytest.mark.parametrize("part", ["ex09", "*dag*", "group:ex01", "zone:*", ""])
def test_a_part_of_a_limit_without_a_server_is_an_error(inventory: Inventory, part: str) -> None:
    """A typing error must not silently check fewer servers; names do not match what is after `group:`."""
    with pytest.raises(InventoryError, match="matches no server") as caught:
        inventory.limited_to(f"ex01,{part}")
    assert f"`{part}`" in str(caught.value)


def test_every_wrong_part_of_a_limit_is_told(inventory: Inventory) -> None:
    """With what was meant, if that can be guessed."""
    with pytest.raises(InventoryError) as caught:
        inventory.limited_to("zzz,group:dag-2")

    assert str(caught.value).splitlines() == [
        "prod.yaml: the limit `zzz` matches no server. Write a name, a pattern such as `ex0*`, or `group:NAME`.",
        "prod.yaml: the limit `group:dag-2` matches no server. Did you mean `group:DAG-1`?",
    ]


def test_a_limit_of_a_folder_names_the_folder(inventory: Inventory) -> None:
    """Not one of its files by chance."""
    files = (Path("inventory/a.yaml"), Path("inventory/b.yaml"))
    both = Inventory(inventory.organization, inventory.servers, files, "ab12")

    with pytest.raises(InventoryError, match=r"^inventory: the limit"):
        both.limited_to("zzz")
