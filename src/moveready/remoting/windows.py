"""The Windows endpoint (WinRM) of one server: event log, processes, services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.evidence.questions import Channel
from moveready.remoting.dialing import Destination
from moveready.remoting.logins import Logins
from moveready.remoting.psrp import PowerShellEndpoint, open_session

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from moveready.evidence.questions import CmdletAnswer, Pipeline
    from moveready.inventory import Server
    from moveready.remoting.deadline import Deadline
    from moveready.remoting.psrp import Session


def windows_session(
    server: Server, deadline: Deadline, logins: Logins | None = None
) -> AbstractContextManager[Session]:
    """A session with the server; raises `EvidenceError`.

    `logins` belong to the run; without them, only this call is counted.
    """
    return open_session(_endpoint_of(server, logins or Logins()), deadline)


def ask_windows(server: Server, pipeline: Pipeline, deadline: Deadline, logins: Logins | None = None) -> CmdletAnswer:
    """The answer to one pipeline, in a separate session; raises `EvidenceError`."""
    with windows_session(server, deadline, logins) as session:
        return session.ask(pipeline)


def _endpoint_of(server: Server, logins: Logins) -> PowerShellEndpoint:
    return PowerShellEndpoint(
        destination=Destination(
            server.name,
            server.connect_to,
            server.ports.windows,
            server.tls.windows,
            server.tls.verify,
            server.tls.ca_file,
        ),
        path="wsman",
        configuration="Microsoft.PowerShell",
        service="host",
        credential=server.credential,
        channel=Channel.WINDOWS.value,
        account=logins.of(server.credential),
    )
