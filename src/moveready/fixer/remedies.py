"""What repairs which diagnosis: pure plans. May import the plan, and what a finding is made of.

A remedy is a class with `plan` (may it be done here?) and `steps` (what is done), registered by name. Ours are chosen
by diagnosis; one of your own is chosen by the `remedy` of your control. The commands are KB 3063913's, in its order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from moveready.diagnosis import Verdict
from moveready.fixer.plan import Action, Condition, Kind
from moveready.inventory import Restart
from moveready.questions import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.diagnosis import Diagnosis
    from moveready.evidence import EwsDirectory
    from moveready.inventory import FixPolicy, Server
    from moveready.outcomes import Outcome

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
    diagnosis: Diagnosis
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


_REMEDIES: dict[str, Remedy] = {}
_Class = TypeVar("_Class", bound="type[Remedy]")


def remedy(name: str) -> Callable[[_Class], _Class]:
    """Register a remedy by its name; raises `ValueError` where the name is taken."""

    def registered(kind: _Class) -> _Class:
        if name in _REMEDIES:
            raise ValueError(f"a remedy {name} exists: {type(_REMEDIES[name]).__name__}")
        _REMEDIES[name] = kind()
        return kind

    return registered


def remedy_named(name: str) -> Remedy | None:
    """The registered remedy, or None."""
    return _REMEDIES.get(name)


def major_version_of(directory: EwsDirectory) -> int:
    """14 is Exchange 2010, 15 is 2013 and newer; 0 where it does not say."""
    version = _MAJOR.match(directory.version)
    return int(version[1]) if version else 0


OF_VERDICT = {
    Verdict.DISABLED: "enable",
    Verdict.STALE: "toggle",
    Verdict.UNTIL_RECYCLE: "enable-without-restart",
    Verdict.OPEN_WHILE_IDLE: "disable",
}
"""Which of our remedies repairs which diagnosis; every other diagnosis is none of the fixer's."""


class _SetsFlag:
    """Sets the flag to `value`; the article's resolution 1."""

    value: ClassVar[bool] = True
    restarts: ClassVar[bool] = True

    def plan(self, finding: Finding) -> str | None:
        """It would change nothing where the flag is right already."""
        return f"the flag is {self.value} by now" if finding.enabled == self.value else None

    def steps(self, finding: Finding) -> tuple[Action, ...]:
        """Set, read back, restart."""
        set_and_read = (set_flag(finding, self.value), read_back(self.value))
        return set_and_read + (restart_of(finding, len(set_and_read)) if self.restarts else ())


@remedy("enable")
class Enable(_SetsFlag):
    """Resolution 1: the flag is off, and so is the running application."""


@remedy("enable-without-restart")
class EnableWithoutRestart(_SetsFlag):
    """The running application is on; the flag must be on before it reads it again."""

    restarts = False


@remedy("disable")
class Disable(_SetsFlag):
    """No moves are planned: off, as Microsoft's HealthChecker advises. The restart is inferred, as for resolution 1."""

    value = False


@remedy("toggle")
class Toggle:
    """Resolution 2: the flag is on and the running application is off. Off, wait, on, restart."""

    def plan(self, finding: Finding) -> str | None:
        """A flag that is off by now is another diagnosis."""
        return None if finding.enabled else "the flag is False by now, which is another diagnosis"

    def steps(self, finding: Finding) -> tuple[Action, ...]:
        """The second Set makes the first good, whatever happens between them."""
        toggled = (
            set_flag(finding, value=False),
            Action(Kind.WAIT, seconds=finding.policy.wait_seconds),
            set_flag(finding, value=True, restores=0),
            read_back(value=True),
        )
        return toggled + restart_of(finding, len(toggled))


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
