"""The Windows endpoint (WinRM) of one server: event log, processes, services.

May import errors, inventory, questions and its neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.questions import Channel
from moveready.remoting.dialing import Dial
from moveready.remoting.logins import Logins
from moveready.remoting.psrp import PowerShellEndpoint, open_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moveready.inventory import Server
    from moveready.questions import CmdletAnswer, Pipeline
    from moveready.remoting.deadline import Deadline


def ask_windows(
    server: Server, pipelines: Sequence[Pipeline], deadline: Deadline, logins: Logins | None = None
) -> tuple[CmdletAnswer, ...]:
    """The answers to all pipelines, in their order, over one session; raises `EvidenceError`.

    `logins` are those of the run; without them this call counts for itself.
    """
    with open_session(_endpoint_of(server, logins or Logins()), deadline) as session:
        return tuple(session.ask(pipeline) for pipeline in pipelines)


def _endpoint_of(server: Server, logins: Logins) -> PowerShellEndpoint:
    return PowerShellEndpoint(
        dial=Dial(
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
