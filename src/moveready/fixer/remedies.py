"""What a remedy is, and what it is made of: pure plans.

A remedy is a class with `plan` (may it be done here?) and `steps` (what is done), registered by name. That of a KB is
chosen by the KB's verdict; one of your own by the `remedy` of your control.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from moveready.evidence.subject import origin_of
from moveready.fixer.plan import Action, Condition, Kind
from moveready.inventory import Restart
from moveready.questions import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.evidence import EwsDirectory
    from moveready.findings.outcomes import Outcome
    from moveready.findings.verdicts import Verdict
    from moveready.inventory import FixPolicy, Server

_MAJOR = re.compile(r"Version (\d+)\.")
EXCHANGE_2013 = 15
_SERVICES_POOL = "MSExchangeServicesAppPool"


@dataclass(frozen=True, slots=True)
class Finding:
    """A server with failed controls, and what is known of it.

    Attributes:
        identity: Of its EWS virtual directory, as it was read for this plan.
        enabled: The flag as it was read for this plan.
        major_version: 14 is Exchange 2010, 15 is 2013 and newer.
        domain_controller: Which answered, or None.
    """

    server: Server
    verdict: Verdict
    outcomes: tuple[Outcome, ...]
    policy: FixPolicy
    identity: str
    enabled: bool
    major_version: int
    domain_controller: str | None = None


class Remedy(Protocol):
    """What repairs a control."""

    def plan(self, finding: Finding) -> str | None:
        """Why it must not be done here, one sentence without its full stop; None where it may."""

    def steps(self, finding: Finding) -> tuple[Action, ...]:
        """What is done, in order."""


_REMEDIES: dict[str, tuple[Remedy, str | None]] = {}
_Class = TypeVar("_Class", bound="type[Remedy]")


def remedy(name: str, kb: str | None = None) -> Callable[[_Class], _Class]:
    """Register a remedy by its name, and by the KB whose verdicts choose it; raises `ValueError` where it is taken.

    Its module may be imported anew: then it replaces its own older one.
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
    """The KB whose verdicts choose the remedy; None for one of your own, or for an unknown name."""
    return _REMEDIES[name][1] if name in _REMEDIES else None


def major_version_of(directory: EwsDirectory) -> int:
    """14 is Exchange 2010, 15 is 2013 and newer; 0 where it does not say."""
    version = _MAJOR.match(directory.version)
    return int(version[1]) if version else 0


def set_flag(finding: Finding, value: bool, restores: int | None = None) -> Action:
    """Set the flag of that one virtual directory; -Force and -Confirm:$false, as nobody can answer a prompt."""
    parameters: dict[str, str | int | bool | None] = {"Identity": finding.identity, "MRSProxyEnabled": value}
    if finding.domain_controller:
        parameters["DomainController"] = finding.domain_controller
    parameters |= {"Force": None, "Confirm": False}
    name = "Set-WebServicesVirtualDirectory"
    return Action(Kind.SET_FLAG, Channel.EXCHANGE, name, parameters, value=value, restores=restores)


def read_back(value: bool) -> Action:
    """Read the flag where it was written, before a worker process reads it elsewhere."""
    return Action(Kind.READ_BACK, value=value)


def restart_of(finding: Finding, position: int) -> tuple[Action, ...]:
    """The restart that the inventory wants, between draining and activating; `position` is its first number."""
    restarts = _restarts(finding)
    if not finding.policy.drain or finding.major_version < EXCHANGE_2013:
        return restarts
    return (
        _component(finding, Kind.DRAIN, "Inactive"),
        *restarts,
        _component(finding, Kind.ACTIVATE, "Active", restores=position),
    )


def _restarts(finding: Finding) -> tuple[Action, ...]:
    if finding.policy.restart is not Restart.APP_POOL:
        return (Action(Kind.RESTART, Channel.WINDOWS, "iisreset"),)
    recycle = Action(Kind.RESTART, Channel.WINDOWS, "Restart-WebAppPool", {"Name": _SERVICES_POOL})
    if not finding.policy.escalate:
        return (recycle,)
    useless = Condition.STILL_OFF if finding.server.phase.wants_mrsproxy else Condition.STILL_ON
    return (recycle, Action(Kind.RESTART, Channel.WINDOWS, "iisreset", arguments=("/noforce",), only_if=useless))


def _component(finding: Finding, kind: Kind, state: str, restores: int | None = None) -> Action:
    """EwsProxy in or out of service; load balancers follow /EWS/healthcheck.htm."""
    parameters: dict[str, str | int | bool | None] = {
        "Identity": finding.server.name,
        "Component": "EwsProxy",
        "State": state,
        "Requester": "Maintenance",
    }
    return Action(kind, Channel.EXCHANGE, "Set-ServerComponentState", parameters, restores=restores)
