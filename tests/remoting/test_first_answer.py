"""A server that says nothing at all is given up early; one that has begun to answer has the whole deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import DeadlineError
from moveready.evidence.workers import ASK_WORKERS
from moveready.lab.faults import Fault, FaultKind
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_authenticated
from moveready.remoting.psrp import open_session

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from moveready.inventory import Server
    from moveready.lab.server import Lab
    from moveready.remoting.endpoint import PowerShellEndpoint

    EndpointOf = Callable[..., PowerShellEndpoint]
    Handler = Callable[[socket.socket], object]
    Listen = Callable[..., int]
    ServerOf = Callable[..., Server]
    Within = Callable[[], AbstractContextManager[None]]

EX01 = "ex01.contoso.com"
SILENT = Fault(FaultKind.SILENT)
SAID_NOTHING = r"^ex01.contoso.com, .*: it accepted the connection and said nothing for 0\.5 s\. .*--first-answer"


def ask(endpoint: PowerShellEndpoint, deadline: Deadline) -> int:
    """How many objects a first question gives."""
    with open_session(endpoint, deadline) as session:
        return len(session.ask(ASK_WORKERS).objects)


def test_a_silent_windows_endpoint_is_given_up_early(lab: Lab, endpoint_of: EndpointOf, within: Within) -> None:
    """Long before the deadline, and told as silence."""
    lab.inject(EX01, "windows", SILENT)

    with within(), pytest.raises(DeadlineError, match=SAID_NOTHING):
        ask(endpoint_of(lab), Deadline(60, 0.5))
    assert lab.log.requests() == 0


def test_a_silent_https_endpoint_is_given_up_early(lab: Lab, server_of: ServerOf, within: Within) -> None:
    """In the same way."""
    lab.inject(EX01, "https", SILENT)

    with within(), pytest.raises(DeadlineError, match=SAID_NOTHING):
        get_authenticated(server_of(lab), "/EWS/mrsproxy.svc", Deadline(60, 0.5))


def test_a_silent_handshake_is_given_up_early(
    lab: Lab, endpoint_of: EndpointOf, listen: Listen, silent: Handler, within: Within
) -> None:
    """Nothing of TLS is an answer."""
    with within(), pytest.raises(DeadlineError, match=SAID_NOTHING):
        ask(endpoint_of(lab, port=listen(silent), tls=True), Deadline(60, 0.5))


@pytest.mark.parametrize("action", ["Create", "Command", "Receive"])
def test_after_the_first_answer_the_deadline_counts(lab: Lab, endpoint_of: EndpointOf, action: str) -> None:
    """A server may think longer about a question than about saying that it is there."""
    lab.inject(EX01, "windows", Fault(FaultKind.SLOW, action, seconds=2, times=1))

    assert ask(endpoint_of(lab), Deadline(60, 1)) == 1


def test_a_nearer_deadline_wins(lab: Lab, endpoint_of: EndpointOf) -> None:
    """Then it is the deadline that is told."""
    lab.inject(EX01, "windows", SILENT)

    with pytest.raises(DeadlineError, match="no complete answer within 1 s"):
        ask(endpoint_of(lab), Deadline(1, 10))
