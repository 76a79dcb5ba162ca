"""Names that do not resolve; numeric addresses are not asked for."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from moveready.doctor.finding import Result
from moveready.doctor.names import Lookup, failed_lookup, find_names, is_loopback, looked_up, lookups_of

if TYPE_CHECKING:
    from tests.doctor.conftest import InventoryOf

HERE = Lookup(frozenset({"10.0.0.1"}))
NOBODY = Lookup(failure="Name or service not known")
LATER = Lookup(failure="Temporary failure in name resolution", is_unknown=True)


def test_the_resolver_of_this_machine_is_asked() -> None:
    """Every machine knows itself."""
    assert looked_up("localhost").addresses & {"127.0.0.1", "::1"}


@pytest.mark.parametrize("name", [f"{'a' * 64}.invalid", "a..b"])
def test_a_name_that_cannot_be_one_does_not_resolve(name: str) -> None:
    """Python refuses it before DNS is asked, with an exception of its own."""
    assert looked_up(name) == Lookup(failure="it is no valid name")


def test_a_name_that_does_not_exist_has_no_address() -> None:
    """`.invalid` never exists (RFC 6761); without DNS, nobody knows."""
    found = looked_up("ex02.invalid")

    assert (bool(found.failure), found.addresses) == (True, frozenset())


@pytest.mark.parametrize(
    ("number", "is_unknown"), [(socket.EAI_AGAIN, True), (socket.EAI_NONAME, False), (socket.EAI_FAIL, False)]
)
def test_only_a_dns_that_gave_no_answer_is_unknown(number: int, is_unknown: bool) -> None:
    """Every other error is an answer."""
    assert failed_lookup(socket.gaierror(number, "so it is")) == Lookup(failure="so it is", is_unknown=is_unknown)


def test_numbers_are_not_asked_for() -> None:
    """A lab's inventory has nothing else."""
    asked: list[str] = []

    def look(name: str) -> Lookup:
        asked.append(name)
        return HERE

    found = lookups_of(["127.0.0.1", "0:0::1", "ex01", "ex01"], 60, look)
    assert asked == ["ex01"]
    assert found["0:0::1"].addresses == {"::1"}


def test_a_name_without_an_answer_in_time_is_unknown() -> None:
    """A resolver may take half a minute, and nothing can end it."""
    over = threading.Event()

    def look(_: str) -> Lookup:
        over.wait(60)
        return HERE

    found = lookups_of(["ex01"], 0.2, look)
    over.set()
    assert found["ex01"] == Lookup(failure="DNS gave no answer within 0.2 s", is_unknown=True)


@pytest.mark.parametrize(
    ("lookup", "result", "told"),
    [
        (NOBODY, Result.PROBLEM, "the name does not resolve (Name or service not known)"),
        (LATER, Result.UNKNOWN, "the name cannot be looked up: Temporary failure in name resolution"),
    ],
)
def test_a_name_that_does_not_resolve_is_told(
    inventory_of: InventoryOf, lookup: Lookup, result: Result, told: str
) -> None:
    """Where DNS itself does not answer, nothing is known of the name."""
    lookups = {"ex01.contoso.com": HERE, "ex02.contoso.com": lookup}
    (finding,) = find_names(inventory_of("ex01.contoso.com", "ex02.contoso.com"), lookups)

    assert (finding.looked_at, finding.result, finding.told) == ("ex02.contoso.com", result, told)
    assert finding.next_step


def test_a_dns_that_answers_nothing_is_one_line(inventory_of: InventoryOf) -> None:
    """It is not the fault of a thousand names."""
    lookups = {"ex01.contoso.com": LATER, "ex02.contoso.com": LATER, "10.0.0.3": HERE}
    servers = ("ex01.contoso.com", "ex02.contoso.com", "{name: ex03.contoso.com, address: 10.0.0.3}")
    (finding,) = find_names(inventory_of(*servers), lookups)

    assert (finding.looked_at, finding.result) == ("names", Result.UNKNOWN)
    assert finding.told == "none of 2 can be looked up: Temporary failure in name resolution"


def test_the_address_of_a_server_stands_for_its_name(inventory_of: InventoryOf) -> None:
    """It is what is connected to."""
    inventory = inventory_of("{name: ex01.contoso.com, address: gone.contoso.com}")
    (finding,) = find_names(inventory, {"gone.contoso.com": NOBODY})

    assert finding.told.startswith("its address gone.contoso.com does not resolve")


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ("ex01.contoso.com", "1 of 1 resolve"),
        ("{name: ex01.contoso.com, address: 10.0.0.1}", "every server has a numeric `address`"),
    ],
)
def test_names_that_all_resolve_are_one_line(inventory_of: InventoryOf, server: str, told: str) -> None:
    """Of a thousand servers nobody wants a thousand."""
    (finding,) = find_names(inventory_of(server), {"ex01.contoso.com": HERE, "10.0.0.1": HERE})

    assert (finding.result, finding.told) == (Result.GOOD, told)


@pytest.mark.parametrize(
    ("name", "is_it"), [("127.0.0.1", True), ("::1", True), ("10.0.0.1", False), ("localhost", False)]
)
def test_only_a_numeric_address_is_known_to_be_this_machine(name: str, is_it: bool) -> None:
    """To know it of a name, it would have to be looked up."""
    assert is_loopback(name) is is_it


def test_an_exchange_host_that_is_no_server_is_looked_at(inventory_of: InventoryOf) -> None:
    """The flag is asked of it."""
    inventory = inventory_of("ex01.contoso.com", exchange="ex09.contoso.com")

    (finding,) = find_names(inventory, {"ex01.contoso.com": HERE, "ex09.contoso.com": NOBODY})

    assert finding.looked_at == "ex09.contoso.com"
