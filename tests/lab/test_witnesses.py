"""Clients that others wrote, and that have nothing in common with pypsrp, find in the lab the server that they know.

curl has an NTLM of its own, in C. pywinrm has its own framing of sealed messages, and the NTLM of requests_ntlm. What
they do with Kerberos is in `tests/kerberos`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import cache

import pytest
from winrm.exceptions import InvalidCredentialsError
from winrm.protocol import Protocol

from moveready.lab.server import Lab

EX01 = "ex01.contoso.com"
IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><i:Identify '
    'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>'
)
VENDOR = "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
StartLab = Callable[..., Lab]


@cache
def curl_features() -> str:
    """What this machine's curl can do; nothing where there is none."""
    program = shutil.which("curl")
    if program is None:
        return ""
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout


with_ntlm = pytest.mark.skipif("NTLM" not in curl_features(), reason="curl is not installed, or lacks NTLM")


def curl(lab: Lab, channel: str, path: str, *options: str, password: str | None = None) -> str:
    """What curl gets from a TLS port of ex01, the status last; it logs in with NTLM unless an option says otherwise."""
    port = lab.ports[EX01][channel]
    login = f"{lab.account.username}:{password or lab.account.password}"
    reach = ("--cacert", str(lab.ca_file), "--resolve", f"{EX01}:{port}:127.0.0.1", f"https://{EX01}:{port}{path}")
    command = ["curl", "--silent", "--noproxy", "*", "--ntlm", "--user", login, "--write-out", " %{http_code}"]
    return subprocess.run([*command, *options, *reach], capture_output=True, text=True, check=True).stdout


def pywinrm(lab: Lab, password: str | None = None) -> Protocol:
    """A connection of pywinrm to ex01's Windows endpoint, with NTLM and every message sealed."""
    return Protocol(
        f"{'https' if lab.windows_tls else 'http'}://127.0.0.1:{lab.ports[EX01]['windows']}/wsman",
        transport="ntlm",
        username=lab.account.username,
        password=password or lab.account.password,
        message_encryption="always",
        ca_trust_path=str(lab.ca_file),
        proxy=None,
    )


@with_ntlm
def test_curl_reaches_mrsproxy_with_ntlm(start_lab: StartLab) -> None:
    """The 400 of a plain GET comes after the login."""
    lab = start_lab()

    assert curl(lab, "https", "/EWS/mrsproxy.svc").endswith("400")
    assert [entry.user for entry in lab.log.logins(channel="https")] == [lab.account.username]


@with_ntlm
def test_curl_with_a_wrong_password_is_refused(start_lab: StartLab) -> None:
    """The lab checks what curl computes."""
    lab = start_lab()

    assert curl(lab, "https", "/EWS/mrsproxy.svc", password="wrong").endswith("401")
    assert lab.log.logins() == ()


@with_ntlm
def test_curl_which_has_no_channel_bindings_fails_extended_protection(start_lab: StartLab) -> None:
    """Curl's NTLM sends none: as at a real server where Extended Protection is enforced, that is 401."""
    statuses = [
        curl(start_lab(ews={"extended_protection": check}), "https", "/EWS/mrsproxy.svc").split()[-1]
        for check in ("none", "allow", "require")
    ]

    assert statuses == ["400", "400", "401"]


@with_ntlm
@pytest.mark.parametrize(("login", "status"), [("--basic", "200"), ("--ntlm", "401")])
def test_curl_asks_winrm_who_it_is(start_lab: StartLab, login: str, status: str) -> None:
    """Over TLS WinRM takes Basic; it offers Negotiate and not NTLM, and curl does not confuse them."""
    content = (login, "--header", "Content-Type: application/soap+xml;charset=UTF-8", "--data", IDENTIFY)
    told = curl(start_lab(windows_tls=True), "windows", "/wsman", *content)

    assert told.split()[-1] == status
    assert (VENDOR in told) is (status == "200")


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_pywinrm_seals_and_unseals(start_lab: StartLab, tls: bool) -> None:
    """What it sends the lab reads, and what the lab answers it reads."""
    lab = start_lab(windows_tls=tls)
    told = pywinrm(lab).send_message(IDENTIFY)

    assert VENDOR in told.decode()
    assert [entry.user for entry in lab.log.logins(channel="windows")] == [lab.account.username]


def test_pywinrm_with_a_wrong_password_is_refused(start_lab: StartLab) -> None:
    """And says so in its own words."""
    with pytest.raises(InvalidCredentialsError):
        pywinrm(start_lab(), password="wrong").send_message(IDENTIFY)
