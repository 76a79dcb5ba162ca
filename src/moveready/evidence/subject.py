"""A subject: one thing that can be known about a server, declared once.

The declaration is all that the rest of moveready knows of it: the argument of checks, the questions and where they
travel, the reader of the answers, the key in `run.json` and the name of the raw answers follow from it.

    MRS_SERVICE = declare(ServerSubject(name="mrs_service", type=ServiceState, scope=Scope.WINDOWS, ask=..., read=...))

Readers are pure: they take answers, and give a frozen dataclass or raise an `EvidenceError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter

from moveready.evidence.questions import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import timedelta

    from moveready.evidence.facts import Facts
    from moveready.evidence.questions import Pipeline, Request
    from moveready.inventory import Server

E_co = TypeVar("E_co", covariant=True)
L = TypeVar("L")


class Scope(Enum):
    """Where the questions of a subject travel; the value is what people read."""

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
    """What the questions of a run may depend on: the look-back of event logs, and the id that marks our own probes."""

    since: timedelta
    run: str


def _as_it_is(evidence: Any) -> Any:  # noqa: ANN401 - evidence of any type
    return evidence


def _alone(evidence: Any, _: Facts) -> Any:  # noqa: ANN401 - evidence of any type
    return evidence


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Subject(Generic[E_co]):
    """What every subject declares.

    Attributes:
        name: The argument of checks, and the key in `run.json`.
        type: The evidence: a frozen dataclass.
        scope: Where its questions travel.
        refine: The evidence as other evidence of the same server lets it be read; where nothing else is known, itself.
        refined_by: The subjects of that other evidence.
        usable: The evidence, if a check can judge it; raises `EvidenceError` where it says nothing about the rule.
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
        """The evidence, of itself or of the plain data that JSON made of it.

        Raises:
            pydantic.ValidationError: The data is no evidence on this subject.
        """
        return value if isinstance(value, self.type) else TypeAdapter(self.type).validate_python(value)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OrganizationSubject(Subject[E_co], Generic[E_co, L]):
    """One whose questions are asked once for all servers.

    Attributes:
        ask: The questions.
        read: Reads the answers once, in the order of the questions: `read(*answers)`.
        pick: The evidence of one server, out of what was read.
    """

    scope: Scope = Scope.ORGANIZATION
    ask: Callable[[Context], Sequence[Pipeline]]
    read: Callable[..., L]
    pick: Callable[[L, Server], E_co]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ServerSubject(Subject[E_co]):
    """One whose questions are asked of each server.

    Attributes:
        ask: The questions to one server; pipelines, or with `Scope.HTTPS` requests.
        read: The evidence out of the answers, in the order of the questions: `read(server, context, *answers)`.
        after: Subjects whose answers its own questions would change: it is asked after them.
    """

    ask: Callable[[Server, Context], Sequence[Pipeline | Request]]
    read: Callable[..., E_co]
    after: tuple[Subject[Any], ...] = ()


_DECLARED: dict[str, Subject[Any]] = {}
S = TypeVar("S", bound=Subject[Any])


def declare(subject: S) -> S:
    """Make a subject known by its name; raises `ValueError` where another one has that name.

    The module of a declaration may be imported anew: then the new declaration replaces its own older one.
    """
    known = _DECLARED.get(subject.name)
    if known is not None and origin_of(known.type) != origin_of(subject.type):
        raise ValueError(f"there is a subject `{subject.name}` already: {'.'.join(origin_of(known.type))}")
    _DECLARED[subject.name] = subject
    return subject


def declared() -> tuple[Subject[Any], ...]:
    """All subjects that are known by now, in the order of their declaration."""
    return tuple(_DECLARED.values())


def subjects_named(names: Collection[str]) -> tuple[Subject[Any], ...]:
    """The subjects whose evidence a check asks for, by the names of its arguments, in the order of declaration."""
    return tuple(subject for name, subject in _DECLARED.items() if name in names)


def origin_of(kind: type) -> tuple[str, str]:
    """Module and name of a class: the same for one whose module was imported anew."""
    return kind.__module__, kind.__qualname__
