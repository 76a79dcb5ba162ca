"""KB 3063913: moving mailboxes fails with "(403) Forbidden", because MRSProxy is off, or only its flag is on.

Each argument is evidence; if it is missing, the check ends as an error before its first line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.findings.controls import control
from moveready.inventory import Phase
from moveready.kb.kb3063913 import SOURCE

if TYPE_CHECKING:
    from moveready.evidence import EwsDirectory
    from moveready.inventory import Server
    from moveready.kb.kb3063913 import EndpointAnswer, MrsProxyEvents

WHILE_MOVING = (Phase.MOVING,)


@control(
    "KB3063913-1",
    title="MRSProxy is enabled",
    severity="critical",
    cause="The EWS virtual directory of the server has MRSProxy disabled.",
    remedy="enable",
    resolution="""\
Set-WebServicesVirtualDirectory "{identity}" -MRSProxyEnabled ${wanted} -Force -Confirm:$false
iisreset {netbios}""",
    source=SOURCE,
)
def test_mrsproxy_is_enabled(server: Server, ews_directory: EwsDirectory) -> None:
    """The EWS virtual directory lets moves in while the server's phase is `moving`, and keeps them out while `idle`."""
    wanted = server.phase.wants_mrsproxy

    assert ews_directory.mrsproxy_enabled == wanted, ews_directory.message(wanted)


@control(
    "KB3063913-2",
    title="No event 1309 since the worker started",
    severity="high",
    cause="The running application still has MRSProxy disabled, whatever the directory says.",
    remedy="toggle",
    source=SOURCE,
    phases=WHILE_MOVING,
)
def test_no_live_event_1309(mrsproxy_events: MrsProxyEvents) -> None:
    """Since its worker process started, ASP.NET has not logged `MRS proxy service is disabled`."""
    assert not mrsproxy_events.live, mrsproxy_events.message()


@control(
    "KB3063913-3",
    title="The endpoint does not answer 403",
    severity="critical",
    cause="The MRSProxy endpoint of the server refuses or does not answer authenticated requests.",
    remedy="toggle",
    source=SOURCE,
    phases=WHILE_MOVING,
)
def test_endpoint_is_not_forbidden(endpoint_answer: EndpointAnswer) -> None:
    """An authenticated GET of `/EWS/mrsproxy.svc` on this very server is let in."""
    assert endpoint_answer.lets_moves_in, endpoint_answer.message()
