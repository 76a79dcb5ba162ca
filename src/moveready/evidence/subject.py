"""A subject: one thing that can be known about a server, declared once; and the facts: all that is known about one.

The rest of moveready knows only the declaration. It gives the argument of checks, the questions and their endpoint, the
reader of the answers, the key in `run.json`, and the file name of the raw answers.

    MRS_SERVICE = declare(ServerSubject(name="mrs_service", type=ServiceState, scope=Scope.WINDOWS, ask=..., read=...))

Readers are pure: they take answers, and return a frozen dataclass or raise an `EvidenceError`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic import TypeAdapter

from moveready.errors import EvidenceError, InternalError
from moveready.evidence.questions import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import timedelta

    from moveready.evidence.questions import Pipeline, Request
    from moveready.inventory import Server

E_co = TypeVar("E_co", covariant=True)
L = TypeVar("L")
E = TypeVar("E")

Missing = EvidenceError | InternalError
"""Why a fact is missing."""


class Scope(Enum):
    """Which endpoint the questions of a subject go to; people read the value."""

    ORGANIZATION = "once a run, through Exchange"
    EXCHANGE = "for each server, through Exchange"
    WINDOWS = "for each server, through its Windows endpoint (WinRM)"
    HTTPS = "for each server, through its HTTPS endpoint"

    @property
    def channel(self) -> Channel:
        """The endpoint that is asked."""
        if self is Scope.WINDOWS:
            return Channel.WINDOWS
        return Channel.HTTPS if self is Scope.HTTPS else Channel.EXCHANGE


@dataclass(frozen=True, slots=True)
class Context:
    """Values that questions may use: how far to look back in event logs, and the id that marks our own probes."""

    since: timedelta
    run: str


def _as_it_is(evidence: Any) -> Any:  # noqa: ANN401 - evidence of any type
    return evidence


def _alone(evidence: Any, _: Facts) -> Any:  # noqa: ANN401 - evidence of any type
    return evidence


def _no_names(_: object) -> Iterable[str]:
    return ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Subject(Generic[E_co]):
    """What every subject declares.

    Attributes:
        name: The argument of checks, and the key in `run.json`.
        type: The evidence: a frozen dataclass.
        scope: Which endpoint its questions go to.
        refine: Returns the evidence, corrected by other evidence of the same server; unchanged if there is none.
        refined_by: The subjects of that other evidence.
        usable: Returns the evidence if a check can judge it; raises `EvidenceError` if it says nothing about the rule.
    """

    name: str
    type: type[E_co]
    scope: Scope
    refine: Callable[[E_co, Facts], E_co] = _alone
    refined_by: tuple[Subject[Any], ...] = ()
    usable: Callable[[E_co], E_co] = _as_it_is

    def __repr__(self) -> str:
        """Its name."""
        return self.name

    def evidence_from(self, value: object) -> E_co:
        """The evidence, from an object of its type or from the plain data in JSON, which is read strictly.

        Raises:
            pydantic.ValidationError: The data is not evidence on this subject, or has a key that no evidence has.
        """
        if isinstance(value, self.type):
            return value
        return self._adapter.validate_json(json.dumps(value), strict=True, extra="forbid")

    @cached_property
    def _adapter(self) -> TypeAdapter[E_co]:
        """Made once: it takes a hundred times as long as reading one piece of evidence."""
        return TypeAdapter(self.type)


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


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OrganizationSubject(Subject[E_co], Generic[E_co, L]):
    """A subject whose questions are asked once for all servers.

    Attributes:
        ask: The questions.
        read: Reads the answers once, in the order of the questions: `read(*answers)`.
        pick: Picks the evidence of one server from what was read.
        seen: The FQDNs of all servers that the answers name; empty where they name none.
    """

    scope: Scope = Scope.ORGANIZATION
    ask: Callable[[Context], Sequence[Pipeline]]
    read: Callable[..., L]
    pick: Callable[[L, Server], E_co]
    seen: Callable[[L], Iterable[str]] = _no_names


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ServerSubject(Subject[E_co]):
    """A subject whose questions are asked of each server.

    Attributes:
        ask: The questions to one server; pipelines, or with `Scope.HTTPS` requests.
        read: Reads the evidence from the answers, in the order of the questions: `read(server, context, *answers)`.
        after: Subjects whose answers its own questions would change: it is asked after them.
    """

    ask: Callable[[Server, Context], Sequence[Pipeline | Request]]
    read: Callable[..., E_co]
    after: tuple[Subject[Any], ...] = ()


_DECLARED: dict[str, Subject[Any]] = {}
S = TypeVar("S", bound=Subject[Any])


def declare(subject: S) -> S:
    """Register a subject by its name; raises `ValueError` if another one has that name.

    If the module of a declaration is imported again, the new declaration replaces the old one.
    """
    known = _DECLARED.get(subject.name)
    if known is not None and origin_of(known.type) != origin_of(subject.type):
        raise ValueError(f"there is a subject `{subject.name}` already: {'.'.join(origin_of(known.type))}")
    _DECLARED[subject.name] = subject
    return subject


def declared() -> tuple[Subject[Any], ...]:
    """All subjects declared so far, in the order of their declaration."""
    return tuple(_DECLARED.values())


def subjects_named(names: Collection[str]) -> tuple[Subject[Any], ...]:
    """The subjects whose evidence a check asks for, by the names of its arguments, in the order of declaration."""
    return tuple(subject for name, subject in _DECLARED.items() if name in names)


def origin_of(kind: type) -> tuple[str, str]:
    """Module and name of a class; they stay the same if the module is imported again."""
    return kind.__module__, kind.__qualname__
