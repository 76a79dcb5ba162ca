"""Every kind of credential reaches all three channels of a server, and what is missing is told in our words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import AuthenticationError, EvidenceError
from moveready.evidence.questions import Cmdlet, Pipeline
from moveready.inventory import load_inventory
from moveready.remoting.deadline import Deadline
from moveready.remoting.exchange import ask_organization
from moveready.remoting.https import get_authenticated
from moveready.remoting.logins import Logins
from moveready.remoting.tickets import Ticket
from moveready.remoting.windows import ask_windows
from tests.kerberos.kdc import REALM, USER

if TYPE_CHECKING:
    from moveready.inventory import Inventory
    from moveready.lab.server import Lab
    from tests.kerberos.conftest import StartLab
    from tests.kerberos.kdc import Kdc

GETTING_STARTED = Path(__file__).parents[2] / "docs/getting-started.md"
CHANNELS = ("exchange", "windows", "https")
EXCHANGE = Pipeline.of(Cmdlet("Get-ExchangeServer"))
WINDOWS = Pipeline.of(Cmdlet("Get-Service", Name="W3SVC"))
BY_DOMAIN = "the account is written as DOMAIN\\name, which Kerberos does not understand"


def inventory_with(lab: Lab, **credential: str) -> Inventory:
    """The lab's inventory with another credential."""
    text = lab.inventory_file.read_text("utf-8").replace('{"auth": "kerberos"}', json.dumps(credential))
    lab.inventory_file.write_text(text, "utf-8")
    return load_inventory(lab.inventory_file, {})


def with_password(lab: Lab, username: str, auth: str = "kerberos") -> Inventory:
    """The lab's inventory with the user's password, under one of the user's names."""
    return inventory_with(lab, auth=auth, username=username, password=f"file:{lab.password_file}")


def ask_all_channels(inventory: Inventory) -> None:
    """Ask one question on each channel of the first server."""
    ask_organization(inventory.organization, EXCHANGE, 60)
    ask_windows(inventory.servers[0], WINDOWS, Deadline(60))
    assert get_authenticated(inventory.servers[0], "/EWS/mrsproxy.svc", Deadline(60)).status == 400


def users_of(lab: Lab) -> list[str | None]:
    """Who has logged in to each channel, in the order of the channels."""
    return [entry.user for channel in CHANNELS for entry in lab.log.logins(channel=channel)]


def failures_of(inventory: Inventory, **about: Any) -> list[str]:
    """What each channel of the first server fails with."""
    server, told = inventory.servers[0], []
    for ask in (
        lambda: ask_organization(inventory.organization, EXCHANGE, 60, **about),
        lambda: ask_windows(server, WINDOWS, Deadline(60), **about),
        lambda: get_authenticated(server, "/EWS/mrsproxy.svc", Deadline(60), **about),
    ):
        with pytest.raises(EvidenceError) as failed:
            ask()
        assert isinstance(failed.value, AuthenticationError)
        told.append(f"{failed.value.happened}. {failed.value.next_step}")
    return told


@pytest.mark.usefixtures("ticket")
def test_a_ticket_is_enough(start_lab: StartLab) -> None:
    """The cache of whoever runs moveready: no username, and no password."""
    lab = start_lab()
    ask_all_channels(inventory_with(lab, auth="kerberos"))

    assert users_of(lab) == [USER.username] * 3


@pytest.mark.parametrize("more", [{}, {"username": "svc-moveready@contoso.com"}], ids=["alone", "named"])
def test_a_keytab_is_enough(
    start_lab: StartLab, kdc: Kdc, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    """Named by KRB5_CLIENT_KTNAME, as jobs without a person do it; with or without the account in the inventory."""
    lab = start_lab()
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{kdc.user_keytab}")
    ask_all_channels(inventory_with(lab, auth="kerberos", **more))

    assert users_of(lab) == [USER.username] * 3


@pytest.mark.parametrize("auth", ["kerberos", "negotiate"])
@pytest.mark.parametrize("username", [f"svc-moveready@{REALM}", "svc-moveready@contoso.com"])
def test_a_password_is_enough(start_lab: StartLab, auth: str, username: str) -> None:
    """With a user principal name, in small letters too."""
    lab = start_lab()
    ask_all_channels(with_password(lab, username, auth))

    assert users_of(lab) == [USER.username] * 3


def test_the_sample_of_getting_started_reaches_exchange(start_lab: StartLab, tmp_path: Path) -> None:
    """Its credential logs in to an endpoint that takes Kerberos alone."""
    (sample,) = re.findall(r"```yaml\n(organization:.*?)```", GETTING_STARTED.read_text("utf-8"), re.DOTALL)
    (tmp_path / "sample.yaml").write_text(sample, "utf-8")
    credential = load_inventory(tmp_path / "sample.yaml", {"MOVEREADY_PASSWORD": "x"}).servers[0].credential
    lab = start_lab()
    ask_all_channels(with_password(lab, credential.username or "", credential.auth.value))

    assert users_of(lab) == [USER.username] * 3


@pytest.mark.parametrize("more", [{}, {"username": f"svc-moveready@{REALM}"}], ids=["alone", "named"])
def test_no_ticket_is_told_in_our_words(start_lab: StartLab, more: dict[str, str]) -> None:
    """It says what to do here, and nobody is asked."""
    lab = start_lab()
    told = failures_of(inventory_with(lab, auth="kerberos", **more))

    assert all("as there is no Kerberos ticket. No ticket: run kinit, or name a keytab" in text for text in told), told
    assert lab.log.requests() == 0


def test_a_wrong_password_is_refused_by_the_kdc(start_lab: StartLab, kdc: Kdc) -> None:
    """And no server is asked; the password goes to the KDC twice at most, whatever the number of servers."""
    lab = start_lab()
    lab.password_file.write_text("wrong\n", "utf-8")
    before = kdc.log.count("PREAUTH_FAILED")
    told = failures_of(with_password(lab, USER.upn), logins=Logins())

    assert "the domain controller (KDC) refused the password. Correct the account" in told[0]
    assert lab.log.requests() == 0
    assert kdc.log.count("PREAUTH_FAILED") - before in {1, 2}


def test_an_account_that_kerberos_cannot_read_is_told(start_lab: StartLab) -> None:
    """Nobody is asked under another name than the one that was meant."""
    lab = start_lab()
    told = failures_of(with_password(lab, USER.username))

    assert all(f"not asked, as {BY_DOMAIN}. Write it in the inventory as name@DOMAIN.COM" in text for text in told)
    assert lab.log.requests() == 0


def test_exchange_tells_why_negotiate_was_not_enough(start_lab: StartLab) -> None:
    """NTLM, which is left then, is taken by the other two channels."""
    lab = start_lab()
    inventory = with_password(lab, USER.username, "negotiate")
    with pytest.raises(AuthenticationError) as failed:
        ask_organization(inventory.organization, EXCHANGE, 60)
    ask_windows(inventory.servers[0], WINDOWS, Deadline(60))

    assert failed.value.happened == f"it takes Kerberos alone, and {BY_DOMAIN}"
    assert users_of(lab) == [USER.username]


def test_a_kdc_that_falls_silent_is_found_once_and_blames_no_server(start_lab: StartLab, kdc: Kdc) -> None:
    """The first question waits for it, the others know; no server is asked."""
    lab = start_lab()
    inventory, logins = with_password(lab, USER.upn), Logins()
    ticket = logins.of(inventory.servers[0].credential).ticket = Ticket(seconds=0.5)
    with kdc.stopped():
        told = failures_of(inventory, logins=logins)
        assert ticket.known_failure is not None

    assert all("not asked, as no domain controller (KDC) answered in time" in text for text in told), told
    assert lab.log.requests() == 0


@pytest.mark.usefixtures("ticket")
def test_a_kdc_that_falls_silent_later_is_found_too(start_lab: StartLab, kdc: Kdc) -> None:
    """The first server's tickets are there; those of the second one are waited for once, and for no third one."""
    lab = start_lab(*({"name": f"ex0{number}.contoso.com"} for number in (1, 2, 3)))
    inventory, logins = inventory_with(lab, auth="kerberos"), Logins()
    first, second, third = inventory.servers
    account = logins.of(first.credential)
    account.ticket = Ticket(seconds=60)
    ask_windows(first, WINDOWS, Deadline(60), logins)
    before, account.ticket.seconds = lab.log.requests(), 0.5
    with kdc.stopped():
        for server in (second, third):
            with pytest.raises(
                AuthenticationError, match=r"not asked, as no domain controller \(KDC\) answered in time"
            ):
                ask_windows(server, WINDOWS, Deadline(60), logins)

    assert lab.log.requests() == before
