"""EWS-AUTH: moves fail with 401, because EWS does not let the Mailbox Replication service log in."""

from __future__ import annotations

from moveready.findings.kb import Kb, declare_kb
from moveready.kb.ews_auth.challenge import EWS_CHALLENGE, EwsChallenge
from moveready.kb.ews_auth.settings import EWS_LOGIN, EwsLogin
from moveready.kb.ews_auth.symptoms import SYMPTOMS
from moveready.kb.ews_auth.verdicts import ID, judge, repairs_of

SOURCE = "https://learn.microsoft.com/exchange/architecture/mailbox-servers/mrs-proxy-endpoint"

KB = declare_kb(
    Kb(
        id=ID,
        title="EWS lets the Mailbox Replication service log in",
        source=SOURCE,
        reads=(EWS_CHALLENGE, EWS_LOGIN),
        needs=(EWS_CHALLENGE, EWS_LOGIN),
        judge=judge,
        repairs=repairs_of,
        symptoms=SYMPTOMS,
    )
)

__all__ = ["EWS_CHALLENGE", "EWS_LOGIN", "KB", "SOURCE", "EwsChallenge", "EwsLogin"]
