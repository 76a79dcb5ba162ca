"""One verdict a server: the truth table of flag and endpoint. Pure. May import errors, evidence, advice.

    | flag    | probe of that server, as `evidence.endpoint` judges it | verdict                      |
    |---------|--------------------------------------------------------|------------------------------|
    | missing | any                                                    | unknown                      |
    | any     | none: the certificate is refused                       | certificate not accepted     |
    | any     | none: no connection, or no answer in time              | unreachable                  |
    | any     | 401, redirect, another server, nothing proved          | inconclusive                 |
    | any     | 403 of a device                                        | blocked in front             |
    | any     | 403 of a rule of IIS, no live event 1309 (flag True)   | refused by IIS               |
    | any     | 404, 500, 503                                          | MRS service or back end      |
    | False   | 403 of MRSProxy                                        | disabled (KB cause 1)        |
    | True    | 403 of MRSProxy, or of IIS with a live event 1309      | stale (KB cause 2)           |
    | False   | 200, 400, 405, 415                                     | works until the next recycle |
    | True    | 200, 400, 405, 415                                     | ready                        |

A server whose phase is `idle` is judged by its flag alone. Sources: KB 3063913 for disabled and stale; the other rows
are inferred from how the front end keeps its configuration until the application restarts.

Advice belongs to the finding that it repairs: `repair_of` gives a control of this KB what repairs the evidence which
that control judges. The verdicts and their commands are those of this KB, and no control of another KB is given them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from moveready import advice
from moveready.errors import (
    AuthenticationError,
    CertificateError,
    InternalError,
    RunInterruptedError,
    ShortLogError,
    UnexpectedAnswerError,
)
from moveready.evidence import ENDPOINT_ANSWER, EWS_DIRECTORY, MRSPROXY_EVENTS, EndpointAnswer, EndpointKind, Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from moveready.evidence import Facts, Subject
    from moveready.inventory import Server


KB = "KB3063913"
"""The article whose verdicts and commands these are; its controls are `KB3063913-1` and so on."""


class Verdict(Enum):
    """What is the matter with a server; the value is what people read."""

    READY = "ready"
    DISABLED = "disabled"
    STALE = "stale"
    UNTIL_RECYCLE = "works until the next recycle"
    BLOCKED = "blocked in front"
    REFUSED_BY_IIS = "refused by IIS"
    INCONCLUSIVE = "inconclusive"
    BACK_END = "MRS service or back end"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate not accepted"
    UNKNOWN = "unknown"
    OPEN_WHILE_IDLE = "open while idle"
    CLOSED_WHILE_IDLE = "closed while idle"
    NOT_ASKED = "not diagnosed"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The verdict on one server.

    Attributes:
        note: What the verdict alone does not say, or "".
        next_step: A few words for a table.
        resolution: The commands that repair it, one a line; where none does, a sentence; "" where nothing is wrong.
        has_commands: Whether `resolution` is commands.
    """

    server: str
    verdict: Verdict
    note: str
    next_step: str
    resolution: str
    has_commands: bool

    @property
    def told(self) -> str:
        """The verdict with its note."""
        return f"{self.verdict.value} ({self.note})" if self.note else self.verdict.value


def incomplete_diagnosis(server: str, known: Diagnosis | None) -> Diagnosis:
    """The verdict on a server of which not everything was judged: what is wrong stands, `ready` it is not."""
    if known is not None and known.verdict not in _PROVED_BY_ALL:
        return known
    again = "Run the checks again: not every control of this server was judged."
    return Diagnosis(server, Verdict.NOT_ASKED, "incomplete", "run the checks again", again, has_commands=False)


def diagnosis_of(server: Server, facts: Facts) -> Diagnosis:
    """The verdict on the server; pure, never raises."""
    if interrupted := facts.missing(RunInterruptedError):
        return incomplete_diagnosis(server.name, diagnosis_of(server, facts.without(interrupted)))
    if facts.missing(InternalError) & {EWS_DIRECTORY.name, ENDPOINT_ANSWER.name}:
        return _failed_diagnosis(server.name)
    verdict = _verdict_of(server, facts)
    commands = _commands_for(verdict, server)
    return Diagnosis(
        server=server.name,
        verdict=verdict,
        note=_note_on(verdict, facts),
        next_step=_next_step_of(verdict, facts),
        resolution="\n".join(commands) or _advice_on(verdict, facts),
        has_commands=bool(commands),
    )


def _failed_diagnosis(server: str) -> Diagnosis:
    """Where moveready itself failed on the flag or on the endpoint."""
    return Diagnosis(
        server=server,
        verdict=Verdict.UNKNOWN,
        note="moveready failed",
        next_step="report the fault of moveready",
        resolution="",
        has_commands=False,
    )


def _advice_on(verdict: Verdict, facts: Facts) -> str:
    """A server that is ready is fine, unless its log tells of somebody who was refused."""
    return advice.LOOK_WHO_ASKED if verdict is Verdict.READY and _has_live_events(facts) else _ADVICE[verdict]


def repairs_of(subjects: Collection[Subject[Any]], server: Server, facts: Facts) -> list[str]:
    """What repairs a finding about this evidence, for each subject: commands, a sentence, or "" for nothing."""
    verdict, repairs = _verdict_of(server, facts), []
    if EWS_DIRECTORY in subjects:
        repairs.append("\n".join(_commands_for(verdict, server)) if verdict in _OF_FLAG else "")
    if MRSPROXY_EVENTS in subjects:
        repairs.append(_repair_of_events(verdict, server, facts))
    if ENDPOINT_ANSWER in subjects:
        repairs.append(_repair_of_endpoint(verdict, server, facts))
    return repairs


def _repair_of_events(verdict: Verdict, server: Server, facts: Facts) -> str:
    """A live event proves the running application off, unless its endpoint has answered since."""
    if verdict is Verdict.READY:
        return advice.LOOK_WHO_ASKED
    proved = verdict if verdict in _WITH_COMMANDS else _VERDICT_IF_OFF[_flag_in(facts)]
    return "\n".join(_commands_for(proved, server)) or advice.READ_THE_FLAG


def _repair_of_endpoint(verdict: Verdict, server: Server, facts: Facts) -> str:
    if verdict in _WITH_COMMANDS:
        return "\n".join(_commands_for(verdict, server))
    endpoint = facts.had(ENDPOINT_ANSWER)
    if endpoint is None:
        return ""
    if endpoint.kind is EndpointKind.MRSPROXY_OFF:
        return advice.READ_THE_FLAG
    return advice.OF_ENDPOINT.get(endpoint.kind, "")


def _verdict_of(server: Server, facts: Facts) -> Verdict:
    directory, endpoint = facts.of(EWS_DIRECTORY), facts.of(ENDPOINT_ANSWER)
    if isinstance(directory, Missing):
        return Verdict.UNKNOWN
    if directory is None:
        return Verdict.NOT_ASKED
    if not server.phase.wants_mrsproxy:
        return Verdict.OPEN_WHILE_IDLE if directory.mrsproxy_enabled else Verdict.CLOSED_WHILE_IDLE
    if isinstance(endpoint, EndpointAnswer):
        return _verdict_by_answer(directory.mrsproxy_enabled, endpoint.kind, facts)
    return _verdict_without_answer(endpoint)


def _verdict_by_answer(enabled: bool, kind: EndpointKind, facts: Facts) -> Verdict:
    """By the truth table; a live event proves what a 403 of IIS leaves open."""
    if enabled and kind is EndpointKind.IIS_RULE and _has_live_events(facts):
        return Verdict.STALE
    return _TABLE[kind][enabled]


def _verdict_without_answer(error: Missing | None) -> Verdict:
    """Whoever asks for another login, or answers what cannot be read, was reached."""
    if error is None:
        return Verdict.NOT_ASKED
    if isinstance(error, CertificateError):
        return Verdict.CERTIFICATE
    answered = isinstance(error, AuthenticationError | UnexpectedAnswerError)
    return Verdict.INCONCLUSIVE if answered else Verdict.UNREACHABLE


def _has_live_events(facts: Facts) -> bool:
    return (events := facts.had(MRSPROXY_EVENTS)) is not None and bool(events.live)


def _flag_in(facts: Facts) -> bool | None:
    return directory.mrsproxy_enabled if (directory := facts.had(EWS_DIRECTORY)) is not None else None


_ANY_FLAG = {
    EndpointKind.DEVICE: Verdict.BLOCKED,
    EndpointKind.IIS_RULE: Verdict.REFUSED_BY_IIS,
    EndpointKind.BACK_END: Verdict.BACK_END,
    EndpointKind.LOGIN_REFUSED: Verdict.INCONCLUSIVE,
    EndpointKind.REDIRECT: Verdict.INCONCLUSIVE,
    EndpointKind.OTHER_SERVER: Verdict.INCONCLUSIVE,
    EndpointKind.UNPROVEN: Verdict.INCONCLUSIVE,
    EndpointKind.OTHER: Verdict.INCONCLUSIVE,
}
_TABLE: dict[EndpointKind, dict[bool, Verdict]] = {
    EndpointKind.MRSPROXY_OFF: {False: Verdict.DISABLED, True: Verdict.STALE},
    EndpointKind.ALIVE: {False: Verdict.UNTIL_RECYCLE, True: Verdict.READY},
    **{kind: {False: verdict, True: verdict} for kind, verdict in _ANY_FLAG.items()},
}
_VERDICT_IF_OFF = {False: Verdict.DISABLED, True: Verdict.STALE, None: Verdict.UNKNOWN}
"""What a running application that has MRSProxy off means, by the flag."""
_OF_FLAG = frozenset({Verdict.DISABLED, Verdict.UNTIL_RECYCLE, Verdict.OPEN_WHILE_IDLE})
"""Verdicts by which the flag is wrong; with any other a control that misses it has a resolution of its own."""
_WITH_COMMANDS = _OF_FLAG | {Verdict.STALE}

_PROVED_BY_ALL = {Verdict.READY, Verdict.CLOSED_WHILE_IDLE, Verdict.NOT_ASKED}
"""Verdicts that hold only where every control was judged."""

_NEXT_STEPS = {
    Verdict.READY: "",
    Verdict.DISABLED: "enable, then iisreset",
    Verdict.STALE: "off, wait, on, then iisreset",
    Verdict.UNTIL_RECYCLE: "enable; no restart needed",
    Verdict.BLOCKED: "let mrsproxy.svc through in front",
    Verdict.REFUSED_BY_IIS: "check SSL, address and certificate rules of IIS",
    Verdict.INCONCLUSIVE: "see the error of the endpoint",
    Verdict.BACK_END: "check MRS and the IIS pools",
    Verdict.UNREACHABLE: "check the network and the server",
    Verdict.CERTIFICATE: "check the server's certificate and tls.ca_file",
    Verdict.UNKNOWN: "see the error of the flag",
    Verdict.OPEN_WHILE_IDLE: "disable, then iisreset",
    Verdict.CLOSED_WHILE_IDLE: "",
    Verdict.NOT_ASKED: "run all controls together",
}
_CHECK_LOGIN = "check the account and EWS login"
_STEPS_OF_DOUBT = {
    EndpointKind.LOGIN_REFUSED: _CHECK_LOGIN,
    EndpointKind.REDIRECT: "give the server's own address",
    EndpointKind.OTHER_SERVER: "check address, DNS and load balancer",
    EndpointKind.UNPROVEN: "find out who answers in front",
    EndpointKind.OTHER: "find out who answers",
}


def _next_step_of(verdict: Verdict, facts: Facts) -> str:
    endpoint = facts.of(ENDPOINT_ANSWER)
    if verdict is Verdict.INCONCLUSIVE and isinstance(endpoint, EndpointAnswer):
        return _STEPS_OF_DOUBT[endpoint.kind]
    if verdict is Verdict.INCONCLUSIVE and isinstance(endpoint, AuthenticationError):
        return _CHECK_LOGIN
    return _NEXT_STEPS[verdict]


def _note_on(verdict: Verdict, facts: Facts) -> str:
    about_endpoint = {Verdict.BLOCKED, Verdict.REFUSED_BY_IIS, Verdict.INCONCLUSIVE}
    if (endpoint := facts.had(ENDPOINT_ANSWER)) is not None and verdict in about_endpoint:
        return endpoint.note
    if verdict in {Verdict.READY, Verdict.UNTIL_RECYCLE}:
        return _note_on_log(facts)
    return ""


def _note_on_log(facts: Facts) -> str:
    """What the event log adds where the endpoint answers."""
    events = facts.of(MRSPROXY_EVENTS)
    if isinstance(events, ShortLogError):
        return "log too short"
    if isinstance(events, Missing):
        return "log not read"
    return "but event 1309 since its start" if _has_live_events(facts) else ""


def _commands_for(verdict: Verdict, server: Server) -> tuple[str, ...]:
    commands = _COMMANDS.get(verdict)
    return commands(server) if commands else ()


_COMMANDS: dict[Verdict, Callable[[Server], tuple[str, ...]]] = {
    Verdict.DISABLED: advice.resolution_1,
    Verdict.STALE: advice.resolution_2,
    Verdict.UNTIL_RECYCLE: advice.enable,
    Verdict.OPEN_WHILE_IDLE: advice.disable,
}
_ADVICE = {
    Verdict.READY: "",
    Verdict.CLOSED_WHILE_IDLE: "",
    Verdict.NOT_ASKED: "",
    Verdict.BLOCKED: advice.OF_ENDPOINT[EndpointKind.DEVICE],
    Verdict.REFUSED_BY_IIS: advice.OF_ENDPOINT[EndpointKind.IIS_RULE],
    Verdict.BACK_END: advice.OF_ENDPOINT[EndpointKind.BACK_END],
    Verdict.INCONCLUSIVE: "Clear the error of the endpoint first; until then nothing is known about MRSProxy.",
    Verdict.UNREACHABLE: "Make the server reachable first; until then nothing is known about the endpoint.",
    Verdict.CERTIFICATE: (
        "Renew or replace the server's certificate, or name the authority that signed it as `tls.ca_file` in the"
        " inventory; until then nothing is known about the endpoint."
    ),
    Verdict.UNKNOWN: "Clear the error of the flag first; without the flag there is no verdict.",
}
