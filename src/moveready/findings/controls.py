"""`@control`: one cause of a KB as a check, and the registry of all of them.

    @control("KB3063913-1", title="MRSProxy is enabled", severity="critical", cause="...", resolution="...",
    source="...") def test_mrsproxy_is_enabled(server, ews_directory): ...

A control's identity is its id, never the node id of the test: that one changes with the way the checks are installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from moveready.inventory import Phase, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Check = TypeVar("Check", bound=Callable[..., None])

_ATTRIBUTE = "__moveready_control__"
BOTH_PHASES = (Phase.MOVING, Phase.IDLE)


class Severity(Enum):
    """How bad a finding is. Ordered by the order of definition, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Control:
    """One cause of a KB as a check.

    Attributes:
        id: `KB<number>-<cause>`, the identity in reports, waivers and plans.
        cause: What is wrong when it fails, one sentence.
        resolution: What repairs it where the diagnosis of the server names no commands of its own; may hold the fields
            `{server}`, `{netbios}`, `{identity}` and `{wanted}`. Empty: the diagnosis alone knows.
        remedy: Name of the fixer's remedy, or None where only a person can repair it.
        source: Address of the article.
        phases: The phases of a server in which the control is asked at all.
    """

    id: str
    title: str
    severity: Severity
    cause: str
    resolution: str
    remedy: str | None
    source: str
    phases: tuple[Phase, ...]

    @property
    def kb(self) -> str:
        """The KB that it belongs to: what stands before the last `-` of its id."""
        return kb_of(self.id)

    def applies_to(self, server: Server) -> bool:
        """Whether the control is asked of this server."""
        return server.phase in self.phases

    def resolution_for(self, server: Server) -> str:
        """The resolution with the names of that server filled in."""
        return self.resolution.format(
            server=server.name,
            netbios=server.netbios,
            identity=f"{server.netbios}\\EWS (Default Web Site)",
            wanted=str(server.phase.wants_mrsproxy).lower(),
        )


def kb_of(control: str) -> str:
    """The id of the KB that a control of this id belongs to."""
    return control.rpartition("-")[0]


def control(  # noqa: PLR0913 - each is a column of every report, given by name
    id: str,  # noqa: A002 - `id` is what the field calls it
    *,
    title: str,
    severity: str,
    cause: str,
    source: str,
    resolution: str = "",
    remedy: str | None = None,
    phases: Iterable[Phase] = BOTH_PHASES,
) -> Callable[[Check], Check]:
    """Mark a check function as a control; raises `ValueError` for a severity that does not exist."""
    described = Control(id, title, Severity(severity), cause, resolution, remedy, source, tuple(phases))

    def marked(check: Check) -> Check:
        setattr(check, _ATTRIBUTE, described)
        return check

    return marked


def control_of(check: object) -> Control | None:
    """The control of a check function, or None for a plain test."""
    return getattr(check, _ATTRIBUTE, None)


class InstalledControl(NamedTuple):
    """A control of the installed checks, and the function that carries it."""

    control: Control
    check: Callable[..., None]


def installed_controls() -> list[InstalledControl]:
    """Every control of `moveready.checks`, by id; imports the checks. None where they are not installed."""
    package = importlib.util.find_spec("moveready.checks")
    places = (package and package.submodule_search_locations) or ()
    names = [f"moveready.checks.{found.name}" for found in pkgutil.iter_modules(places)]
    functions = [
        each for name in names for _, each in inspect.getmembers(importlib.import_module(name), inspect.isfunction)
    ]
    found = [InstalledControl(described, each) for each in functions if (described := control_of(each))]
    return sorted(found, key=lambda one: one.control.id)


def repeated_ids(controls: Iterable[tuple[Control, str]]) -> list[str]:
    """The ids that more than one function claims, one sentence each, of pairs of control and function."""
    claims: dict[str, set[str]] = {}
    for described, function in controls:
        claims.setdefault(described.id, set()).add(function)
    return [
        f"control {id} is claimed by {' and '.join(sorted(functions))}"
        for id, functions in claims.items()  # noqa: A001 - `id` is what the field calls it
        if len(functions) > 1
    ]
