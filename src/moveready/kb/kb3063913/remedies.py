"""What repairs which verdict of KB 3063913, and the two settings that it needs. The commands are the article's."""

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

    A `Get-` with an unknown identity gives all objects, so the server's own is picked from whatever comes back.
    """

    name = FLAG
    rights = "Give the account the RBAC role `Exchange Virtual Directories`."

    def read(self, server: Server, asking: Asking, where: str | None, domain_controller: str | None) -> Reading:
        """Without an identity, from the listing of the whole organization."""
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
    """What the running application has MRSProxy at, by its endpoint; nothing sets it but a restart."""

    name = RUNNING
    rights = ""

    def read(self, server: Server, asking: Asking, *_: str | None) -> Reading:
        """An answer that means neither on nor off is told in its words."""
        answer = asking.endpoint(server)
        value = _RUNNING_VALUES.get(answer.kind, answer.kind.value)
        return Reading(where=answer.url, value=value, evidence={ENDPOINT_ANSWER.name: answer})


declare_setting(_Flag())
declare_setting(_RunningApplication())


class _OfFlag(Remedy):
    """What all remedies of this KB have in common."""

    setting = FLAG
    restarts = True

    def not_helped(self, finding: Finding) -> Condition:
        """The running application is still what it should not be in this phase."""
        return Condition(setting=RUNNING, value=not finding.server.phase.wants_mrsproxy)


class _SetsFlag(_OfFlag):
    """Sets the flag to `value`; the article's resolution 1."""

    value: ClassVar[bool] = True

    def refusal(self, finding: Finding) -> str:
        """It would change nothing where the flag is right already."""
        return f"the flag is {self.value} by now" if finding.current.value == self.value else ""

    def changes(self, finding: Finding) -> tuple[Action, ...]:
        """Set, read back."""
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
        """A flag that is off by now is another diagnosis."""
        return "" if finding.current.value else "the flag is False by now, which is another diagnosis"

    def changes(self, finding: Finding) -> tuple[Action, ...]:
        """The second Set makes the first good, whatever happens between them."""
        return (
            set_flag(finding, value=False),
            Wait(seconds=finding.policy.wait_seconds),
            set_flag(finding, value=True, restores=0),
            _read_back(value=True),
        )


def set_flag(finding: Finding, value: bool, restores: int | None = None) -> Set:
    """On the identity that was read, at the domain controller that gave it; nobody could answer a prompt."""
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
