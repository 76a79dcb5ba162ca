"""Ports, certificates and clocks, of all servers at once and without a login."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.doctor.connections import (
    find_clocks,
    find_ports,
    greetings_of,
    own_clock_finding,
    targets_of,
)
from moveready.doctor.finding import Finding, Result
from moveready.errors import UnreachableError
from moveready.inventory import load_inventory
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.probing import Greeting
from tests.builders import NOON

if TYPE_CHECKING:
    from moveready.lab.server import Lab
    from tests.conftest import LabWith
    from tests.doctor.conftest import InventoryOf

EX01, EX02 = "ex01.contoso.com", "ex02.contoso.com"


def ports_and_clocks(lab: Lab, seconds: float = 30) -> list[Finding]:
    """What connecting to a lab finds, apart from what is well."""
    greetings = greetings_of(targets_of(load_inventory(lab.inventory_file, {})), seconds)
    found = [*find_ports(greetings), *find_clocks(greetings)]
    return [finding for finding in found if finding.result is not Result.GOOD]


def greeting(ahead: timedelta | None = timedelta()) -> Greeting:
    """A challenge of a server whose clock is so much ahead of ours; None if it does not say its time."""
    return Greeting(401, None if ahead is None else NOON + ahead, NOON)


def test_a_run_uses_exchange_at_its_hosts_only(inventory_of: InventoryOf) -> None:
    """The port of a server that no run asks may be closed by a firewall."""
    found = targets_of(inventory_of(EX01, EX02))

    assert [(target.server, target.channel) for target in found] == [
        (EX01, "Exchange endpoint"),
        (EX01, "Windows endpoint"),
        (EX01, "HTTPS endpoint"),
        (EX02, "Windows endpoint"),
        (EX02, "HTTPS endpoint"),
    ]


def test_healthy_servers_are_counted(lab_with: LabWith) -> None:
    """With TLS on WinRM, too; every endpoint was asked once, and nobody logged in."""
    lab = lab_with(windows_tls=True)
    greetings = greetings_of(targets_of(load_inventory(lab.inventory_file, {})), 30)
    told = [finding.told for finding in [*find_ports(greetings), *find_clocks(greetings)]]

    assert told == [
        "3 of 3 endpoints answer",
        "2 of 2 endpoints with TLS show one that is accepted",
        "1 of 1 server and this machine are within five minutes of each other",
    ]
    assert lab.log.requests() == 3
    assert (lab.log.credentials, lab.log.logins()) == ((), ())


def test_a_port_that_refuses_is_told(lab_with: LabWith) -> None:
    """With the server, the channel, its address, and the step."""
    lab = lab_with(down=["windows"])
    (finding,) = ports_and_clocks(lab)

    port = lab.ports[EX01]["windows"]
    assert finding.looked_at == f"{EX01}, Windows endpoint http://{EX01}:{port}, while connecting"
    assert (finding.result, finding.told) == (Result.PROBLEM, "no connection: Connection refused")
    assert "firewall" in finding.next_step


def test_a_port_that_is_silent_is_unknown(lab_with: LabWith) -> None:
    """After the time of --timeout; its server is asked the time at the other port."""
    lab = lab_with()
    lab.inject(EX01, "https", Fault(FaultKind.SILENT))
    (finding,) = ports_and_clocks(lab, seconds=0.5)

    assert finding.looked_at.startswith(f"{EX01}, HTTPS endpoint https://{EX01}:")
    assert (finding.result, finding.told) == (Result.UNKNOWN, "it accepted the connection and said nothing for 0.5 s")
    assert "--timeout" in finding.next_step


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (FaultKind.TLS_WRONG_NAME, f"its certificate is not valid for {EX01}"),
        (FaultKind.TLS_OTHER_AUTHORITY, "signed by an authority that is not trusted here"),
        (FaultKind.TLS_EXPIRED, "its certificate expired on 2019-12-31"),
    ],
)
def test_a_certificate_that_is_refused_is_told(lab_with: LabWith, kind: FaultKind, told: str) -> None:
    """By the authority and the name of the inventory."""
    lab = lab_with()
    lab.inject(EX01, "https", Fault(kind))
    (finding,) = ports_and_clocks(lab)

    assert finding.result is Result.PROBLEM
    assert told in finding.told


@pytest.mark.parametrize(("seconds", "told"), [(725, "12 minutes ahead of"), (-7200, "2 hours behind")])
def test_a_clock_that_is_wrong_is_told(lab_with: LabWith, seconds: int, told: str) -> None:
    """Once for its server, though only one of its endpoints shows it."""
    lab = lab_with()
    lab.inject(EX01, "windows", Fault(FaultKind.CLOCK, seconds=seconds))
    (finding,) = ports_and_clocks(lab)

    assert (finding.looked_at, finding.result) == (EX01, Result.PROBLEM)
    assert told in finding.told


def test_a_clock_within_five_minutes_is_well(lab_with: LabWith) -> None:
    """A minute is nothing."""
    lab = lab_with()
    lab.inject(EX01, "https", Fault(FaultKind.CLOCK, seconds=60))

    assert ports_and_clocks(lab) == []


def test_a_server_that_tells_no_time_is_unknown(inventory_of: InventoryOf) -> None:
    """And one that gave no answer has been reported already."""
    _, windows, https, *_ = targets_of(inventory_of(EX01))
    unreachable = UnreachableError(EX01, "HTTPS endpoint", "no connection", "Is it up?")
    (finding,) = find_clocks({windows: greeting(None), https: unreachable})

    assert (finding.looked_at, finding.result) == (EX01, Result.UNKNOWN)
    assert list(find_clocks({https: unreachable})) == []


def test_the_worst_clock_of_a_server_is_told(inventory_of: InventoryOf) -> None:
    """A proxy in front of one endpoint may have the right time."""
    _, windows, https = targets_of(inventory_of(EX01))
    (finding,) = find_clocks({windows: greeting(), https: greeting(timedelta(minutes=-30))})

    assert "30 minutes behind" in finding.told


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("aheads", "told"),
    [
        ([HOUR, 2 * HOUR], "its clock is 60 minutes behind those of all 2 servers, or more"),
        ([-3 * HOUR, -2 * HOUR], "its clock is 2 hours ahead of those of all 2 servers, or more"),
    ],
)
def test_a_clock_that_differs_from_all_others_is_the_wrong_one(aheads: list[timedelta], told: str) -> None:
    """One line for this machine, and none for each server."""
    finding = own_clock_finding(aheads)

    assert finding is not None
    assert (finding.looked_at, finding.result) == ("this machine", Result.PROBLEM)
    assert finding.told.startswith(told)


@pytest.mark.parametrize("aheads", [[], [HOUR], [HOUR, None], [HOUR, timedelta()], [HOUR, -HOUR]])
def test_a_clock_that_some_agree_with_is_well(aheads: list[timedelta | None]) -> None:
    """Or one that too few can tell of."""
    assert own_clock_finding(aheads) is None


def test_this_machine_is_told_once(six: Lab) -> None:
    """All six servers are ahead of it."""
    for server in six.ports:
        six.inject(server, "windows", Fault(FaultKind.CLOCK, seconds=1000))
    (finding,) = ports_and_clocks(six)

    assert finding.looked_at == "this machine"


def test_a_connection_that_never_ends_is_unknown(inventory_of: InventoryOf) -> None:
    """Such as one whose name is looked up all the time."""
    _, windows, _ = targets_of(inventory_of(EX01))
    (finding,) = find_ports({windows: None})

    assert (finding.result, finding.told) == (Result.UNKNOWN, "connecting did not end in time")
