"""The Windows endpoint (WinRM) of one server: event log, processes, services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.evidence.questions import Channel
from moveready.inventory import Auth
from moveready.remoting.dialing import Destination
from moveready.remoting.endpoint import PowerShellEndpoint
from moveready.remoting.logins import Logins
from moveready.remoting.psrp import open_session

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from moveready.evidence.questions import CmdletAnswer, Pipeline
    from moveready.inventory import Server
    from moveready.remoting.deadline import Deadline
    from moveready.remoting.psrp import Session

WINDOWS_PATH = "wsman"


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


def windows_destination(server: Server) -> Destination:
    """Where the server's Windows endpoint is."""
    tls, login = server.tls, server.windows_login
    shown = login if login.auth is Auth.CERTIFICATE else None
    port = server.ports.windows
    return Destination(server.name, server.connect_to, port, tls.windows, tls.verify, tls.ca_file, shown)


def _endpoint_of(server: Server, logins: Logins) -> PowerShellEndpoint:
    return PowerShellEndpoint(
        destination=windows_destination(server),
        path=WINDOWS_PATH,
        configuration=server.windows_configuration,
        service="host",
        credential=server.windows_login,
        channel=Channel.WINDOWS.value,
        account=logins.of(server.windows_login),
    )
