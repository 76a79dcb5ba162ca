"""The ready inventory, read back by the code that reads everybody's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from moveready.inventory import Auth, Inventory, Phase, Secret, load_inventory
from moveready.lab.auth import write_for_owner
from moveready.lab.fleet import fleet_from
from moveready.lab.inventory import TICKET, Access, inventory_text, ntlm_credential
from moveready.lab.state import organization_from

if TYPE_CHECKING:
    from pathlib import Path


def loaded(folder: Path, *servers: dict[str, Any], windows_tls: bool = False, has_kerberos: bool = False) -> Inventory:
    """The inventory of a fleet, written and loaded."""
    organization = organization_from(fleet_from(servers=list(servers)), datetime(2026, 3, 2, tzinfo=UTC))
    ports = {name: {"exchange": 1, "windows": 2, "https": 3} for name in organization.servers}
    (folder / "lab-ca.pem").touch()
    write_for_owner(folder / "password", "made-up\n")
    login = TICKET if has_kerberos else ntlm_credential("CONTOSO\\svc", "file:password")
    way = Access(ports, "lab-ca.pem", login, windows_tls)
    (folder / "inventory.yaml").write_text(inventory_text(organization, way), encoding="utf-8")
    return load_inventory(folder / "inventory.yaml", {})


def test_the_facts_of_the_fleet_arrive(tmp_path: Path) -> None:
    """Group, site, pool, phase and the leave to fix are those of the fleet's file; the way there is the lab's."""
    facts = {"group": "fra", "site": "Frankfurt am Main", "pool": "mail.contoso.com", "phase": "idle", "fix": "allowed"}
    server = loaded(tmp_path, {"name": "ex01.contoso.com", **facts}).servers[0]

    assert (server.group, server.site, server.pool, server.phase) == (
        "fra",
        "Frankfurt am Main",
        "mail.contoso.com",
        Phase.IDLE,
    )
    assert (server.fix_allowed, server.connect_to, server.ports.https) == (True, "127.0.0.1", 3)


def test_the_account_and_the_authority_arrive(tmp_path: Path) -> None:
    """The inventory logs in as it stands, and asks for no KDC where there is none."""
    server = loaded(tmp_path, {"name": "ex01.contoso.com"}).servers[0]

    assert (server.credential.auth, server.credential.username) == (Auth.NTLM, "CONTOSO\\svc")
    assert (server.credential.password, server.tls.ca_file) == (Secret("made-up"), tmp_path / "lab-ca.pem")


def test_a_lab_with_a_kdc_wants_a_ticket(tmp_path: Path) -> None:
    """Then the credential is the ticket of whoever runs the checks."""
    credential = loaded(tmp_path, {"name": "ex01.contoso.com"}, has_kerberos=True).servers[0].credential

    assert (credential.auth, credential.username, credential.password) == (Auth.KERBEROS, None, None)


@pytest.mark.parametrize("tls", [False, True])
def test_the_windows_channel_is_told_with_or_without_tls(tmp_path: Path, tls: bool) -> None:
    """The inventory says how WinRM is spoken to."""
    assert loaded(tmp_path, {"name": "ex01.contoso.com"}, windows_tls=tls).servers[0].tls.windows is tls


def test_the_first_servers_that_are_up_are_asked_about_the_organization(tmp_path: Path) -> None:
    """A server whose Exchange endpoint is down is no good to ask."""
    inventory = loaded(tmp_path, {"name": "a.contoso.com", "down": "all"}, {"name": "b.contoso.com", "copies": 4})

    assert [host.name for host in inventory.organization.exchange] == [
        f"b-000{number}.contoso.com" for number in (1, 2, 3)
    ]


def test_where_none_is_up_they_are_asked_all_the_same(tmp_path: Path) -> None:
    """The checks have to find out by themselves."""
    inventory = loaded(tmp_path, {"name": "a.contoso.com", "down": "all"})

    assert [host.name for host in inventory.organization.exchange] == ["a.contoso.com"]
