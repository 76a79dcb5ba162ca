"""Everything that is known about one server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from moveready.errors import EvidenceError, InternalError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from moveready.evidence.subject import Subject

E = TypeVar("E")

Missing = EvidenceError | InternalError
"""Why a fact is missing."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one server, by the name of the subject: the evidence, or why it is missing."""

    known: Mapping[str, object] = field(default_factory=dict)

    def of(self, subject: Subject[E]) -> E | Missing | None:
        """What is known on the subject; None if nobody asked."""
        return cast("E | Missing | None", self.known.get(subject.name))

    def had(self, subject: Subject[E]) -> E | None:
        """The evidence; None if there is none."""
        found = self.of(subject)
        return None if isinstance(found, Missing) else found

    def missing(self, kind: type[Missing]) -> frozenset[str]:
        """The names of the subjects whose evidence is missing for a reason of this kind."""
        return frozenset(name for name, fact in self.known.items() if isinstance(fact, kind))

    def without(self, names: Collection[str]) -> Facts:
        """The facts without the subjects of these names."""
        return Facts({name: fact for name, fact in self.known.items() if name not in names})

    def refined(self, subjects: Collection[Subject[Any]]) -> Facts:
        """The facts, each refined by the others."""
        had = [(subject, evidence) for subject in subjects if (evidence := self.had(subject)) is not None]
        new = {subject.name: subject.refine(evidence, self) for subject, evidence in had}
        return Facts({**self.known, **new})
