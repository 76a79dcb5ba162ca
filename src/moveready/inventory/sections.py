"""The merged sections of all files of an inventory, each with its place.

Pure.

Groups and credentials are merged by name, servers are collected; duplicates are errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from moveready.errors import Mistake, Place

if TYPE_CHECKING:
    from moveready.inventory.schema import (
        CredentialSection,
        FixSection,
        OrganizationSection,
        PartialFile,
        ServerSection,
        ServerSettings,
        TlsSection,
        WaiverSection,
    )
    from moveready.yamlfile.documents import Document

S = TypeVar("S")
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Placed(Generic[S]):
    """A section and its place."""

    section: S
    document: Document
    location: Location

    def place(self, *key: str | int) -> Place:
        """The line of the section, or of one of its keys."""
        return self.document.place_of((*self.location, *key))


@dataclass(slots=True)
class Sections:
    """The content of all files; `mistakes` has those that were found while merging."""

    organization: Placed[OrganizationSection] | None = None
    tls: Placed[TlsSection] | None = None
    defaults: Placed[ServerSettings] | None = None
    fix: Placed[FixSection] | None = None
    groups: dict[str, Placed[ServerSettings]] = field(default_factory=dict)
    credentials: dict[str, Placed[CredentialSection]] = field(default_factory=dict)
    servers: list[Placed[ServerSection]] = field(default_factory=list)
    waivers: list[Placed[WaiverSection]] = field(default_factory=list)
    notify: list[str] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    _names: dict[str, list[str | int]] = field(default_factory=dict)
    _places: dict[Location, Place] = field(default_factory=dict)

    def add(self, document: Document, file: PartialFile) -> None:
        """Add one file: its full content, and its content without mistakes."""
        self._declare(document.data)
        self._add_single_sections(document, file)
        for name, group in file.groups.items():
            if self._is_first(document, ("groups", name)):
                self.groups[name] = Placed(group, document, ("groups", name))
        for name, credential in file.credentials.items():
            if self._is_first(document, ("credentials", name)):
                self.credentials[name] = Placed(credential, document, ("credentials", name))
        for index, server in enumerate(file.servers):
            self.servers.append(Placed(server, document, ("servers", index)))
            if server.name:
                self._is_first(document, ("servers", index, "name"), ("servers", server.name))

        for index, waiver in enumerate(file.waivers):
            self.waivers.append(Placed(waiver, document, ("waivers", index)))
        self.notify += file.notify

    def _add_single_sections(self, document: Document, file: PartialFile) -> None:
        if file.organization is not None and self._is_first(document, ("organization",)):
            self.organization = Placed(file.organization, document, ("organization",))
        if file.tls is not None and self._is_first(document, ("tls",)):
            self.tls = Placed(file.tls, document, ("tls",))
        if file.defaults is not None and self._is_first(document, ("defaults",)):
            self.defaults = Placed(file.defaults, document, ("defaults",))
        if file.fix is not None and self._is_first(document, ("fix",)):
            self.fix = Placed(file.fix, document, ("fix",))

    def _declare(self, data: object) -> None:
        for section, content in data.items() if isinstance(data, dict) else ():
            if content is not None:
                names = range(len(content)) if isinstance(content, list) else content
                self._names.setdefault(section, []).extend(names if isinstance(names, dict | range) else ())

    def names_in(self, section: str) -> list[str | int] | None:
        """The entries of a section in all files, even those with mistakes; None if no file has the section."""
        return self._names.get(section)

    def _is_first(self, document: Document, location: Location, what: Location = ()) -> bool:
        place = document.place_of(location)
        first = self._places.setdefault(what or location, place)
        if first is not place:
            problem = f"`{(what or location)[-1]}` is given twice in the inventory, first in {first}"
            self.mistakes.append(Mistake(place, problem, "Keep one of the two."))
        return first is place
