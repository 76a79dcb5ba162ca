"""One request without a login, to any endpoint."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.errors import CertificateError, UnreachableError
from moveready.inventory import load_inventory
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.dialing import Destination
from moveready.remoting.exchange import EXCHANGE_PATH, exchange_destination
from moveready.remoting.https import https_destination
from moveready.remoting.probing import Target, greeting_of, moment_from
from moveready.remoting.windows import WINDOWS_PATH, windows_destination

if TYPE_CHECKING:
    from moveready.lab.server import Lab
    from tests.conftest import LabWith

EX01 = "ex01.contoso.com"


def targets_of(lab: Lab) -> dict[str, Target]:
    """The endpoints of a lab of one server."""
    known = load_inventory(lab.inventory_file, {})
    (server,), host = known.servers, known.organization.exchange[0]
    return {
        "exchange": Target(EX01, "Exchange endpoint", exchange_destination(host), EXCHANGE_PATH),
        "windows": Target(EX01, "Windows endpoint", windows_destination(server), WINDOWS_PATH),
        "https": Target(EX01, "HTTPS endpoint", https_destination(server), "EWS/healthcheck.htm"),
    }


@pytest.mark.parametrize(("channel", "status"), [("exchange", 401), ("windows", 401), ("https", 200)])
def test_every_endpoint_greets(lab_with: LabWith, channel: str, status: int) -> None:
    """With its time; nothing of ours but the request reaches it."""
    lab = lab_with()
    greeting = greeting_of(targets_of(lab)[channel], Deadline(60))

    assert greeting.status == status
    assert greeting.theirs is not None
    assert abs(greeting.theirs - greeting.ours) < timedelta(minutes=2)
    assert (lab.log.requests(), lab.log.credentials) == (1, ())


def test_only_the_head_of_an_answer_is_read() -> None:
    """The rest never comes, and nobody waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(answer_half, listening)
        destination = Destination(EX01, "127.0.0.1", listening.getsockname()[1], tls=False, verify=True, ca_file=None)
        greeting = greeting_of(Target(EX01, "Windows endpoint", destination, "wsman"), Deadline(60))
        request = asked.result(60)

    assert (greeting.status, greeting.theirs) == (200, None)
    assert request.startswith(b"GET /wsman HTTP/1.1\r\n")
    assert b"authorization" not in request.lower()


def answer_half(listening: socket.socket) -> bytes:
    """Answer one request with a head that announces a body; return the request when the client has hung up."""
    connection, _ = listening.accept()
    with connection:
        request = connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        connection.recv(1)
        return request


def test_a_refused_certificate_is_told(lab_with: LabWith) -> None:
    """With server, channel, address and step, but no path."""
    lab = lab_with()
    lab.inject(EX01, "https", Fault(FaultKind.TLS_OTHER_AUTHORITY))
    target = targets_of(lab)["https"]
    with pytest.raises(CertificateError) as caught:
        greeting_of(target, Deadline(60))

    assert caught.value.channel == f"HTTPS endpoint https://{EX01}:{target.destination.port}, in the TLS handshake"


def test_a_port_that_refuses_is_told(lab_with: LabWith) -> None:
    """Nothing listens there."""
    with pytest.raises(UnreachableError, match="Connection refused"):
        greeting_of(targets_of(lab_with(down=["windows"]))["windows"], Deadline(60))


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Sat, 28 Nov 2026 07:00:00 GMT", datetime(2026, 11, 28, 7, tzinfo=UTC)),
        ("Sat, 28 Nov 2026 07:00:00 -0000", datetime(2026, 11, 28, 7, tzinfo=UTC)),
        ("Sat, 28 Nov 2026 08:00:00 +0100", datetime(2026, 11, 28, 7, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("Sat, 99 Nov 2026 07:00:00 GMT", None),
    ],
)
def test_date_is_read_or_not_told(date: str, moment: datetime | None) -> None:
    """Never guessed."""
    assert moment_from(date) == moment
