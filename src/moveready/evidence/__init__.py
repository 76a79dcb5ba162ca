"""Evidence, which is what servers answered: what a subject is, and the subjects that several KBs share.

No module here opens a socket: readers take an answer and give a frozen dataclass, or raise an `EvidenceError`.
"""

from __future__ import annotations

from moveready.evidence.directory import EWS_DIRECTORY, DirectoryListing, EwsDirectory
from moveready.evidence.subject import (
    Context,
    Facts,
    Missing,
    OrganizationSubject,
    Scope,
    ServerSubject,
    Subject,
    declare,
    declared,
    subjects_named,
)

__all__ = [
    "EWS_DIRECTORY",
    "Context",
    "DirectoryListing",
    "EwsDirectory",
    "Facts",
    "Missing",
    "OrganizationSubject",
    "Scope",
    "ServerSubject",
    "Subject",
    "declare",
    "declared",
    "subjects_named",
]
