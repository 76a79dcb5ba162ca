"""What servers answer, judged: one module a subject, each with the question and a pure reader of the answer.

May import errors, inventory and questions. No module here opens a socket: readers take an answer and give a frozen
dataclass, or raise an `EvidenceError`.
"""

from __future__ import annotations

from moveready.evidence.directory import DirectoryListing, EwsDirectory
from moveready.evidence.endpoint import EndpointAnswer, EndpointKind
from moveready.evidence.events import MrsProxyEvent, MrsProxyEvents
from moveready.evidence.facts import Evidence, Facts, Missing, Subject, subjects_named

__all__ = [
    "DirectoryListing",
    "EndpointAnswer",
    "EndpointKind",
    "Evidence",
    "EwsDirectory",
    "Facts",
    "Missing",
    "MrsProxyEvent",
    "MrsProxyEvents",
    "Subject",
    "subjects_named",
]
