"""When a login begins and when it has ended, seen over real sockets."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import AuthenticationError, DeadlineError, EvidenceError
from moveready.inventory import Auth, Credential, Ports, Secret, Tls
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_authenticated
from moveready.remoting.logins import Logins
from moveready.remoting.psrp import open_session

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from moveready.inventory import Server
    from moveready.lab.server import Lab
    from moveready.remoting.endpoint import PowerShellEndpoint

    EndpointOf = Callable[..., PowerShellEndpoint]
    Handler = Callable[[socket.socket], object]
    LabWith = Callable[..., Lab]
    Listen = Callable[..., int]
    ServerOf = Callable[..., Server]

EX01 = "ex01.contoso.com"
PATH = "/EWS/mrsproxy.svc"


@pytest.mark.parametrize(
    "way",
    [(Auth.NTLM, True), (Auth.NTLM, False), (Auth.BASIC, False)],
    ids=["ntlm-http", "ntlm-handshake", "basic-handshake"],
)
def test_a_server_that_is_silent_before_the_login_holds_nobody_up(
    lab: Lab, server_of: ServerOf, listen: Listen, authority_file: Path, way: tuple[Auth, bool]
) -> None:
    """It was not sent a credential, so others may be sent it; Basic sends it when the TLS handshake is over."""
    auth, tls = way
    met, over, logins = threading.Semaphore(0), threading.Event(), Logins()

    def handle(connection: socket.socket) -> None:
        connection.recv(4096)
        met.release()
        over.wait(60)

    credential = Credential("lab", auth, lab.account.username, Secret(lab.account.password))
    port = listen(handle, tls=tls)
    silent = server_of(lab, credential=credential, ports=Ports(https=port), tls=Tls(ca_file=authority_file))
    healthy = server_of(lab)
    deadlines = [Deadline(60) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(get_authenticated, silent, PATH, deadline, logins) for deadline in deadlines]
        assert all(met.acquire(timeout=30) for _ in asked)
        assert get_authenticated(healthy, PATH, Deadline(60), logins).status == 400
        for deadline in deadlines:
            deadline.cut()
        over.set()
        assert all(isinstance(ask.exception(), EvidenceError) for ask in asked)


def test_servers_that_hang_on_the_credential_are_not_the_fault_of_those_that_wait(
    lab_with: LabWith, logins_at: Callable[..., Any]
) -> None:
    """The third goes on once the first two have had their time, and has its own time left."""
    lab = lab_with(*({"name": f"ex{number:02d}.contoso.com"} for number in (1, 2, 3)))
    get, logins = logins_at(lab), Logins()
    for number in (1, 2):
        lab.inject(f"ex{number:02d}.contoso.com", "https", Fault(FaultKind.HANG))

    with ThreadPoolExecutor(3) as pool:
        hanging = [pool.submit(get, f"ex{number:02d}.contoso.com", 3, logins) for number in (1, 2)]
        while len(lab.log.credentials) < 2:
            threading.Event().wait(0.01)
        assert get("ex03.contoso.com", 20, logins).status == 400
    assert {type(ask.exception()) for ask in hanging} == {DeadlineError}


@pytest.mark.heavy
def test_four_servers_that_hang_on_the_credential_are_the_last(
    lab_with: LabWith, logins_at: Callable[..., Any]
) -> None:
    """What was sent four times and never answered is not sent again."""
    names = [f"ex{number:02d}.contoso.com" for number in range(1, 6)]
    lab = lab_with(*({"name": name} for name in names))
    get, logins = logins_at(lab), Logins()
    for name in names:
        lab.inject(name, "https", Fault(FaultKind.HANG))

    for name in names[:4]:
        with pytest.raises(DeadlineError):
            get(name, 2, logins)
    with pytest.raises(
        AuthenticationError, match=r"was not answered by ex01, ex02, ex03 and ex04; not tried here\. Look at those"
    ):
        get(names[4], 60, logins)
    assert list(lab.log.credentials) == names[:4]


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE, Auth.BASIC])
def test_all_channels_and_protocols_count_together(
    lab_with: LabWith, endpoint_of: EndpointOf, server_of: ServerOf, auth: Auth
) -> None:
    """A refusal by the Windows endpoint and one by the HTTPS endpoint are two; then neither hears a word of us."""
    lab, logins = lab_with(windows_tls=True), Logins()
    credential = Credential("lab", auth, lab.account.username, Secret("wrong"))
    server = server_of(lab, credential=replace(credential, auth=Auth.NTLM))

    with (
        pytest.raises(AuthenticationError, match="the login was refused"),
        _session(endpoint_of, lab, credential, logins),
    ):
        pass
    assert get_authenticated(server, PATH, Deadline(60), logins).status == 401
    lab.log.clear()
    with pytest.raises(AuthenticationError, match="was refused by ex01; not tried here"):
        get_authenticated(server, PATH, Deadline(60), logins)
    with pytest.raises(AuthenticationError, match="not tried here"), _session(endpoint_of, lab, credential, logins):
        pass
    assert (lab.log.requests(), lab.log.credentials) == (0, ())


def _session(endpoint_of: EndpointOf, lab: Lab, credential: Credential, logins: Logins) -> Any:
    return open_session(endpoint_of(lab, credential, logins), Deadline(60))


@pytest.fixture
def logins_at(server_of: ServerOf) -> Callable[..., Any]:
    """GET mrsproxy.svc of a lab's server, with the logins of a run."""

    def at(lab: Lab) -> Any:
        def get(name: str, seconds: float, logins: Logins) -> Any:
            server = replace(server_of(lab), name=name, ports=Ports(**lab.ports[name]))
            return get_authenticated(server, PATH, Deadline(seconds), logins)

        return get

    return at
