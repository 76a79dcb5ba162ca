"""Which logins the channels of a server take, with a keytab and without one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.lab.fleet import fleet_from
from moveready.lab.kerberos import KerberosServices
from moveready.lab.profile import LoginProfile
from moveready.lab.state import organization_from

if TYPE_CHECKING:
    from moveready.lab.state import LabServer

KEYTAB = Path("servers.keytab")
CONNECTION = b"tls-server-end-point:1234"
PLAIN, REAL = LoginProfile(()), LoginProfile((), KEYTAB)


def server(**facts: Any) -> LabServer:
    """EX01 with these facts."""
    organization = organization_from(
        fleet_from(servers=[{"name": "ex01.contoso.com", **facts}]), datetime(2026, 3, 2, tzinfo=UTC)
    )
    return organization.servers["ex01.contoso.com"]


@pytest.mark.parametrize(
    ("profile", "channel", "bindings", "schemes"),
    [
        (PLAIN, "exchange", None, ("Negotiate",)),
        (REAL, "exchange", None, ("Kerberos",)),
        (PLAIN, "windows", None, ("Negotiate",)),
        (REAL, "windows", None, ("Negotiate", "Kerberos")),
        (REAL, "windows", CONNECTION, ("Negotiate", "Kerberos", 'Basic realm="WSMAN"')),
        (PLAIN, "https", CONNECTION, ("Negotiate", "NTLM")),
        (REAL, "https", CONNECTION, ("Negotiate", "NTLM")),
    ],
)
def test_schemes_are_those_of_the_endpoint(
    profile: LoginProfile, channel: str, bindings: bytes | None, schemes: tuple[str, ...]
) -> None:
    """Exchange's PowerShell takes Kerberos alone, where there can be any."""
    assert profile.policy_for(channel, server(), bindings).schemes == schemes


@pytest.mark.parametrize(
    ("channel", "principals"),
    [
        ("exchange", {"http/ex01.contoso.com", "http/mail.contoso.com"}),
        ("https", {"http/ex01.contoso.com", "http/mail.contoso.com"}),
        ("windows", {f"{s}/{h}.contoso.com" for s in ("host", "http", "wsman") for h in ("ex01", "mail")}),
    ],
)
def test_tickets_are_for_the_services_of_the_endpoint(channel: str, principals: set[str]) -> None:
    """Under the name of the server, and that of its pool."""
    policy = REAL.policy_for(channel, server(pool="Mail.contoso.com"), None)

    assert policy.kerberos == KerberosServices(KEYTAB, frozenset(principals))
    assert PLAIN.policy_for(channel, server(), None).kerberos is None


@pytest.mark.parametrize(
    ("facts", "bindings", "required"),
    [
        ({}, None, False),
        ({"ews": {"extended_protection": "allow"}}, CONNECTION, False),
        ({"ews": {"extended_protection": "require"}}, CONNECTION, True),
        ({"extended_protection": True}, CONNECTION, True),
    ],
    ids=["none", "allow", "require", "fact"],
)
def test_extended_protection_is_what_iis_is_set_to(
    facts: dict[str, Any], bindings: bytes | None, required: bool
) -> None:
    """Off, allowed or enforced."""
    policy = PLAIN.policy_for("https", server(**facts), CONNECTION)

    assert (policy.bindings, policy.bindings_required) == (bindings, required)


def test_winrm_checks_the_bindings_that_it_is_sent() -> None:
    """It is *Relaxed* by default, whatever EWS is set to."""
    policy = PLAIN.policy_for("windows", server(extended_protection=True), CONNECTION)

    assert (policy.bindings, policy.bindings_required) == (CONNECTION, False)


@pytest.mark.parametrize(
    ("profile", "channel", "closes"),
    [(REAL, "windows", True), (REAL, "exchange", False), (REAL, "https", False), (PLAIN, "windows", False)],
)
def test_winrm_closes_the_connection_of_a_challenge(profile: LoginProfile, channel: str, closes: bool) -> None:
    """Only where the lab has the logins of a real server."""
    assert profile.closes_after_challenge(channel) is closes
