"""Who may come in where there is a KDC: the lab has the logins of a real Exchange server."""

from __future__ import annotations

import base64
import hashlib
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import requests
import spnego
from pypsrp.exceptions import AuthenticationError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan
from spnego.channel_bindings import GssChannelBindings

from tests.kerberos.kdc import USER

if TYPE_CHECKING:
    from moveready.lab.server import Lab
    from tests.kerberos.conftest import StartLab

EX01 = "ex01.contoso.com"
CONFIGURATIONS = {"exchange": "Microsoft.Exchange", "windows": "Microsoft.PowerShell"}
pytestmark = pytest.mark.usefixtures("ticket")


def wsman(lab: Lab, channel: str, **settings: Any) -> WSMan:
    """A connection of pypsrp to a channel of ex01."""
    tls = {"ssl": True, "cert_validation": str(lab.ca_file)} if lab.windows_tls and channel == "windows" else {}
    defaults = {
        "server": "127.0.0.1",
        "port": lab.ports[EX01][channel],
        "ssl": False,
        "path": {"exchange": "PowerShell", "windows": "wsman"}[channel],
        "auth": "kerberos",
        "negotiate_hostname_override": EX01,
        "negotiate_service": {"exchange": "http", "windows": "host"}[channel],
        "no_proxy": True,
    }
    return WSMan(**{**defaults, **tls, **settings})


def output_of(lab: Lab, channel: str, **settings: Any) -> list[Any]:
    """What a cmdlet gives that the channel knows."""
    cmdlet = {"exchange": "Get-ExchangeServer", "windows": "Get-Service"}[channel]
    with (
        wsman(lab, channel, **settings) as client,
        RunspacePool(client, configuration_name=CONFIGURATIONS[channel]) as pool,
    ):
        shell = PowerShell(pool).add_cmdlet(cmdlet)
        if channel == "windows":
            shell.add_parameter("Name", "W3SVC")
        output: list[Any] = shell.invoke()
        return output


@pytest.mark.parametrize("auth", ["kerberos", "negotiate"])
@pytest.mark.parametrize(("channel", "tls"), [("exchange", False), ("windows", False), ("windows", True)])
def test_pypsrp_logs_in_with_a_ticket(start_lab: StartLab, channel: str, tls: bool, auth: str) -> None:
    """Sealed or over TLS, with Kerberos by name or as the best of Negotiate."""
    lab = start_lab(windows_tls=tls)

    assert len(output_of(lab, channel, auth=auth)) == 1
    assert {entry.user for entry in lab.log.logins(channel=channel)} == {USER.username}


def test_the_exchange_endpoint_offers_kerberos_alone(start_lab: StartLab) -> None:
    """By its own header, and not by Negotiate."""
    answer = requests.post(f"http://127.0.0.1:{start_lab().ports[EX01]['exchange']}/PowerShell", timeout=30)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Kerberos")


@pytest.mark.parametrize("scheme", ["Negotiate", "NTLM", "Kerberos"])
def test_the_exchange_endpoint_refuses_ntlm(start_lab: StartLab, scheme: str) -> None:
    """In whatever header it comes: the right password is no ticket."""
    lab = start_lab()
    message = spnego.client(USER.username, USER.password, protocol="ntlm").step()
    header = {"Authorization": f"{scheme} {base64.b64encode(message or b'').decode()}"}
    answer = requests.post(f"http://127.0.0.1:{lab.ports[EX01]['exchange']}/PowerShell", headers=header, timeout=30)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Kerberos")


def test_a_client_that_knows_ntlm_alone_cannot_ask_exchange(start_lab: StartLab) -> None:
    """The client says what is offered, and what it wanted."""
    lab = start_lab()

    with pytest.raises(ValueError, match="Server responded with the auth protocol 'Kerberos'"):
        output_of(lab, "exchange", auth="ntlm", username=USER.username, password=USER.password)


@pytest.mark.parametrize(("channel", "dashes"), [("exchange", b"-- "), ("windows", b"--")])
def test_sealed_answers_are_framed_as_the_endpoint_frames_them(
    start_lab: StartLab, channel: str, dashes: bytes
) -> None:
    """Exchange writes a blank into the boundary, and names Kerberos as the protocol; WinRM names SPNEGO."""
    answers: list[requests.Response] = []
    with wsman(start_lab(), channel) as client:
        client.transport.session = client.transport._build_session()
        client.transport.session.hooks["response"].append(lambda answer, **_: answers.append(answer))
        RunspacePool(client, configuration_name=CONFIGURATIONS[channel]).open()

    protocol = {"exchange": "HTTP-Kerberos-session-encrypted", "windows": "HTTP-SPNEGO-session-encrypted"}[channel]
    sealed = [answer for answer in answers if answer.headers.get("Content-Type", "").startswith("multipart")]
    assert sealed
    assert all(f'protocol="application/{protocol}"' in answer.headers["Content-Type"] for answer in sealed)
    assert all(answer.content.startswith(dashes + b"Encrypted Boundary\r\n") for answer in sealed)


def test_winrm_closes_the_connection_of_its_first_401(start_lab: StartLab) -> None:
    """And offers Negotiate before Kerberos."""
    answer = requests.post(f"http://127.0.0.1:{start_lab().ports[EX01]['windows']}/wsman", timeout=30)

    assert (answer.headers["WWW-Authenticate"], answer.headers["Connection"]) == ("Negotiate, Kerberos", "close")


def test_winrm_still_takes_ntlm(start_lab: StartLab) -> None:
    """A Windows machine takes both."""
    lab = start_lab()

    assert output_of(lab, "windows", auth="ntlm", username=USER.username, password=USER.password)


@pytest.mark.parametrize(
    ("channel", "spn"),
    [
        ("exchange", {"negotiate_hostname_override": "ex02.contoso.com"}),
        ("exchange", {"negotiate_service": "host"}),
        ("windows", {"negotiate_hostname_override": "ex02.contoso.com"}),
    ],
)
def test_a_ticket_for_another_service_is_refused(start_lab: StartLab, channel: str, spn: dict[str, str]) -> None:
    """A real server has no key that opens it."""
    lab = start_lab({"name": EX01}, {"name": "ex02.contoso.com"})

    with pytest.raises(AuthenticationError):
        output_of(lab, channel, **spn)


PROTECTION = {
    ("none", "right"): 400,
    ("none", "wrong"): 400,
    ("none", "missing"): 400,
    ("allow", "right"): 400,
    ("allow", "wrong"): 401,
    ("allow", "missing"): 400,
    ("require", "right"): 400,
    ("require", "wrong"): 401,
    ("require", "missing"): 401,
}


@pytest.mark.parametrize("protocol", ["kerberos", "negotiate", "ntlm"])
def test_extended_protection_is_off_allowed_or_enforced(start_lab: StartLab, protocol: str) -> None:
    """400 is Exchange's answer after a login; wrong channel bindings pass only where nobody looks at them."""
    checks = dict.fromkeys(check for check, _ in PROTECTION)
    names = {check: f"ex{number:02d}.contoso.com" for number, check in enumerate(checks, 1)}
    lab = start_lab(*({"name": name, "ews": {"extended_protection": check}} for check, name in names.items()))

    assert {(check, sent): https_status(lab, names[check], protocol, sent) for check, sent in PROTECTION} == PROTECTION


def https_status(lab: Lab, server: str, protocol: str, sent: str) -> int:
    """The status of MRSProxy for a login with these channel bindings."""
    port = lab.ports[server]["https"]
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))
    right = b"tls-server-end-point:" + hashlib.sha256(der).digest()
    data = {"right": right, "wrong": right[:-1] + bytes([right[-1] ^ 1]), "missing": None}[sent]
    context = spnego.client(
        USER.username if protocol == "ntlm" else USER.upn,
        USER.password,
        hostname=server,
        service="http",
        protocol=protocol,
        channel_bindings=None if data is None else GssChannelBindings(application_data=data),
    )
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(lab.ca_file)
        return _status_of(session, context, f"https://127.0.0.1:{port}/EWS/mrsproxy.svc")


def _status_of(session: requests.Session, context: spnego.ContextProxy, url: str) -> int:
    """The status when the handshake has ended."""
    token = context.step()
    while True:
        header = {"Authorization": f"Negotiate {base64.b64encode(token or b'').decode()}"}
        answer = session.get(url, headers=header, timeout=30)
        _, _, challenge = answer.headers.get("WWW-Authenticate", "").partition(" ")
        if answer.status_code != 401 or challenge in {"", "NTLM"}:
            return answer.status_code
        token = context.step(base64.b64decode(challenge))
