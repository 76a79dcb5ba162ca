"""The verdict on a server: what state and start type of the Mailbox Replication service mean. Pure.

    | state                | start type          | verdict                                      |
    |----------------------|---------------------|----------------------------------------------|
    | Running              | Automatic           | ready                                        |
    | Running              | not given           | start of Mailbox Replication is unknown      |
    | Running              | Manual              | Mailbox Replication does not start by itself |
    | Running, Stopped     | Disabled            | Mailbox Replication is disabled              |
    | Stopped              | other, or not given | Mailbox Replication is stopped               |
    | Paused               | any                 | Mailbox Replication is paused                |
    | about to be another  | any                 | Mailbox Replication is starting or stopping  |

That moves need the service is documented (Test-MRSHealth, Test-ServiceHealth). A disabled service was disabled by
somebody, so only a person may start it.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from moveready.errors import MissingObjectError
from moveready.evidence import Missing
from moveready.findings.rules import Rule, has_answered
from moveready.findings.verdicts import NOT_DIAGNOSED, Standing, Verdict
from moveready.kb.mrs_svc.service import MRS_SERVICE, SERVICE, MrsService, StartType, Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from moveready.evidence import Facts, Subject
    from moveready.findings.rules import Commands
    from moveready.inventory import Server

ID = "MRS-SVC"
REMEDY = "start-mailbox-replication"


class Conclusion(Enum):
    """What is wrong with the service; people read the value."""

    READY = "ready"
    STOPPED = "Mailbox Replication is stopped"
    PAUSED = "Mailbox Replication is paused"
    DISABLED = "Mailbox Replication is disabled"
    PENDING = "Mailbox Replication is starting or stopping"
    BY_HAND = "Mailbox Replication does not start by itself"
    START_UNKNOWN = "start of Mailbox Replication is unknown"
    MISSING = "Mailbox Replication is not installed"
    UNREACHABLE = "unreachable"
    UNKNOWN = "Mailbox Replication is unknown"
    NOT_ASKED = NOT_DIAGNOSED


def _typed(command: str) -> Commands:
    """The command, with the name of the server in it."""
    return lambda server, _: (command.format(server=server.name),)


_GET = f"Get-Service -ComputerName {{server}} {SERVICE}"
_SET = f"Set-Service -ComputerName {{server}} {SERVICE} -StartupType Automatic"
RULES: dict[Conclusion, Rule] = {
    Conclusion.READY: Rule(Standing.READY),
    Conclusion.STOPPED: Rule(Standing.NOT_READY, "start the service", _typed(f"{_GET} | Start-Service"), remedy=REMEDY),
    Conclusion.PAUSED: Rule(Standing.NOT_READY, "resume the service", _typed(f"{_GET} | Resume-Service")),
    Conclusion.DISABLED: Rule(
        Standing.NOT_READY,
        "ask who disabled the service",
        advice="Somebody has disabled the service. Find out why before you change that.",
    ),
    Conclusion.PENDING: Rule(
        Standing.UNKNOWN, "check again in a minute", advice="Check again in a minute: the service is changing now."
    ),
    Conclusion.BY_HAND: Rule(Standing.NOT_READY, "let the service start automatically", _typed(_SET)),
    Conclusion.START_UNKNOWN: Rule(
        Standing.UNKNOWN,
        "see the error of the start type",
        advice="Look in services.msc how the service starts: Windows did not report it here.",
    ),
    Conclusion.MISSING: Rule(
        Standing.UNKNOWN,
        "check the roles of the server",
        advice="Find out whether a server with its roles should have this service.",
    ),
    Conclusion.UNREACHABLE: Rule(
        Standing.UNKNOWN,
        "check the network and the server",
        advice="Make the server reachable first; until then nothing is known about its services.",
    ),
    Conclusion.UNKNOWN: Rule(
        Standing.UNKNOWN,
        "see the error of the service",
        advice="Clear the error of the service first; until then nothing is known about it.",
    ),
    Conclusion.NOT_ASKED: Rule(Standing.UNKNOWN, "run all controls together"),
}


def judge(server: Server, facts: Facts) -> Verdict:
    """The verdict on the server; never raises."""
    conclusion = conclusion_on(facts)
    verdict = RULES[conclusion].verdict(ID, conclusion, server, facts)
    return verdict if _may_be_started(facts) else replace(verdict, remedy=None)


def repairs_of(subjects: Collection[Subject[Any]], server: Server, facts: Facts) -> list[str]:
    """What repairs a finding about the service: a command, or a sentence."""
    return [RULES[conclusion_on(facts)].resolution_for(server, facts)] if MRS_SERVICE in subjects else []


def conclusion_on(facts: Facts) -> Conclusion:
    """The conclusion, by the table of this module."""
    service = facts.of(MRS_SERVICE)
    if service is None:
        return Conclusion.NOT_ASKED
    return _without(service) if isinstance(service, Missing) else _by_state(service)


def _without(error: Missing) -> Conclusion:
    """The conclusion without evidence; a server that refused a login, or gave an unreadable answer, was reached."""
    if isinstance(error, MissingObjectError):
        return Conclusion.MISSING
    return Conclusion.UNKNOWN if has_answered(error) else Conclusion.UNREACHABLE


def _by_state(service: MrsService) -> Conclusion:
    if service.status.is_pending:
        return Conclusion.PENDING
    if service.status is Status.PAUSED:
        return Conclusion.PAUSED
    if service.start_type is StartType.DISABLED:
        return Conclusion.DISABLED
    if service.status is Status.STOPPED:
        return Conclusion.STOPPED
    return _OF_RUNNING.get(service.start_type, Conclusion.BY_HAND)


_OF_RUNNING = {StartType.AUTOMATIC: Conclusion.READY, None: Conclusion.START_UNKNOWN}


def _may_be_started(facts: Facts) -> bool:
    service = facts.had(MRS_SERVICE)
    return service is not None and service.may_be_started
