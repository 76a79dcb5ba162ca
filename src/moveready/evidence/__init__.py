"""What servers answer, judged: what a subject is, and those that several KBs share.

No module here opens a socket: readers take an answer and give a frozen dataclass, or raise an `EvidenceError`.
"""

from __future__ import annotations

from moveready.evidence.directory import EWS_DIRECTORY, DirectoryListing, EwsDirectory
from moveready.evidence.endpoint import ENDPOINT_ANSWER, EndpointAnswer, EndpointKind
from moveready.evidence.events import MRSPROXY_EVENTS, MrsProxyEvent, MrsProxyEvents
from moveready.evidence.facts import Facts, Missing
from moveready.evidence.subject import (
    Context,
    OrganizationSubject,
    Scope,
    ServerSubject,
    Subject,
    declare,
    declared,
    subjects_named,
)

__all__ = [
    "ENDPOINT_ANSWER",
    "EWS_DIRECTORY",
    "MRSPROXY_EVENTS",
    "Context",
    "DirectoryListing",
    "EndpointAnswer",
    "EndpointKind",
    "EwsDirectory",
    "Facts",
    "Missing",
    "MrsProxyEvent",
    "MrsProxyEvents",
    "OrganizationSubject",
    "Scope",
    "ServerSubject",
    "Subject",
    "declare",
    "declared",
    "subjects_named",
]
