"""The remedies for the verdicts of KB 3063913, and the two settings that they need. The commands are the article's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from moveready.evidence import EWS_DIRECTORY, DirectoryListing
from moveready.evidence.mrsproxy_endpoint import EndpointKind
from moveready.evidence.questions import Channel, Cmdlet, Pipeline
from moveready.fixer.actions import Action, Condition, ReadBack, Set, Wait
from moveready.fixer.readings import Reading, declare_setting
from moveready.fixer.remedies import Remedy, remedy
from moveready.kb.kb3063913.endpoint import ENDPOINT_ANSWER
from moveready.kb.kb3063913.verdicts import ID

if TYPE_CHECKING:
    from moveready.fixer.readings import Asking
    from moveready.fixer.remedies import Finding
    from moveready.inventory import Server

FLAG = "MRSProxyEnabled"
RUNNING = "MRSProxy of the running application"
_RUNNING_VALUES = {EndpointKind.ALIVE: True, EndpointKind.MRSPROXY_OFF: False}


class _Flag:
    """The flag of the server's EWS virtual directory.

    A `Get-` with an unknown identity gives all objects, so the server's own object is picked from the answer.
    """

    name = FLAG
    rights = "Give the account the RBAC role `Exchange Virtual Directories`."

    def read(self, server: Server, asking: Asking, where: str | None, domain_controller: str | None) -> Reading:
        """Read the flag; without an identity, from the list of the whole organization."""
        parameters = {"Identity": where, "DomainController": domain_controller}
        given = {name: value for name, value in parameters.items() if value is not None}
        question = Pipeline.of(Cmdlet("Get-WebServicesVirtualDirectory", ADPropertiesOnly=None, **given))
        listing = DirectoryListing(asking.ask(server, Channel.EXCHANGE, question))
        directory = listing.of(server)
        return Reading(
            where=directory.identity,
            value=directory.mrsproxy_enabled,
            domain_controller=domain_controller or listing.domain_controller_of(server),
            evidence={EWS_DIRECTORY.name: directory},
        )


class _RunningApplication:
    """The state of MRSProxy in the running application, by its endpoint; only a restart changes it."""

    name = RUNNING
    rights = ""

    def read(self, server: Server, asking: Asking, *_: str | None) -> Reading:
        """Ask the endpoint; an answer that means neither on nor off is given in its own words."""
        answer = asking.endpoint(server)
        value = _RUNNING_VALUES.get(answer.kind, answer.kind.value)
        return Reading(where=answer.url, value=value, evidence={ENDPOINT_ANSWER.name: answer})


declare_setting(_Flag())
declare_setting(_RunningApplication())


class _OfFlag(Remedy):
    """The base of the remedies of this KB."""

    setting = FLAG
    restarts = True

    def not_helped(self, finding: Finding) -> Condition:
        """True if the running application still has the wrong state for this phase."""
        return Condition(setting=RUNNING, value=not finding.server.phase.wants_mrsproxy)


class _SetsFlag(_OfFlag):
    """Sets the flag to `value`; the article's resolution 1."""

    value: ClassVar[bool] = True

    def refusal(self, finding: Finding) -> str:
        """Refused if the flag is right already, because then the remedy would change nothing."""
        return f"the flag is {self.value} by now" if finding.current.value == self.value else ""

    def changes(self, finding: Finding) -> tuple[Action, ...]:
        """Set the flag and read it back."""
        return set_flag(finding, self.value), _read_back(self.value)


@remedy("enable", kb=ID)
class Enable(_SetsFlag):
    """Resolution 1: the flag is off, and so is the running application."""


@remedy("enable-without-restart", kb=ID)
class EnableWithoutRestart(_SetsFlag):
    """The running application is on; the flag must be on before it reads it again."""

    restarts = False


@remedy("disable", kb=ID)
class Disable(_SetsFlag):
    """No moves are planned: off, as Microsoft's HealthChecker advises. The restart is inferred, as for resolution 1."""

    value = False


@remedy("toggle", kb=ID)
class Toggle(_OfFlag):
    """Resolution 2: the flag is on and the running application is off. Off, wait, on, restart."""

    def refusal(self, finding: Finding) -> str:
        """Refused if the flag is off by now: that is another diagnosis."""
        return "" if finding.current.value else "the flag is False by now, which is another diagnosis"

    def changes(self, finding: Finding) -> tuple[Action, ...]:
        """The second Set undoes the first, even if something fails between them."""
        return (
            set_flag(finding, value=False),
            Wait(seconds=finding.policy.wait_seconds),
            set_flag(finding, value=True, restores=0),
            _read_back(value=True),
        )


def set_flag(finding: Finding, value: bool, restores: int | None = None) -> Set:
    """Set it on the identity that was read, at the same domain controller, without a prompt."""
    reading = finding.current
    parameters: dict[str, str | int | bool | None] = {"Identity": reading.where, FLAG: value}
    if reading.domain_controller is not None:
        parameters["DomainController"] = reading.domain_controller
    parameters |= {"Force": None, "Confirm": False}
    return Set(
        setting=FLAG,
        value=value,
        channel=Channel.EXCHANGE,
        cmdlet="Set-WebServicesVirtualDirectory",
        parameters=parameters,
        restores=restores,
    )


def _read_back(value: bool) -> ReadBack:
    """Read the flag where it was written, before a worker process reads it elsewhere."""
    return ReadBack(setting=FLAG, value=value)
