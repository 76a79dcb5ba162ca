"""curl with Kerberos, by libcurl's own GSSAPI calls, finds in the lab the server that it knows."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.kerberos.kdc import POOL, USER
from tests.lab.test_witnesses import IDENTIFY, VENDOR, curl_features

if TYPE_CHECKING:
    from moveready.lab.server import Lab
    from tests.kerberos.conftest import StartLab

EX01 = "ex01.contoso.com"
SOAP = ("--header", "Content-Type: application/soap+xml;charset=UTF-8", "--data", IDENTIFY)
pytestmark = [
    pytest.mark.usefixtures("ticket"),
    pytest.mark.skipif("SPNEGO" not in curl_features(), reason="curl is not installed, or lacks SPNEGO"),
]


def curl(lab: Lab, channel: str, path: str, *options: str, name: str = EX01) -> str:
    """What curl gets with the ticket from a TLS port of ex01, under one of its names; the status last."""
    port = lab.ports[EX01][channel]
    reach = ("--cacert", str(lab.ca_file), "--resolve", f"{name}:{port}:127.0.0.1", f"https://{name}:{port}{path}")
    command = ["curl", "--silent", "--noproxy", "*", "--negotiate", "--user", ":", "--write-out", " %{http_code}"]
    return subprocess.run([*command, *options, *reach], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", [EX01, POOL])
def test_curl_reaches_mrsproxy_with_a_ticket(start_lab: StartLab, name: str) -> None:
    """For the service `HTTP`, under the server's own name and that of its pool."""
    lab = start_lab(pool=POOL)

    assert curl(lab, "https", "/EWS/mrsproxy.svc", name=name).endswith("400")
    assert [entry.user for entry in lab.log.logins(channel="https")] == [USER.username]


@pytest.mark.parametrize(("check", "status"), [("none", "400"), ("allow", "400"), ("require", "401")])
def test_curl_which_has_no_channel_bindings_fails_extended_protection(
    start_lab: StartLab, check: str, status: str
) -> None:
    """Curl sends none with Kerberos: the flag of GSSAPI shows it to the lab, which a mere login would not."""
    lab = start_lab(ews={"extended_protection": check})

    assert curl(lab, "https", "/EWS/mrsproxy.svc").endswith(status)


def test_curl_asks_winrm_who_it_is(start_lab: StartLab) -> None:
    """Over TLS, by Negotiate, although the connection of the 401 is closed."""
    lab = start_lab(windows_tls=True)
    told = curl(lab, "windows", "/wsman", *SOAP)

    assert (VENDOR in told, told.split()[-1][-3:]) == (True, "200")
    assert [entry.user for entry in lab.log.logins(channel="windows")] == [USER.username]


def test_curl_without_a_ticket_is_refused(start_lab: StartLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab lets nobody in who is not known."""
    monkeypatch.setenv("KRB5CCNAME", "FILE:/none")
    lab = start_lab()

    assert curl(lab, "https", "/EWS/mrsproxy.svc").endswith("401")
    assert lab.log.logins() == ()
