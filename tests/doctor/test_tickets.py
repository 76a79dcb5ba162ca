"""What it means that the KDC gives a ticket or not; and the doctor where no KDC answers, if Kerberos is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.doctor.finding import Result
from moveready.doctor.libraries import has_kerberos
from moveready.doctor.tickets import find_tickets, kdc_clock_finding, ticket_finding, uses_of_kerberos
from moveready.inventory import Auth, Credential
from moveready.remoting.login_failures import (
    ACCOUNT_CLOSED,
    CLOCK,
    NO_KDC,
    NO_TICKET,
    PASSWORD_EXPIRED,
    SILENT_KDC,
    UNKNOWN_ACCOUNT,
    WRONG_PASSWORD,
    LoginFailure,
)
from moveready.remoting.logins import Logins
from tests.kerberos.kdc import clients_conf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.doctor.conftest import InventoryOf

NEEDS_KERBEROS = pytest.mark.skipif(
    os.name == "nt" or not has_kerberos(), reason="the libraries of Kerberos (moveready[kerberos]) are not installed"
)
TICKET = Credential("admin", Auth.KERBEROS)
PASSWORD = r"{auth: negotiate, username: CONTOSO\svc, password: env:PASSWORD}"


@pytest.mark.parametrize(
    ("failure", "result"),
    [
        (None, Result.GOOD),
        (SILENT_KDC, Result.UNKNOWN),
        (NO_KDC, Result.PROBLEM),
        (NO_TICKET, Result.PROBLEM),
        (CLOCK, Result.PROBLEM),
    ],
)
def test_kerberos_needs_a_ticket(failure: LoginFailure | None, result: Result) -> None:
    """A KDC that says nothing may only be slow."""
    finding = ticket_finding(TICKET, failure)

    assert (finding.looked_at, finding.result) == ("credential `admin`", result)
    assert bool(finding.next_step) == (failure is not None)


@pytest.mark.parametrize("failure", [SILENT_KDC, NO_KDC, NO_TICKET, UNKNOWN_ACCOUNT])
def test_negotiate_goes_on_with_ntlm(failure: LoginFailure) -> None:
    """The servers take it, but not the Exchange endpoint."""
    finding = ticket_finding(replace(TICKET, auth=Auth.NEGOTIATE), failure)

    assert finding.result is Result.NOTE
    assert "NTLM will be used" in finding.told
    assert "The Exchange endpoint takes Kerberos only" in finding.next_step


@pytest.mark.parametrize("failure", [WRONG_PASSWORD, ACCOUNT_CLOSED, PASSWORD_EXPIRED, CLOCK])
def test_what_ntlm_would_refuse_too_is_a_problem(failure: LoginFailure) -> None:
    """The domain controller is the same."""
    assert ticket_finding(replace(TICKET, auth=Auth.NEGOTIATE), failure).result is Result.PROBLEM


def test_an_unknown_account_of_the_ticket_cache_is_not_in_the_inventory() -> None:
    """There is no username to be corrected there."""
    assert "inventory" not in ticket_finding(TICKET, UNKNOWN_ACCOUNT).next_step
    assert "inventory" in ticket_finding(replace(TICKET, username="svc@X"), UNKNOWN_ACCOUNT).next_step


@pytest.mark.parametrize(
    ("ahead", "can_be_read", "result"),
    [
        (timedelta(minutes=2), True, Result.GOOD),
        (timedelta(minutes=-12), True, Result.PROBLEM),
        (None, True, Result.UNKNOWN),
        (None, False, Result.NOTE),
    ],
)
def test_clock_of_the_kdc_is_compared(ahead: timedelta | None, can_be_read: bool, result: Result) -> None:
    """Where nothing can read it, Windows itself refuses; elsewhere an unread clock is unknown."""
    assert kdc_clock_finding(ahead, can_be_read=can_be_read).result is result


def test_every_credential_is_asked_for_once(inventory_of: InventoryOf) -> None:
    """With the first service that it is used for."""
    inventory = inventory_of("ex01.contoso.com", "ex02.contoso.com", credential="{auth: kerberos}")

    ((credential, principal),) = uses_of_kerberos(inventory)
    assert (credential.name, principal) == ("admin", ("http", "ex01.contoso.com"))


def test_a_server_that_exchange_is_not_asked_at_has_the_service_of_windows(inventory_of: InventoryOf) -> None:
    """The Exchange host has a credential of its own."""
    servers = "{name: ex02.contoso.com, credential: other}"
    more = "groups: {}"
    file = inventory_of("ex01.contoso.com", credential="{auth: kerberos}", more=more).files[0]
    text = file.read_text(encoding="utf-8").replace("{admin: {auth: kerberos}}", "{admin: {auth: kerberos}, other: {}}")
    file.write_text(f"{text}  - {servers}\n", encoding="utf-8")
    from moveready.inventory import load_inventory

    _, (credential, principal) = uses_of_kerberos(load_inventory(file, {}))
    assert (credential.name, principal) == ("other", ("host", "ex02.contoso.com"))


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_lab_never_looks_for_a_kdc(inventory_of: InventoryOf, auth: str) -> None:
    """Every one of its servers is on this machine."""
    credential = PASSWORD.replace("negotiate", auth)
    inventory = inventory_of("{name: ex01.contoso.com, address: 127.0.0.1}", credential=credential)

    assert uses_of_kerberos(inventory) == []
    assert list(find_tickets(inventory, Logins())) == []


def test_negotiate_elsewhere_asks_for_a_ticket(inventory_of: InventoryOf) -> None:
    """As a run does."""
    inventory = inventory_of("ex01.contoso.com", credential=PASSWORD)

    assert [use.credential.name for use in uses_of_kerberos(inventory)] == ["admin"]


@pytest.mark.skipif(has_kerberos(), reason="the Kerberos libraries are installed here")
def test_without_the_libraries_negotiate_is_told_to_be_ntlm(inventory_of: InventoryOf) -> None:
    """And what to install."""
    (finding,) = find_tickets(inventory_of("ex01.contoso.com", credential=PASSWORD), Logins())

    assert finding.result is Result.NOTE
    assert 'pip install "moveready[kerberos]"' in finding.next_step


@pytest.fixture
def doctor_with_kdc_at(inventory_file: Callable[..., Path], tmp_path: Path) -> Callable[[int], tuple[int, str]]:
    """Exit code and output of the doctor with this KDC; in a process of its own, as libkrb5 keeps its settings."""

    def run(port: int) -> tuple[int, str]:
        conf = tmp_path / "krb5.conf"
        conf.write_text(clients_conf(port), encoding="utf-8")
        credential = "{auth: kerberos, username: svc@CONTOSO.COM, password: env:PASSWORD}"
        file = inventory_file("{name: ex01.contoso.com, address: 127.0.0.1}", credential=credential)
        ended = subprocess.run(
            [sys.executable, "-c", "from moveready.cli import main; main()", "doctor", f"--inventory={file}"],
            env={**os.environ, "KRB5_CONFIG": str(conf), "PASSWORD": "secret", "COLUMNS": "1000"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return ended.returncode, ended.stdout

    return run


@NEEDS_KERBEROS
def test_no_kdc_is_a_problem(doctor_with_kdc_at: Callable[[int], tuple[int, str]], refusing_port: int) -> None:
    """Its port refuses."""
    code, output = doctor_with_kdc_at(refusing_port)

    assert "problem  credential `admin`: no domain controller (KDC) can be reached" in output
    assert code == 1


@NEEDS_KERBEROS
@pytest.mark.heavy
def test_a_silent_kdc_is_unknown(doctor_with_kdc_at: Callable[[int], tuple[int, str]], silent_port: int) -> None:
    """After the ten seconds that a run waits, too; libkrb5 itself would take much longer."""
    code, output = doctor_with_kdc_at(silent_port)

    assert "unknown  credential `admin`: no domain controller (KDC) answered in time" in output
    assert code == 10
