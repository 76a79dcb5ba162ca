"""All that is known of one server. May import errors and its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from moveready.errors import EvidenceError, InternalError
from moveready.evidence.directory import EwsDirectory
from moveready.evidence.endpoint import EndpointAnswer
from moveready.evidence.events import MrsProxyEvents

if TYPE_CHECKING:
    from collections.abc import Collection


class Subject(Enum):
    """What can be asked of a server; the value is the name of the check's argument."""

    DIRECTORY = "ews_directory"
    EVENTS = "mrsproxy_events"
    ENDPOINT = "endpoint_answer"


def subjects_named(names: Collection[str]) -> frozenset[Subject]:
    """The subjects whose evidence a check asks for, by the names of its arguments."""
    return frozenset(subject for subject in Subject if subject.value in names)


Evidence = EwsDirectory | MrsProxyEvents | EndpointAnswer

Missing = EvidenceError | InternalError
"""Why a fact could not be had."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one server: the evidence, or why it could not be had, or None where nobody asked."""

    directory: EwsDirectory | Missing | None = None
    events: MrsProxyEvents | Missing | None = None
    endpoint: EndpointAnswer | Missing | None = None

    def without(self, subjects: Collection[Subject]) -> Facts:
        """The facts as if nobody had asked these subjects."""
        return Facts(
            directory=None if Subject.DIRECTORY in subjects else self.directory,
            events=None if Subject.EVENTS in subjects else self.events,
            endpoint=None if Subject.ENDPOINT in subjects else self.endpoint,
        )

    def of(self, subject: Subject) -> Evidence | Missing | None:
        """What is known on the subject."""
        return {
            Subject.DIRECTORY: self.directory,
            Subject.EVENTS: self.events,
            Subject.ENDPOINT: self.endpoint,
        }[subject]


def facts_from(
    directory: EwsDirectory | Missing | None,
    events: MrsProxyEvents | Missing | None,
    endpoint: EndpointAnswer | Missing | None,
) -> Facts:
    """The facts of one server, its endpoint judged for the version of Exchange that the directory gives, if it does."""
    if isinstance(endpoint, EndpointAnswer):
        endpoint = endpoint.judged_for(version_in(directory))
    return Facts(directory, events, endpoint)


def version_in(directory: EwsDirectory | Missing | None) -> str | None:
    """The version of Exchange, as the directory writes it; None where it was not asked or could not be read."""
    return directory.version if isinstance(directory, EwsDirectory) else None
