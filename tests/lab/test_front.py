"""Injected faults as unmodified clients meet them, and requests that no client of ours would send."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WinRMError, WinRMTransportError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from moveready.lab.faults import LOGIN, Fault, FaultKind
from moveready.lab.server import Lab

if TYPE_CHECKING:
    from contextlib import ExitStack

EX01 = "ex01.contoso.com"
CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><i:Identify '
    'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>'
)
StartLab = Callable[..., Lab]
Connect = Callable[..., WSMan]
OpenPool = Callable[..., RunspacePool]
Ask = Callable[..., PowerShell]
Get = Callable[..., requests.Response]

FAULTS = {
    "silent": (Fault(FaultKind.SILENT), requests.ReadTimeout),
    "hang": (Fault(FaultKind.HANG), requests.ReadTimeout),
    "unanswered": (Fault(FaultKind.UNANSWERED), requests.ReadTimeout),
    "slow": (Fault(FaultKind.SLOW, seconds=2), requests.ReadTimeout),
    "drop": (Fault(FaultKind.DROP), requests.ConnectionError),
    "truncated": (Fault(FaultKind.TRUNCATED), requests.exceptions.ChunkedEncodingError),
    "status-403": (Fault(FaultKind.STATUS, status=403, body=b"<html><br>no"), WinRMTransportError),
    "status-503": (Fault(FaultKind.STATUS, status=503), WinRMTransportError),
    "empty-200": (Fault(FaultKind.STATUS, status=200), ParseError),
    "fault": (Fault(FaultKind.WSMAN_FAULT, code=5, message="Access is denied."), WSManFaultError),
    "relates-to": (Fault(FaultKind.WRONG_RELATES_TO), WinRMError),
    "unauthorized": (Fault(FaultKind.UNAUTHORIZED), AuthenticationError),
}


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_client_meets_the_injected_fault(start_lab: StartLab, connect: Connect, name: str, tls: bool) -> None:
    """Each fault shows as what an unmodified client is known to make of it, encrypted and over TLS."""
    lab = start_lab(windows_tls=tls)
    fault, expected = FAULTS[name]
    lab.inject(EX01, "windows", fault)

    with pytest.raises(expected):
        connect(lab, read_timeout=0.4).get(CONFIG)


def test_an_injected_wsman_fault_keeps_its_code(start_lab: StartLab, connect: Connect) -> None:
    """Tests choose the code."""
    lab = start_lab()
    lab.inject(EX01, "windows", Fault(FaultKind.WSMAN_FAULT, code=5, message="Access is denied."))
    with pytest.raises(WSManFaultError, match=r"Access is denied\.") as caught:
        connect(lab).get(CONFIG)

    assert caught.value.code == 5


def test_a_slow_answer_comes_in_the_end(start_lab: StartLab, get: Get) -> None:
    """Slow is late, not lost."""
    lab = start_lab()
    lab.inject(EX01, "https", Fault(FaultKind.SLOW, seconds=0.1))
    begun = time.monotonic()

    assert get(lab).status_code == 400
    assert time.monotonic() - begun >= 0.1


def test_a_dripping_answer_keeps_the_client_reading(start_lab: StartLab, connect: Connect) -> None:
    """Bytes come, each before the read timeout: only a whole deadline would end it."""
    lab = start_lab()
    lab.inject(EX01, "windows", Fault(FaultKind.DRIP, seconds=0.0001))

    assert connect(lab, read_timeout=0.5).get(CONFIG) is not None


def test_a_redirect_names_its_target(start_lab: StartLab, get: Get) -> None:
    """A redirect says where, and whether a client follows is the client's affair."""
    lab = start_lab()
    lab.inject(EX01, "https", Fault(FaultKind.REDIRECT, location="https://elsewhere.example/"))
    answer = get(lab)

    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.example/")


@pytest.mark.parametrize("kind", [FaultKind.STATUS, FaultKind.DROP, FaultKind.TRUNCATED, FaultKind.UNAUTHORIZED])
def test_the_https_channel_has_faults_too(start_lab: StartLab, get: Get, kind: FaultKind) -> None:
    """Faults strike the probe after its login."""
    lab = start_lab()
    lab.inject(EX01, "https", Fault(kind, action=None if kind is FaultKind.UNAUTHORIZED else "GET", status=418))
    try:
        told: object = get(lab).status_code
    except requests.RequestException as error:
        told = type(error)

    expected = {
        FaultKind.STATUS: 418,
        FaultKind.DROP: requests.ConnectionError,
        FaultKind.TRUNCATED: requests.exceptions.ChunkedEncodingError,
        FaultKind.UNAUTHORIZED: 401,
    }
    assert told == expected[kind]


@pytest.mark.parametrize(("skip", "challenges"), [(0, 0), (1, 1), (2, 2)])
def test_a_fault_can_strike_the_login(start_lab: StartLab, connect: Connect, skip: int, challenges: int) -> None:
    """The first request, that of the handshake, or the one that completes it: then the login does not go on."""
    lab = start_lab()
    lab.inject(EX01, "windows", Fault(FaultKind.STATUS, LOGIN, skip=skip, status=503))
    with pytest.raises(WinRMTransportError, match="503"):
        connect(lab).get(CONFIG)

    assert [entry.status for entry in lab.log.entries()] == [401] * challenges + [503]


def test_a_page_can_be_that_of_a_device(start_lab: StartLab, get: Get) -> None:
    """With the headers of the fault; else it is http.sys that answers."""
    lab = start_lab()
    servers = []
    for headers in ((), (("Server", "nginx"),)):
        lab.inject(EX01, "https", Fault(FaultKind.STATUS, status=503, headers=headers))
        servers.append(get(lab).headers["Server"])

    assert servers == ["Microsoft-HTTPAPI/2.0", "nginx"]


def test_a_connection_may_be_closed_after_a_whole_answer(start_lab: StartLab) -> None:
    """Without `Connection: close`, so that the client hears of it when it sends the next request."""
    lab = start_lab()
    lab.inject(EX01, "windows", Fault(FaultKind.HANGS_UP, LOGIN))
    with socket.create_connection(("127.0.0.1", lab.ports[EX01]["windows"]), timeout=30) as connection:
        connection.sendall(b"POST /wsman HTTP/1.1\r\nHost: ex01\r\nContent-Length: 0\r\n\r\n")
        heard = b"".join(iter(lambda: connection.recv(65536), b""))

    assert heard.startswith(b"HTTP/1.1 401 ")
    assert heard.endswith(b"\r\n\r\n")
    assert b"Connection" not in heard


def test_a_shell_may_be_idle_for_too_long(start_lab: StartLab, connect: Connect, ask: Ask) -> None:
    """It is gone when the next request comes, and the answer is that of any unknown shell."""
    lab = start_lab()
    pool = RunspacePool(connect(lab), configuration_name="Microsoft.PowerShell")
    pool.open()
    lab.inject(EX01, "windows", Fault(FaultKind.IDLED_OUT, "Command", times=1))
    with pytest.raises(WSManFaultError) as caught:
        ask(pool, "Get-Service", Name="W3SVC")

    assert (caught.value.code, lab.shells(EX01, "windows")) == (2150858843, 0)


@pytest.mark.parametrize("kind", [FaultKind.TLS_WRONG_NAME, FaultKind.TLS_OTHER_AUTHORITY])
def test_certificates_go_wrong_by_server_and_channel(start_lab: StartLab, kind: FaultKind) -> None:
    """The server of that name shows a bad certificate, the one beside it a good one."""
    lab = start_lab({"name": EX01}, {"name": "ex02.contoso.com"})
    lab.inject(EX01, "https", Fault(kind))
    context = ssl.create_default_context(cafile=lab.ca_file)
    told = []
    for server in lab.ports:
        try:
            raw = socket.create_connection(("127.0.0.1", lab.ports[server]["https"]), timeout=5)
            context.wrap_socket(raw, server_hostname=server).close()
            told.append("good")
        except ssl.SSLCertVerificationError:
            raw.close()
            told.append("bad")

    assert told == ["bad", "good"]


def test_a_garbage_fragment_reaches_the_client(start_lab: StartLab, open_pool: OpenPool, ask: Ask) -> None:
    """A fragment is sent as it was injected; here one that begins and never ends, and the real output comes after."""
    lab = start_lab()
    pool = open_pool(lab)
    lab.log.clear()
    lab.inject(EX01, "windows", Fault(FaultKind.GARBAGE_FRAGMENT, body=bytes(16) + b"\x01" + bytes(4), times=1))
    shell = ask(pool, "Get-Service", Name="W3SVC")

    assert (len(shell.output), len(lab.log.entries(kind="receive"))) == (1, 2)


@pytest.mark.parametrize("xml", ["<B>maybe</B>", "<Obj><MS><B N='MRSProxyEnabled'>tr", "<S>text</S>"])
def test_output_may_be_any_clixml(start_lab: StartLab, open_pool: OpenPool, ask: Ask, xml: str) -> None:
    """What a fault puts in place of an object goes out as it is, well-formed or not."""
    lab = start_lab()
    lab.inject(EX01, "windows", Fault(FaultKind.CLIXML, clixml=xml))
    (output,) = ask(open_pool(lab), "Get-Service", Name="W3SVC").output

    # pypsrp reads `maybe` as False, and hands out what it cannot parse as text.
    assert output == {"<B>maybe</B>": False, "<S>text</S>": "text"}.get(xml, xml)


@pytest.mark.parametrize(("kind", "objects"), [(FaultKind.NEVER_FINISHES, 0), (FaultKind.OUTPUT_THEN_SILENCE, 1)])
def test_a_pipeline_may_never_end(start_lab: StartLab, open_pool: OpenPool, kind: FaultKind, objects: int) -> None:
    """It gives its output or not, then every Receive ends with the OperationTimeout fault; it can be stopped."""
    lab = start_lab()
    pool = open_pool(lab, operation_timeout=1, read_timeout=2)
    lab.inject(EX01, "windows", Fault(kind, command="Get-Service"))
    shell = PowerShell(pool).add_cmdlet("Get-Service").add_parameter("Name", "W3SVC")
    shell.begin_invoke()
    if objects:
        shell.poll_invoke()
    before = len(lab.log.entries(kind="receive"))
    shell.poll_invoke(timeout=1)
    timed_out = lab.log.entries(kind="receive")[before:]
    shell.stop()

    assert (len(shell.output), [entry.status for entry in timed_out]) == (objects, [500])


def test_identify_is_answered_without_login(start_lab: StartLab) -> None:
    """A client that says so may ask anonymously who is there."""
    url = f"http://127.0.0.1:{start_lab().ports[EX01]['windows']}/wsman"
    answer = requests.post(url, IDENTIFY, headers={"WSMANIDENTIFY": "unauthenticated"}, timeout=5)

    assert "Microsoft Corporation" in answer.text


def test_identify_is_answered_after_login(start_lab: StartLab) -> None:
    """Over TLS with Basic, as any SOAP client would ask."""
    lab = start_lab(windows_tls=True)
    url = f"https://127.0.0.1:{lab.ports[EX01]['windows']}/wsman"
    login = (lab.account.username, lab.account.password)
    answer = requests.post(url, IDENTIFY, auth=login, verify=str(lab.ca_file), timeout=5)

    assert (answer.status_code, "IdentifyResponse" in answer.text) == (200, True)


def test_what_is_no_envelope_is_answered_with_a_fault(start_lab: StartLab) -> None:
    """A body that cannot be read is the sender's fault."""
    lab = start_lab(windows_tls=True)
    url = f"https://127.0.0.1:{lab.ports[EX01]['windows']}/wsman"
    login = (lab.account.username, lab.account.password)
    answer = requests.post(url, b"no xml", auth=login, verify=str(lab.ca_file), timeout=5)

    assert (answer.status_code, "WSManFault" in answer.text) == (500, True)


def test_bytes_sealed_for_another_login_are_refused(start_lab: StartLab, connect: Connect) -> None:
    """A message of a dead security context cannot be read: 500 without a word, as Windows answers."""
    lab = start_lab()
    wsman = connect(lab)
    wsman.get(CONFIG)
    other = connect(lab)
    other.get(CONFIG)
    wsman.transport.encryption = other.transport.encryption

    with pytest.raises(WinRMTransportError, match="500"):
        wsman.get(CONFIG)


@pytest.mark.parametrize("endpoint", ["nothing"])
def test_a_silent_endpoint_takes_the_connection_and_says_nothing(
    start_lab: StartLab, get: Get, stack: ExitStack, endpoint: str
) -> None:
    """`nothing` is a hang, not a refusal."""
    lab = start_lab(endpoint=endpoint)
    tls = ssl.create_default_context(cafile=lab.ca_file)
    raw = stack.enter_context(socket.create_connection(("127.0.0.1", lab.ports[EX01]["https"]), timeout=5))
    connection = stack.enter_context(tls.wrap_socket(raw, server_hostname=EX01))
    connection.sendall(b"GET /EWS/mrsproxy.svc HTTP/1.1\r\nHost: ex01\r\n\r\n")
    connection.settimeout(0.3)

    with pytest.raises(TimeoutError):
        connection.recv(1)


def test_a_client_that_hangs_up_leaves_nothing_behind(start_lab: StartLab, connect: Connect) -> None:
    """A request that hangs ends with its connection, and the lab answers the next one."""
    lab = start_lab()
    lab.inject(EX01, "windows", Fault(FaultKind.HANG, times=1))
    with pytest.raises(requests.ReadTimeout):
        connect(lab, read_timeout=0.3).get(CONFIG)

    assert connect(lab).get(CONFIG) is not None


def test_a_failure_of_the_lab_itself_is_an_answer_and_keeps_the_login(
    start_lab: StartLab, get: Get, caplog: pytest.LogCaptureFixture
) -> None:
    """A state that nobody foresaw gives 500 and a line in Python's log, and the lab goes on."""
    lab = start_lab()
    server = lab.organization.servers[EX01]
    worker = server.worker
    lab.change(lambda: setattr(server, "worker", None))
    statuses = [get(lab).status_code]
    lab.change(lambda: setattr(server, "worker", worker))
    statuses.append(get(lab).status_code)

    assert statuses == [500, 400]
    assert "the lab failed to answer /EWS/mrsproxy.svc" in caplog.text
