"""Logins to one server of a lab: what is told, and what reaches the lab."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from moveready.doctor.finding import Finding, Result
from moveready.doctor.logins import Conversations, exchange_host_for, https_finding
from moveready.inventory import load_inventory
from moveready.lab.auth import write_for_owner
from moveready.lab.faults import Fault, FaultKind
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from moveready.remoting.logins import Logins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import HttpAnswered, LabWith, ServerNamed
    from tests.doctor.conftest import InventoryOf

EX01 = "ex01.contoso.com"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of one server, for all tests that leave it as it is."""
    with Lab(fleet_from(servers=[{"name": EX01}]), folder=tmp_path_factory.mktemp("logins")) as lab:
        yield lab


@pytest.fixture
def lab(healthy: Lab) -> Iterator[Lab]:
    """The lab with an empty log, and without faults."""
    healthy.log.clear()
    yield healthy
    healthy.clear()


def found_in(
    lab: Lab, inventory: Path | None = None, left_out: frozenset[tuple[str, str]] = frozenset()
) -> list[Finding]:
    """What logging in to the first server finds."""
    known = load_inventory(inventory or lab.inventory_file, {})
    return list(Conversations(known, known.servers[0], Logins(), 30).findings(left_out))


def problems(findings: list[Finding]) -> list[Finding]:
    """Those that would stop a run."""
    return [finding for finding in findings if finding.result is Result.PROBLEM]


def test_every_channel_is_logged_in_to_once(lab: Lab) -> None:
    """One login each; nothing is left open, and MRSProxy is not asked, which would leave an event in the log."""
    found = found_in(lab)

    assert {finding.result for finding in found} == {Result.GOOD}
    assert [finding.looked_at for finding in found] == [
        f"{EX01}, Windows endpoint",
        f"{EX01}, event log",
        f"{EX01}, HTTPS endpoint",
        f"{EX01}, Exchange endpoint",
        f"{EX01}, RBAC roles",
    ]
    assert [len(lab.log.logins(channel=channel)) for channel in ("windows", "https", "exchange")] == [1, 1, 1]
    assert [lab.shells(EX01, channel) for channel in ("windows", "exchange")] == [0, 0]
    assert not any("mrsproxy" in entry.what.lower() for entry in lab.log.entries(channel="https"))


def test_nothing_is_changed(lab: Lab) -> None:
    """Every command reads."""
    found_in(lab)
    commands = [entry.what for entry in lab.log.entries(kind="command")]

    assert commands
    assert [line for line in commands if not line.startswith("Get-")] == []


def test_a_log_that_may_not_be_read_is_told(lab: Lab) -> None:
    """The login itself was well."""
    lab.inject(EX01, "windows", Fault(FaultKind.ACCESS_DENIED, command="Get-WinEvent"))
    found = found_in(lab)

    (problem,) = problems(found)
    assert problem.looked_at == f"{EX01}, event log"
    assert "Attempted to perform an unauthorized operation" in problem.told
    assert "Event Log Readers" in problem.next_step
    assert found[0].told == "the login with `lab` is accepted"
    assert lab.shells(EX01, "windows") == 0


def test_a_missing_role_is_named(tmp_path: Path) -> None:
    """Exchange does not know the command, and says nothing of a right."""
    fleet = fleet_from(servers=[{"name": EX01}], rbac=["Exchange Servers"])
    with Lab(fleet, folder=tmp_path) as lab:
        (problem,) = problems(found_in(lab))
        shells = lab.shells(EX01, "exchange")

    assert problem.looked_at == f"{EX01}, RBAC roles"
    assert "does not have the cmdlet Get-WebServicesVirtualDirectory" in problem.told
    assert "`View-Only Configuration`" in problem.next_step
    assert shells == 0


def test_a_wrong_password_is_refused_twice_and_not_sent_again(lab: Lab, tmp_path: Path) -> None:
    """The rule of a run: three channels, two refusals, and the third says why it was not tried."""
    write_for_owner(tmp_path / "password", "not the password\n")
    text = lab.inventory_file.read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace(str(lab.password_file.absolute()), str(tmp_path / "password")), encoding="utf-8")
    found = found_in(lab, wrong)

    assert lab.log.credentials == (EX01, EX01)
    assert [finding.result for finding in found] == [Result.PROBLEM] * 3
    assert ["not tried here" in finding.told for finding in found] == [False, False, True]


def test_a_channel_that_gave_no_answer_is_left_out(lab: Lab) -> None:
    """It was reported before; the others are tried."""
    found = found_in(lab, left_out=frozenset({(EX01, "Windows endpoint")}))

    assert (found[0].looked_at, found[0].result) == (f"{EX01}, Windows endpoint", Result.NOTE)
    assert lab.log.entries(channel="windows") == ()
    assert lab.log.logins(channel="https")


def test_a_channel_that_refuses_hides_no_other(lab_with: LabWith) -> None:
    """Each of them is tried by itself."""
    lab = lab_with(down=["windows"])
    found = found_in(lab)

    (problem,) = problems(found)
    assert problem.looked_at.startswith(f"{EX01}, Windows endpoint")
    assert len(found) == 4


def test_a_session_that_breaks_after_its_login_says_both(lab: Lab) -> None:
    """The login was accepted, and then the question had no answer."""
    lab.inject(EX01, "exchange", Fault(FaultKind.DROP, action="Command"))
    found = found_in(lab)

    (problem,) = problems(found)
    assert "the connection broke" in problem.told
    assert found[found.index(problem) - 1].told == "the login with `lab` is accepted"


def test_exchange_is_asked_at_the_server_itself_where_a_run_may_ask_it(inventory_of: InventoryOf) -> None:
    """Else at the first host, which is where a run begins."""
    inventory = inventory_of(EX01, "ex02.contoso.com", exchange="ex09.contoso.com, ex02.contoso.com")
    asked = [exchange_host_for(inventory, server).name for server in inventory.servers]

    assert asked == ["ex09.contoso.com", "ex02.contoso.com"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"status": 401}, "was refused (401)"),
        ({"status": 503}, "it answers 503 without asking for a login"),
        ({"status": 200, "x_feserver": "EX02", "logged_in": True}, "EX02 answered, not EX01"),
    ],
)
def test_an_answer_without_a_login_of_this_server_is_a_problem(
    server_named: ServerNamed, http_answer: HttpAnswered, answer: dict[str, object], told: str
) -> None:
    """A device, another server, a refusal."""
    finding = https_finding(server_named(), http_answer(answer.pop("status"), **answer))

    assert finding.result is Result.PROBLEM
    assert told in finding.told


@pytest.mark.parametrize("status", [200, 302, 404])
def test_any_answer_after_a_login_is_well(server_named: ServerNamed, http_answer: HttpAnswered, status: int) -> None:
    """The login was what was tried."""
    assert https_finding(server_named(), http_answer(status, logged_in=True)).result is Result.GOOD


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_interrupted_while_logged_in(lab: Lab, await_shell: Callable[[], None]) -> None:
    """Exit code 2 without a traceback, and the session is closed."""
    lab.inject(EX01, "windows", Fault(FaultKind.HANG, action="Command"))
    line = [sys.executable, "-c", "from moveready.cli import main; main()", "doctor", "--login"]
    with subprocess.Popen(
        [*line, f"--inventory={lab.inventory_file}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,  # noqa: PLW1509 - as at a terminal
    ) as process:
        await_shell()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (2, "Interrupted: what is said above is not everything.\n")
    assert lab.shells(EX01, "windows") == 0


@pytest.fixture
def await_shell(lab: Lab) -> Callable[[], None]:
    """Wait until a pipeline was sent to the Windows endpoint."""

    def wait() -> None:
        ends = monotonic() + 120
        while not lab.shells(EX01, "windows"):
            assert monotonic() < ends, "nobody has opened a shell"
            sleep(0.01)

    return wait
