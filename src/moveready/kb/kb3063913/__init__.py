"""KB 3063913: moving mailboxes fails with "(403) Forbidden", because MRSProxy is off, or only its flag is on."""

from __future__ import annotations

from moveready.evidence import EWS_DIRECTORY
from moveready.evidence.mrsproxy_endpoint import EndpointAnswer, EndpointKind
from moveready.findings.kb import Kb, declare_kb
from moveready.kb.kb3063913.endpoint import ENDPOINT_ANSWER
from moveready.kb.kb3063913.events import MRSPROXY_EVENTS, MrsProxyEvent, MrsProxyEvents
from moveready.kb.kb3063913.symptoms import SYMPTOMS
from moveready.kb.kb3063913.verdicts import ID, judge, repairs_of

SOURCE = "https://support.microsoft.com/help/3063913"

KB = declare_kb(
    Kb(
        id=ID,
        title='Moving mailboxes fails with "(403) Forbidden"',
        source=SOURCE,
        reads=(EWS_DIRECTORY, MRSPROXY_EVENTS, ENDPOINT_ANSWER),
        needs=(EWS_DIRECTORY, ENDPOINT_ANSWER),
        judge=judge,
        repairs=repairs_of,
        remedies="moveready.kb.kb3063913.remedies",
        symptoms=SYMPTOMS,
    )
)

__all__ = [
    "ENDPOINT_ANSWER",
    "KB",
    "MRSPROXY_EVENTS",
    "SOURCE",
    "EndpointAnswer",
    "EndpointKind",
    "MrsProxyEvent",
    "MrsProxyEvents",
]
