"""An endpoint tells where it is and what is sent to it."""

from __future__ import annotations

from dataclasses import replace

from moveready.inventory import Auth, Credential
from moveready.remoting.dialing import Destination
from moveready.remoting.endpoint import PowerShellEndpoint
from moveready.remoting.logins import Logins

READER = Credential("reader", Auth.KERBEROS, "svc@CONTOSO.COM")
WINDOWS = PowerShellEndpoint(
    destination=Destination("ex01.contoso.com", "192.0.2.1", 5986, True, True, None),
    path="wsman",
    configuration="Microsoft.PowerShell",
    service="host",
    credential=READER,
    channel="Windows endpoint",
    account=Logins().of(READER),
)


def test_it_is_told_by_its_name_and_not_by_its_address() -> None:
    """The name is what the inventory and the certificate have."""
    plain = replace(WINDOWS, destination=replace(WINDOWS.destination, tls=False, port=5985))

    assert WINDOWS.description == "Windows endpoint https://ex01.contoso.com:5986/wsman"
    assert plain.description == "Windows endpoint http://ex01.contoso.com:5985/wsman"


def test_the_audit_names_server_channel_and_account() -> None:
    """And what was asked, as it is."""
    asked = WINDOWS.asked({"session": WINDOWS.configuration})

    assert (asked.server, asked.channel, asked.what) == (
        "ex01.contoso.com",
        "Windows endpoint",
        {"session": "Microsoft.PowerShell"},
    )
