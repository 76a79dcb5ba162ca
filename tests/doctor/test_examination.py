"""The whole command, run on inventories and on a lab: its lines, its exit code, and what reaches the servers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from moveready.doctor.examination import Depth, Examination, examine, not_looked_at, server_to_log_in_to
from moveready.doctor.finding import Result
from moveready.errors import InventoryError
from moveready.lab.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab
    from tests.conftest import LabWith
    from tests.doctor.conftest import InventoryOf, RunDoctor

EX01, EX02 = "ex01.contoso.com", "ex02.contoso.com"
HERE = "{name: ex01.contoso.com, address: 127.0.0.1}"


def test_healthy_servers_have_nothing(six: Lab, run_doctor: RunDoctor) -> None:
    """Exit code 0, as far as it goes; and every line is one that says so."""
    result = run_doctor(six.inventory_file, "--login")
    words = {line.split()[0] for line in result.output.splitlines()}

    assert (result.exit_code, words) == (0, {"moveready", "ok", "Result:"})
    assert result.output.endswith("Result: nothing was found that would stop a run (exit code 0)\n")


def test_without_options_no_server_is_asked(six: Lab, run_doctor: RunDoctor) -> None:
    """And no name is looked up: a lab has addresses. The output says what was left out."""
    result = run_doctor(six.inventory_file)

    assert (result.exit_code, six.log.requests()) == (0, 0)
    assert "names: every server has a numeric `address`" in result.output
    assert "No server was asked: --connect" in result.output


def test_connect_asks_without_a_login(six: Lab, run_doctor: RunDoctor) -> None:
    """Three Exchange hosts, and two endpoints of each server."""
    result = run_doctor(six.inventory_file, "--connect")

    assert (result.exit_code, six.log.requests(), six.log.credentials) == (0, 15, ())
    assert "Nobody logged in: --login" in result.output


def test_login_is_made_on_one_server(six: Lab, run_doctor: RunDoctor) -> None:
    """The one that is named, by its short name, too."""
    result = run_doctor(six.inventory_file, "--login", "--server=EX05")

    assert result.exit_code == 0
    assert {entry.server for entry in six.log.logins(channel="windows")} == {"ex05.contoso.com"}
    assert {entry.server for entry in six.log.logins(channel="https")} == {"ex05.contoso.com"}
    assert {entry.server for entry in six.log.logins(channel="exchange")} == {EX01}


def test_problems_are_exit_code_1(lab_with: LabWith, run_doctor: RunDoctor) -> None:
    """One line for each, and a login to a closed port is not tried on top."""
    lab = lab_with(down=["windows"])
    result = run_doctor(lab.inventory_file, "--login")
    lines = result.output.splitlines()

    assert result.exit_code == 1
    assert len([line for line in lines if line.startswith("problem ")]) == 1
    assert f"note     {EX01}, Windows endpoint: no login was tried, because of what is said above." in lines
    assert lines[-1] == "Result: 1 problem (exit code 1)"


def test_what_is_unknown_is_exit_code_10(lab_with: LabWith, run_doctor: RunDoctor) -> None:
    """The server may only be slow; --timeout says how long is waited."""
    lab = lab_with()
    lab.inject(EX01, "https", Fault(FaultKind.SILENT))
    result = run_doctor(lab.inventory_file, "--connect", "--timeout=0.5")

    assert result.exit_code == 10
    assert "said nothing for 0.5 s" in result.output
    assert result.output.endswith("Result: 1 unknown (exit code 10)\n")


def test_lines_fit_into_a_terminal(lab_with: LabWith, run_doctor: RunDoctor) -> None:
    """Of 80 columns; the words of one finding stand below each other."""
    lab = lab_with(down=["windows"])
    output = run_doctor(lab.inventory_file, "--connect", columns=80).output
    lines = [line for line in output.splitlines() if "lab-ca.pem" not in line]

    assert max(map(len, lines)) <= 80
    assert any(line.startswith("         ") for line in lines)


def test_a_name_that_does_not_resolve_is_not_connected_to(
    inventory_file: Callable[..., Path], run_doctor: RunDoctor
) -> None:
    """It was reported, and connecting would report it again for each endpoint."""
    result = run_doctor(inventory_file("ex02.invalid", exchange="ex02.invalid"), "--login", "--timeout=60")
    lines = [line for line in result.output.splitlines() if line.startswith(("problem ", "unknown "))]

    assert result.exit_code in {1, 10}  # without a resolver, nobody knows
    assert [line.split(":")[0].split()[-1] for line in lines] == ["ex02.invalid"]


def test_authorities_that_cannot_be_used_are_told_once(
    lab_with: LabWith, run_doctor: RunDoctor, tmp_path: Path
) -> None:
    """And not again for each endpoint; those without TLS are tried."""
    lab = lab_with({"name": EX01}, {"name": EX02})
    lab.ca_file.write_text("no certificate\n", encoding="utf-8")
    result = run_doctor(lab.inventory_file, "--connect")
    problems = [line for line in result.output.splitlines() if line.startswith("problem ")]

    assert [line.split(": ")[0] for line in problems] == [f"problem  ca_file {tmp_path / 'lab-ca.pem'}"] * 2
    assert (len(lab.log.entries(channel="https")), len(lab.log.entries(channel="windows"))) == (0, 2)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--server=ex01"], "there is no --login"),
        (["--login", "--server=ex09"], "matches no server"),
        (["--login", "--server=ex0*"], "matches 2 servers"),
    ],
)
def test_wrong_usage_is_exit_code_4(
    inventory_file: Callable[..., Path], run_doctor: RunDoctor, options: list[str], told: str
) -> None:
    """Before anything is looked at."""
    result = run_doctor(inventory_file(HERE, "{name: ex02.contoso.com, address: 127.0.0.1}"), *options)

    assert result.exit_code == 4
    assert told in result.output


def test_a_server_may_be_named_in_any_way_that_means_one(inventory_of: InventoryOf) -> None:
    """As --limit takes it."""
    inventory = inventory_of(EX01, EX02)

    assert server_to_log_in_to(inventory, "ex02").name == EX02
    with pytest.raises(InventoryError, match="matches 2 servers"):
        server_to_log_in_to(inventory, "ex0*")


def test_a_failure_of_our_own_hides_nothing_else(inventory_of: InventoryOf) -> None:
    """It is unknown, without a traceback; here, the inventory has lost its files."""
    broken = replace(inventory_of(HERE), files=(), notify=("env:NO_URL",))
    found = list(examine(Examination(inventory=broken, environ={})))

    (failed,) = [finding for finding in found if finding.result is Result.UNKNOWN]
    assert failed.looked_at == "notify"
    assert "moveready itself failed here (IndexError" in failed.told
    assert found[-1].looked_at == "addresses"


@pytest.mark.parametrize(("depth", "names_it"), [(Depth.NAMES, True), (Depth.CONNECT, True), (Depth.LOGIN, False)])
def test_what_was_left_out_names_the_option(depth: Depth, names_it: bool) -> None:
    """Nobody should take a short look for a long one."""
    assert ("--login" in not_looked_at(depth)) is names_it
