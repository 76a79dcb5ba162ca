"""What starts the Mailbox Replication service: `Start-Service` on the server itself, which restarts nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.evidence.questions import Channel
from moveready.fixer.actions import Action, ReadBack, Set
from moveready.fixer.readings import Reading, declare_setting
from moveready.fixer.remedies import Remedy, remedy
from moveready.kb.mrs_svc.service import ASK_SERVICE, MRS_SERVICE, SERVICE, Status, read_service
from moveready.kb.mrs_svc.verdicts import ID, REMEDY

if TYPE_CHECKING:
    from moveready.fixer.readings import Asking
    from moveready.fixer.remedies import Finding
    from moveready.inventory import Server

STATE = f"The state of {SERVICE}"


class _State:
    """Whether the service runs."""

    name = STATE
    rights = "Make the account a local administrator of the server."

    def read(self, server: Server, asking: Asking, *_: str | None) -> Reading:
        """Read it like the control; a disabled service has another value, so that it is not started."""
        service = read_service(asking.ask(server, Channel.WINDOWS, ASK_SERVICE))
        state = service.status.value
        if service.status is Status.STOPPED and not service.may_be_started:
            state += f", start type {service.start_type.value if service.start_type else 'unknown'}"
        return Reading(where=SERVICE, value=state, evidence={MRS_SERVICE.name: service})


declare_setting(_State())


@remedy(REMEDY, kb=ID)
class StartMailboxReplication(Remedy):
    """The service is stopped, and nobody has disabled it."""

    setting = STATE
    order = 20

    def refusal(self, finding: Finding) -> str:
        """Refused unless the service is stopped."""
        value = finding.current.value
        return "" if value == Status.STOPPED.value else f"the service is {value} by now"

    def changes(self, finding: Finding) -> tuple[Action, ...]:
        """Start it, and read whether it runs, because some services stop again at once."""
        return (
            Set(
                setting=STATE,
                value=Status.RUNNING.value,
                channel=Channel.WINDOWS,
                cmdlet="Start-Service",
                parameters={"Name": finding.current.where},
            ),
            ReadBack(setting=STATE, value=Status.RUNNING.value),
        )
