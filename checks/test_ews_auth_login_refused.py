"""EWS-AUTH: moves fail with 401, because EWS does not let the Mailbox Replication service log in.

Each argument is evidence; if it is missing, the check ends as an error before its first line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.findings.controls import control
from moveready.inventory import Phase
from moveready.kb.ews_auth import SOURCE

if TYPE_CHECKING:
    from moveready.kb.ews_auth import EwsChallenge, EwsLogin

WHILE_MOVING = (Phase.MOVING,)


@control(
    "EWS-AUTH-1",
    title="EWS offers a Windows login",
    severity="critical",
    cause="The server offers neither Negotiate nor NTLM to clients of EWS.",
    source=SOURCE,
    phases=WHILE_MOVING,
)
def test_windows_login_is_offered(ews_challenge: EwsChallenge) -> None:
    """To a request without a login, the server itself offers Negotiate or NTLM."""
    assert ews_challenge.offers_windows_login, ews_challenge.message()


@control(
    "EWS-AUTH-2",
    title="Windows authentication is on for EWS",
    severity="critical",
    cause="The EWS virtual directory of the server has Windows authentication off.",
    source=SOURCE,
    phases=WHILE_MOVING,
)
def test_windows_authentication_is_on(ews_login: EwsLogin) -> None:
    """The EWS virtual directory lets clients log in with Windows authentication."""
    assert ews_login.windows_authentication, ews_login.windows_message()


@control(
    "EWS-AUTH-3",
    title="Extended Protection of EWS is not too strict",
    severity="critical",
    cause="Extended Protection of the EWS virtual directory requires channel bindings, which is not supported.",
    source="https://microsoft.github.io/CSS-Exchange/Security/Extended-Protection/",
    phases=WHILE_MOVING,
)
def test_extended_protection_is_supported(ews_login: EwsLogin) -> None:
    """Extended Protection of EWS of the Default Web Site is Allow or None, and not Require."""
    assert not ews_login.requires_bindings, ews_login.protection_message()
