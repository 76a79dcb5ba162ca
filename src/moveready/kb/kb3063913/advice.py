"""What repairs a server: the commands of KB 3063913 with the server's name, or sentences if no command helps. Pure.

A command on a line of its own can be pasted into the Exchange Management Shell;
`iisreset` takes the computer it restarts as its argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.evidence import EWS_DIRECTORY
from moveready.evidence.mrsproxy_endpoint import EndpointKind

if TYPE_CHECKING:
    from moveready.evidence import Facts
    from moveready.inventory import Server

READ_THE_FLAG = "Read the flag first: False wants resolution 1 of the article, True wants resolution 2."
LOOK_WHO_ASKED = "The endpoint answers now. Look who else asked: the event names the client and the URL."
OF_ENDPOINT = {
    EndpointKind.DEVICE: "On the proxy or firewall, let /EWS/mrsproxy.svc through, without pre-authentication.",
    EndpointKind.IIS_RULE: (
        "On the server, look at the rules of IIS for the EWS application: SSL settings, IP address restrictions, client"
        " certificates. Nothing needs a restart."
    ),
    EndpointKind.BACK_END: (
        "On the server: Get-Service MSExchangeMailboxReplication, and the pools of both web sites."
    ),
}
"""What repairs an answer that fails its control; the flag does not matter."""


def enable(server: Server, facts: Facts) -> tuple[str, ...]:
    """Set only the flag, because the running application is on."""
    return (_set_flag(server, facts, "true"),)


def resolution_1(server: Server, facts: Facts) -> tuple[str, ...]:
    """Resolution 1 of the article, for a flag that is off."""
    return (*enable(server, facts), _restart(server))


def resolution_2(server: Server, facts: Facts) -> tuple[str, ...]:
    """Resolution 2 of the article, for a flag that is on while the running application is off."""
    return (_set_flag(server, facts, "false"), "# wait a few minutes", *resolution_1(server, facts))


def disable(server: Server, facts: Facts) -> tuple[str, ...]:
    """For a server that moves no mailboxes; the restart is inferred, as for resolution 1."""
    return (_set_flag(server, facts, "false"), _restart(server))


def _set_flag(server: Server, facts: Facts, value: str) -> str:
    """The command for the identity that was read, or else for the default web site."""
    directory = facts.had(EWS_DIRECTORY)
    identity = directory.identity if directory else f"{server.netbios}\\EWS (Default Web Site)"
    return f'Set-WebServicesVirtualDirectory "{identity}" -MRSProxyEnabled ${value} -Force -Confirm:$false'


def _restart(server: Server) -> str:
    return f"iisreset {server.netbios}"
