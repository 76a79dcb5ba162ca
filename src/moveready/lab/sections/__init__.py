"""Sections of a server's facts in a fleet file, one module each: `services:`, `ews:`.

A section is a key of the file, the model of its content, and the state of a server that is made from it. A module in
this folder declares one and is found automatically; the cmdlets that work with it are modules of `lab.cmdlets`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moveready.lab.facts import FactsModel

F = TypeVar("F", bound="FactsModel")
S = TypeVar("S")


class HasSections(Protocol):
    """A server with the state of each section, by its key."""

    @property
    def sections(self) -> Mapping[str, object]:
        """The states."""


@dataclass(frozen=True)
class FleetSection(Generic[F, S]):
    """One section.

    Attributes:
        key: The key in the facts of a server.
        facts: The model of the content; the defaults are those of a healthy server.
        begin: Makes the state at the beginning.
    """

    key: str
    facts: type[F]
    begin: Callable[[F], S]

    def of(self, server: HasSections) -> S:
        """The state of one server."""
        return cast("S", server.sections[self.key])


_DECLARED: dict[str, FleetSection[Any, Any]] = {}


def declare_section(section: FleetSection[F, S]) -> FleetSection[F, S]:
    """Register a section; raises `ValueError` if its key is taken."""
    if section.key in _DECLARED:
        raise ValueError(f"there is a section `{section.key}` already")
    _DECLARED[section.key] = section
    return section


@cache
def declared_sections() -> tuple[FleetSection[Any, Any], ...]:
    """All sections of this folder."""
    for module in iter_modules(__path__, f"{__name__}."):
        import_module(module.name)
    return tuple(_DECLARED.values())


def states_from(facts: FactsModel) -> dict[str, object]:
    """The states of a server at the beginning, by the key of their section."""
    return {section.key: section.begin(getattr(facts, section.key)) for section in declared_sections()}
