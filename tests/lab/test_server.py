"""The lab as a whole, seen by unmodified pypsrp and requests clients."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WinRMError, WinRMTransportError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from moveready.errors import LabError
from moveready.lab.faults import Fault, FaultKind
from moveready.lab.fleet import ChannelName, fleet_from
from moveready.lab.server import Lab
from moveready.lab.state import restart_iis

if TYPE_CHECKING:
    from pathlib import Path

EX01 = "ex01.contoso.com"
StartLab = Callable[..., Lab]
Connect = Callable[..., WSMan]
OpenPool = Callable[..., RunspacePool]
Ask = Callable[..., PowerShell]
Get = Callable[..., requests.Response]


@pytest.mark.parametrize("channel", ["exchange", "windows"])
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_opening_over_http_takes_six_round_trips(
    start_lab: StartLab, open_pool: OpenPool, channel: str, auth: str
) -> None:
    """Three for the login, Create, and a Receive each for the capabilities and `Opened`, as with real servers."""
    lab = start_lab()
    open_pool(lab, channel, auth=auth)

    assert [entry.kind for entry in lab.log.entries()] == [
        "challenge", "challenge", "login", "create-shell", "receive", "receive"
    ]  # fmt: skip


@pytest.mark.parametrize(("settings", "expected"), [({"auth": "ntlm"}, 5), ({"auth": "basic"}, 3)])
def test_opening_over_tls_takes_fewer(
    start_lab: StartLab, open_pool: OpenPool, settings: dict[str, str], expected: int
) -> None:
    """Over TLS the login rides on Create; Basic is one request more than none."""
    lab = start_lab(windows_tls=True)
    open_pool(lab, **settings)

    assert (lab.log.requests(), len(lab.log.logins())) == (expected, 1)


def test_messages_may_be_encrypted_over_tls_too(start_lab: StartLab, open_pool: OpenPool, ask: Ask) -> None:
    """A client may seal its messages where it need not; the lab then answers in kind."""
    lab = start_lab(windows_tls=True)

    assert ask(open_pool(lab, encryption="always"), "Get-Service", Name="W3SVC").output


def test_unencrypted_messages_over_http_are_refused(start_lab: StartLab, connect: Connect) -> None:
    """WinRM's AllowUnencrypted is off."""
    with pytest.raises(WinRMTransportError, match="500"), RunspacePool(connect(start_lab(), encryption="never")):
        pass


def test_basic_over_http_is_refused(start_lab: StartLab, connect: Connect) -> None:
    """A password never travels in clear."""
    with pytest.raises(AuthenticationError), RunspacePool(connect(start_lab(), auth="basic", encryption="never")):
        pass


@pytest.mark.parametrize("auth", ["ntlm", "negotiate", "basic"])
def test_a_wrong_password_is_refused(start_lab: StartLab, connect: Connect, auth: str) -> None:
    """Nobody comes in who does not know the password."""
    wsman = connect(start_lab(windows_tls=True), auth=auth, password="wrong")
    with pytest.raises(AuthenticationError), RunspacePool(wsman):
        pass


def test_a_cmdlet_takes_two_round_trips_and_is_logged(start_lab: StartLab, open_pool: OpenPool, ask: Ask) -> None:
    """Command and Receive; the log tells what was asked."""
    lab = start_lab()
    pool = open_pool(lab)
    lab.log.clear()
    ask(pool, "Get-Service", Name=["W3SVC", "WAS"])

    assert lab.log.requests() == 2
    assert lab.log.commands() == ("Get-Service -Name W3SVC,WAS",)


def test_the_organization_is_answered_over_one_session(start_lab: StartLab, open_pool: OpenPool) -> None:
    """The Exchange endpoint pipes cmdlets, for all servers at once, types kept."""
    lab = start_lab({"name": EX01, "flag": "off"}, {"name": "ex02.contoso.com"})
    shell = PowerShell(open_pool(lab, "exchange"))
    shell.add_cmdlet("Get-WebServicesVirtualDirectory").add_parameter("ADPropertiesOnly")
    shell.add_cmdlet("Select-Object").add_parameter("Property", ["MRSProxyEnabled"])

    assert [found.extended_properties["MRSProxyEnabled"] for found in shell.invoke()] == [False, True]


def test_scripts_are_refused_in_no_language_mode(start_lab: StartLab, open_pool: OpenPool) -> None:
    """Exchange's endpoint takes cmdlets only, and says so in these words."""
    shell = PowerShell(open_pool(start_lab(), "exchange"))
    shell.add_script("1 + 1")
    with contextlib.suppress(WinRMError):
        shell.invoke()

    assert "The syntax is not supported by this runspace." in str(shell.streams.error[0])


def test_an_error_of_a_cmdlet_arrives_with_its_id(start_lab: StartLab, open_pool: OpenPool, ask: Ask) -> None:
    """A log without a match is a non-terminating error, as on Windows."""
    pool = open_pool(start_lab())
    query = '<QueryList><Query><Select Path="Application">*[System[(EventID=1309)]]</Select></Query></QueryList>'
    (error,) = ask(pool, "Get-WinEvent", FilterXml=query).streams.error

    assert error.fq_error == "NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand"


def test_another_configuration_is_not_there(start_lab: StartLab, connect: Connect) -> None:
    """Each endpoint has its own configuration only."""
    pool = RunspacePool(connect(start_lab()), configuration_name="Microsoft.Exchange")
    with pytest.raises(WSManFaultError) as caught, pool:
        pass

    assert caught.value.code == 2150858811


def test_another_path_is_not_there(start_lab: StartLab, connect: Connect) -> None:
    """Each endpoint has its own path only."""
    with pytest.raises(WinRMTransportError, match="404"), RunspacePool(connect(start_lab(), "exchange", path="wsman")):
        pass


def test_the_endpoint_of_mrsproxy_answers_after_ntlm(start_lab: StartLab, get: Get) -> None:
    """Three round trips, and Exchange's stamp on the answer."""
    lab = start_lab(worker="off")
    answer = get(lab)

    assert (answer.status_code, answer.headers["X-FEServer"]) == (403, "EX01")
    assert (lab.log.requests(), lab.log.entries()[-1].user) == (3, "CONTOSO\\svc-moveready")


@pytest.mark.parametrize("auth_provider", ["ntlm", "negotiate"])
def test_extended_protection_wants_channel_bindings(start_lab: StartLab, get: Get, auth_provider: str) -> None:
    """With Extended Protection a client that sends no channel bindings gets 401, and one that does gets in."""
    lab = start_lab(extended_protection=True)

    answers = [get(lab, auth_provider=auth_provider, send_cbt=cbt).status_code for cbt in (True, False)]
    assert answers == [400, 401]


def test_an_anonymous_request_is_asked_to_log_in(start_lab: StartLab) -> None:
    """Whether MRSProxy is on or off shows after the login only."""
    lab = start_lab(worker="off")
    url = f"https://127.0.0.1:{lab.ports[EX01]['https']}/EWS/mrsproxy.svc"
    answer = requests.get(url, verify=str(lab.ca_file), timeout=5)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Negotiate, NTLM")


def test_the_health_page_needs_no_login(start_lab: StartLab) -> None:
    """Load balancers read it anonymously."""
    lab = start_lab()
    url = f"https://127.0.0.1:{lab.ports[EX01]['https']}/EWS/healthcheck.htm"

    assert requests.get(url, verify=str(lab.ca_file), timeout=5).status_code == 200


def test_shells_belong_to_their_user(start_lab: StartLab, open_pool: OpenPool, connect: Connect) -> None:
    """Another account does not find the shell, whoever knows its id."""
    lab = start_lab()
    pool = open_pool(lab)
    pool.connection = connect(lab, username=lab.accounts[1].username)
    pool.shell.wsman = pool.connection
    with pytest.raises(WSManFaultError) as caught:
        PowerShell(pool).add_cmdlet("Get-Service").invoke()
    pool.shell.wsman = connect(lab)

    assert caught.value.code == 2150858843


def test_a_user_has_eighteen_exchange_shells(start_lab: StartLab, open_pool: OpenPool) -> None:
    """The nineteenth is refused, with the code and the words of Exchange's throttling."""
    lab = start_lab()
    for _ in range(18):
        open_pool(lab, "exchange")
    with pytest.raises(WSManFaultError, match="allowed : 18 for the policy party : MaxConcurrency") as caught:
        open_pool(lab, "exchange")

    assert caught.value.code == 2152992672
    assert lab.shells(EX01, "exchange") == 18


def test_questions_about_runspaces_are_answered(start_lab: StartLab, open_pool: OpenPool, ask: Ask) -> None:
    """Pypsrp waits for each answer; a pool with one runspace has it free when nothing runs."""
    pool = open_pool(start_lab())
    before = pool.get_available_runspaces()
    pool.max_runspaces = 3
    pool.min_runspaces = 2
    pool.reset_runspace_state()
    after = pool.get_available_runspaces()

    assert (before, after) == (1, 3)
    assert ask(pool, "Get-Service", Name="W3SVC").output


def test_an_error_comes_with_its_number_and_its_command(start_lab: StartLab, open_pool: OpenPool, ask: Ask) -> None:
    """As pypsrp reads what PowerShell writes."""
    (error,) = ask(open_pool(start_lab()), "Get-Service", Name=["Nope"]).streams.error

    assert error.exception is not None
    assert error.exception.adapted_properties["HResult"] == -2146233087
    assert error.invocation_name == "Get-Service"
    assert error.invocation_bound_parameters == {"Name": ["Nope"]}
    assert error.message == "ObjectNotFound: (Nope:String) [Get-Service], ServiceCommandException"


def test_closing_gives_the_shell_back(start_lab: StartLab, connect: Connect) -> None:
    """Delete ends the shell."""
    lab = start_lab()
    with RunspacePool(connect(lab)):
        assert lab.shells(EX01, "windows") == 1

    assert lab.shells(EX01, "windows") == 0


def test_a_restart_of_iis_drops_the_exchange_endpoint_only(
    start_lab: StartLab, open_pool: OpenPool, connect: Connect, ask: Ask
) -> None:
    """The Exchange endpoint lives in IIS, WinRM does not."""
    lab = start_lab()
    exchange, windows = (
        RunspacePool(connect(lab, "exchange"), configuration_name="Microsoft.Exchange"),
        open_pool(lab),
    )
    exchange.open()
    ask(windows, "iisreset")
    exchange.shell.wsman = connect(lab, "exchange")
    with pytest.raises(WSManFaultError) as caught:
        ask(exchange, "Get-ExchangeServer")

    assert caught.value.code == 2150858843
    assert ask(windows, "Get-Service", Name="W3SVC").output
    assert [lab.shells(EX01, channel) for channel in ("exchange", "windows")] == [0, 1]


def test_a_restart_of_iis_cuts_its_connections(start_lab: StartLab, connect: Connect) -> None:
    """Who was connected must connect and log in again."""
    lab = start_lab()
    wsman = connect(lab, "exchange")
    wsman.get("http://schemas.microsoft.com/wbem/wsman/1/config")
    server = lab.organization.servers[EX01]
    lab.change(lambda: restart_iis(lab.organization, server, server.created_at))
    wsman.transport.encryption = None
    wsman.get("http://schemas.microsoft.com/wbem/wsman/1/config")

    assert len(lab.log.logins()) == 2


def test_while_iis_is_down_the_kernel_answers(start_lab: StartLab, connect: Connect, get: Get) -> None:
    """Between stop and start both channels of IIS get 503 from http.sys."""
    lab = start_lab(restart={"takes": "1h"})
    server = lab.organization.servers[EX01]
    lab.change(lambda: restart_iis(lab.organization, server, server.iis_down_until))
    with pytest.raises(WinRMTransportError, match="503"), RunspacePool(connect(lab, "exchange")):
        pass

    assert get(lab).headers["Server"] == "Microsoft-HTTPAPI/2.0"


@pytest.mark.parametrize("channel", ["exchange", "windows", "https"])
def test_a_channel_that_is_down_refuses_connections(start_lab: StartLab, channel: str) -> None:
    """Down means that the port is closed; the other channels answer."""
    ports = start_lab(down=[channel]).ports[EX01]
    refused = []
    for name, port in ports.items():
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            refused.append(name)

    assert refused == [channel]


def test_a_channel_goes_down_and_comes_back_on_its_port(start_lab: StartLab, get: Get) -> None:
    """Tests may take a channel away and give it back; the port stays the inventory's."""
    lab = start_lab()
    server = lab.organization.servers[EX01]
    get(lab)
    lab.change(lambda: setattr(server, "down", frozenset({ChannelName.HTTPS})))
    with pytest.raises(requests.ConnectionError):
        get(lab)
    lab.change(lambda: setattr(server, "down", frozenset()))

    assert get(lab).status_code == 400


def test_a_server_that_dies_of_its_restart_stops_listening(
    start_lab: StartLab, open_pool: OpenPool, ask: Ask, get: Get
) -> None:
    """What a cmdlet does to the server shows on its ports."""
    lab = start_lab(restart={"outcome": "dies"})
    ask(open_pool(lab), "iisreset")

    with pytest.raises(requests.ConnectionError):
        get(lab)


def test_every_answer_waits_for_the_latency(start_lab: StartLab, open_pool: OpenPool) -> None:
    """Six round trips at 30 ms take at least 180 ms."""
    lab = start_lab(latency="30ms")
    open_pool(lab)
    entries = lab.log.entries()

    assert (entries[-1].when - entries[0].when).total_seconds() >= 5 * 0.03


def test_change_gives_the_result_and_the_error_of_its_function(start_lab: StartLab) -> None:
    """A change runs on the lab's thread, and its outcome comes back to the caller."""
    lab = start_lab()

    assert lab.change(lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        lab.change(lambda: 1 // 0)


def test_three_hundred_servers_live_in_one_lab(start_lab: StartLab, open_pool: OpenPool) -> None:
    """Every server has its own ports."""
    lab = start_lab({"name": "ex.contoso.com", "copies": 300}, {"name": EX01})
    open_pool(lab)

    assert len({port for ports in lab.ports.values() for port in ports.values()}) == 903


def test_two_labs_live_side_by_side(tmp_path: Path, get: Get) -> None:
    """Labs of one process do not disturb each other, whatever their organizations."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    fleets = [fleet_from(organization=name, servers=[{"name": EX01}]) for name in ("contoso.com", "fabrikam.com")]
    with Lab(fleets[0], folder=folders[0]) as one:
        with Lab(fleets[1], folder=folders[1]) as two:
            assert [get(lab).status_code for lab in (one, two)] == [400, 400]
        assert get(one).status_code == 400


def test_faults_of_nowhere_are_refused(start_lab: StartLab) -> None:
    """A fault for a server or a channel that does not exist would strike nobody."""
    lab = start_lab()

    with pytest.raises(LabError, match="no channel 'winrm'"):
        lab.inject(EX01, "winrm", Fault(FaultKind.HANG))
    with pytest.raises(LabError, match="of 'ex99'"):
        lab.inject("ex99", "windows", Fault(FaultKind.HANG))


def test_cleared_faults_strike_no_more(start_lab: StartLab, get: Get) -> None:
    """`clear` takes faults back."""
    lab = start_lab()
    lab.inject(EX01, "https", Fault(FaultKind.STATUS, status=500))
    statuses = [get(lab).status_code]
    lab.clear(EX01)
    statuses.append(get(lab).status_code)

    assert statuses == [500, 400]


def test_leaving_frees_the_ports(tmp_path: Path) -> None:
    """After the lab nothing listens."""
    with Lab(fleet_from(servers=[{"name": EX01}]), folder=tmp_path) as lab:
        port = lab.ports[EX01]["windows"]

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_leaving_gives_the_environment_back(tmp_path: Path) -> None:
    """The variable of pyspnego's NTLM users is the lab's only while the lab runs; labs of other tests may live."""
    before = os.environ.get("NTLM_USER_FILE")
    with Lab(fleet_from(servers=[{"name": EX01}]), folder=tmp_path):
        during = os.environ["NTLM_USER_FILE"]

    assert (during, os.environ.get("NTLM_USER_FILE")) == (str(tmp_path / "lab-ntlm-users"), before)


def test_a_lab_that_cannot_start_says_why(tmp_path: Path) -> None:
    """A folder that is not there is the caller's mistake, told by the file."""
    with pytest.raises(LabError, match="nowhere"):
        Lab(fleet_from(servers=[{"name": EX01}]), folder=tmp_path / "nowhere").__enter__()


def test_an_inventory_that_cannot_be_written_says_why(start_lab: StartLab, tmp_path: Path) -> None:
    """The file and the reason are told."""
    with pytest.raises(LabError, match=r"cannot be written to .*nowhere"):
        start_lab().write_inventory(tmp_path / "nowhere" / "inventory.yaml")
