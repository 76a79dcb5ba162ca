"""Who may have a shell, and when it ends by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psrpcore
import pytest

from moveready.lab.pipeline import Endpoint
from moveready.lab.shell_table import Caller, ShellHost, ShellTable
from moveready.lab.wsman import WsmanRequest
from moveready.lab.wsman_faults import WsmanError

ME, OTHER = Caller("CONTOSO\\me", "127.0.0.1"), Caller("CONTOSO\\other", "127.0.0.1")
CONFIGURATION = "http://schemas.microsoft.com/powershell/Microsoft."


class Bench:
    """A table with a clock that the test moves."""

    def __init__(self, endpoint: Endpoint = Endpoint.WINDOWS, *, is_2010: bool = False) -> None:
        self.time = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.table = ShellTable(ShellHost(endpoint, "ex01.contoso.com", "contoso.com", is_2010, lambda: self.time))
        client = psrpcore.ClientRunspacePool()
        client.open()
        sent = client.data_to_send()
        assert sent is not None
        name = "Exchange" if endpoint is Endpoint.EXCHANGE else "PowerShell"
        self.create = WsmanRequest("Create", resource_uri=f"{CONFIGURATION}{name}", data=sent.data)

    def open(self, shell_id: str, caller: Caller = ME, idle_seconds: float | None = None) -> float:
        """Open a shell; its IdleTimeOut."""
        request = replace(self.create, shell_id=shell_id, idle_seconds=idle_seconds)
        return self.table.create(request, caller).description.idle_seconds

    def passes(self, seconds: float) -> None:
        """Move the clock."""
        self.time += timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("wished", "idle"), [(None, 7200.0), (120.5, 120.5), (1.0, 60.0), (1e10, 2147483.647)], ids=str
)
def test_idle_timeouts_have_limits(wished: float | None, idle: float) -> None:
    """What the client asks for, within Windows' limits."""
    assert Bench().open("A", idle_seconds=wished) == idle


def test_exchanges_shells_are_idle_sooner() -> None:
    """A quarter of an hour."""
    assert Bench(Endpoint.EXCHANGE).open("A") == 900.0


def test_an_idle_shell_is_gone() -> None:
    """Only that one, and only when its time is over."""
    bench = Bench()
    bench.open("A", idle_seconds=100)
    bench.open("B", idle_seconds=300)
    bench.passes(99)
    before = len(bench.table)
    bench.passes(1)

    assert (before, len(bench.table)) == (2, 1)
    assert bench.table.find("B", ME).description.shell_id == "B"
    with pytest.raises(WsmanError, match="ShellId A failed because the shell was not found"):
        bench.table.find("A", ME)


def test_a_request_keeps_its_shell() -> None:
    """While it is under way, and for a whole idle timeout afterwards."""
    bench = Bench()
    bench.open("A", idle_seconds=100)
    with bench.table.in_use("A"):
        bench.passes(1000)
        during = len(bench.table)
    bench.passes(99)
    after = len(bench.table)
    bench.passes(1)

    assert (during, after, len(bench.table)) == (1, 1, 0)


def test_a_request_for_no_shell_is_no_use() -> None:
    """The operation itself says that there is none."""
    bench = Bench()
    with bench.table.in_use("NOWHERE"), bench.table.in_use(None):
        assert len(bench.table) == 0


def test_a_shell_tells_its_ages() -> None:
    """How long it exists, and how long nobody has used it."""
    bench = Bench()
    bench.open("A")
    bench.passes(10)
    with bench.table.in_use("A"):
        pass
    bench.passes(5)
    described = bench.table.find("A", ME).described(bench.time)

    assert (described.run_seconds, described.inactive_seconds) == (15.0, 5.0)


def test_a_user_has_a_limited_number_of_shells_in_windows() -> None:
    """Each user has thirty, and one that is idle does not count."""
    bench = Bench()
    for number in range(30):
        bench.open(f"{number}", idle_seconds=100 if number == 0 else None)
    bench.open("OTHER", OTHER)
    with pytest.raises(WsmanError, match="maximum number of concurrent shells for this user has been exceeded"):
        bench.open("ONE MORE")
    bench.passes(100)

    assert bench.open("ONE MORE") == 7200.0


def test_exchange_2010_refuses_the_shell_itself() -> None:
    """In WinRM's words."""
    bench = Bench(Endpoint.EXCHANGE, is_2010=True)
    for number in range(18):
        bench.open(f"{number}")

    with pytest.raises(WsmanError, match="a maximum number of 18 concurrent shells"):
        bench.open("ONE MORE")


def test_later_versions_create_the_shell_and_refuse_its_use() -> None:
    """The fault waits for the first Receive."""
    bench = Bench(Endpoint.EXCHANGE)
    for number in range(18):
        bench.open(f"{number}")
    bench.open("ONE MORE")
    refusal = bench.table.find("ONE MORE", ME).refusal

    assert bench.table.find("17", ME).refusal is None
    assert refusal is not None
    assert "allowed : 18 for the policy party : MaxConcurrency" in refusal.message


def test_another_configuration_is_not_found() -> None:
    """So is the shell of cmd: the lab's servers are without that plug-in."""
    bench = Bench()
    for uri in (f"{CONFIGURATION}Exchange", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"):
        with pytest.raises(WsmanError, match="was not found in the WS-Management catalog"):
            bench.table.create(replace(bench.create, resource_uri=uri), ME)


def test_what_is_no_pool_opens_no_shell() -> None:
    """And leaves none."""
    bench = Bench()
    with pytest.raises(ValueError, match="PSRP"):
        bench.table.create(replace(bench.create, data=b"garbage"), ME)

    assert len(bench.table) == 0


@pytest.mark.parametrize(
    ("endpoint", "is_2010", "stamped"),
    [
        (Endpoint.WINDOWS, False, False),
        (Endpoint.EXCHANGE, False, True),
        (Endpoint.EXCHANGE, True, False),
    ],
)
def test_the_front_end_of_exchange_stamps_what_it_passes_on(endpoint: Endpoint, is_2010: bool, stamped: bool) -> None:
    """Since Exchange 2013."""
    with pytest.raises(WsmanError, match="ShellId A failed because the shell was not found") as caught:
        Bench(endpoint, is_2010=is_2010).table.find("A", ME)

    assert ("[FailureCategory=WSMan-InvalidShellID]" in caught.value.message) is stamped
