"""A remedy is a class, registered by name, that says what it changes but not how that is done. Pure.

The KB's verdict chooses a remedy of a KB; the `remedy` of your control chooses your own. Several remedies of one server
become one step, with one restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from moveready.evidence.subject import origin_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Outcome
    from moveready.findings.verdicts import Verdict
    from moveready.fixer.actions import Action, Condition
    from moveready.fixer.readings import Reading
    from moveready.inventory import FixPolicy, Server

EXCHANGE_2013 = 15
"""The major version of Exchange 2013 and later; 14 is Exchange 2010, which has no components and no health check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a server, and what is known about it.

    Attributes:
        outcomes: The failed controls.
        reading: The remedy's setting as it was read for this plan; None if the remedy names none.
        major_version: 14 is Exchange 2010, 15 is 2013 and newer.
    """

    server: Server
    verdict: Verdict
    outcomes: tuple[Outcome, ...]
    policy: FixPolicy
    reading: Reading | None
    major_version: int

    @property
    def current(self) -> Reading:
        """The reading of the setting; raises `ValueError` if the remedy names none."""
        if self.reading is None:
            raise ValueError("this remedy names no setting")
        return self.reading


class Remedy:
    """What repairs a finding. Subclasses override the parts that differ.

    Attributes:
        setting: Name of the setting that it changes; this is read for the plan, and again before anything is done. ""
        for none.
        restarts: Whether EWS is restarted after all changes, in the way that the inventory wants.
        order: If a server has several remedies, the lower number comes first.
    """

    setting: ClassVar[str] = ""
    restarts: ClassVar[bool] = False
    order: ClassVar[int] = 50

    def refusal(self, finding: Finding) -> str:
        """Why it must not be done here, one sentence without its full stop; "" if it may."""
        return ""

    def changes(self, finding: Finding) -> tuple[Action, ...]:
        """The actions, in order; always the same for the same finding. `restores` counts from the first of them."""
        return ()

    def not_helped(self, finding: Finding) -> Condition | None:
        """A condition that is true if a smaller restart did not help; None if there is no such condition."""
        return None


_REMEDIES: dict[str, tuple[Remedy, str | None]] = {}
_Class = TypeVar("_Class", bound="type[Remedy]")


def remedy(name: str, kb: str | None = None) -> Callable[[_Class], _Class]:
    """Register a remedy by its name, and by the KB whose verdicts choose it; raises `ValueError` if the name is taken.

    If its module is imported again, the new remedy replaces the old one.
    """

    def registered(kind: _Class) -> _Class:
        known = _REMEDIES.get(name)
        if known is not None and origin_of(type(known[0])) != origin_of(kind):
            raise ValueError(f"a remedy {name} exists: {type(known[0]).__name__}")
        _REMEDIES[name] = kind(), kb
        return kind

    return registered


def remedy_named(name: str) -> Remedy | None:
    """The registered remedy, or None."""
    return _REMEDIES[name][0] if name in _REMEDIES else None


def kb_of_remedy(name: str) -> str | None:
    """The KB whose verdicts choose the remedy; None for your own remedy, or for an unknown name."""
    return _REMEDIES[name][1] if name in _REMEDIES else None
