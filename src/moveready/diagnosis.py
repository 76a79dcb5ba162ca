"""One verdict a server: the truth table of flag and endpoint. Pure. May import errors, inventory, evidence.

    | flag    | authenticated probe of that server | verdict                       |
    |---------|------------------------------------|-------------------------------|
    | missing | any                                | unknown                       |
    | any     | none: every way fails              | unreachable                   |
    | any     | 401, redirect, other               | inconclusive                  |
    | any     | 403 of a device or an IIS rule     | blocked in front              |
    | any     | 404, 5xx                           | MRS service or back end       |
    | False   | 403 of Exchange                    | disabled (KB cause 1)         |
    | True    | 403 of Exchange                    | stale (KB cause 2)            |
    | False   | 200, 400, 405, 415                 | works until the next recycle  |
    | True    | 200, 400, 405, 415                 | ready                         |

A server whose phase is `idle` is judged by its flag alone. Sources: KB 3063913 for disabled and stale; the other rows
are inferred from how the front end keeps its configuration until the application restarts. A command on a line of its
own can be pasted into the Exchange Management Shell; `iisreset` takes the computer it restarts as its argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from moveready.errors import InternalError, RunInterruptedError, ShortLogError
from moveready.evidence import EndpointAnswer, EndpointKind, Missing, MrsProxyEvents, Subject

if TYPE_CHECKING:
    from moveready.evidence import Facts
    from moveready.inventory import Server


class Verdict(Enum):
    """What is the matter with a server; the value is what people read."""

    READY = "ready"
    DISABLED = "disabled"
    STALE = "stale"
    UNTIL_RECYCLE = "works until the next recycle"
    BLOCKED = "blocked in front"
    INCONCLUSIVE = "inconclusive"
    BACK_END = "MRS service or back end"
    UNREACHABLE = "unreachable"
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
    known = {subject: facts.of(subject) for subject in Subject}
    interrupted = [subject for subject, fact in known.items() if isinstance(fact, RunInterruptedError)]
    if interrupted:
        return incomplete_diagnosis(server.name, diagnosis_of(server, facts.without(interrupted)))
    if isinstance(facts.directory, InternalError) or isinstance(facts.endpoint, InternalError):
        return _failed_diagnosis(server.name)
    verdict = _verdict_of(server, facts)
    commands = _commands_for(verdict, server)
    return Diagnosis(
        server=server.name,
        verdict=verdict,
        note=_note_on(verdict, facts),
        next_step=_NEXT_STEPS[verdict],
        resolution="\n".join(commands) or _ADVICE[verdict],
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


def _verdict_of(server: Server, facts: Facts) -> Verdict:
    if isinstance(facts.directory, Missing):
        return Verdict.UNKNOWN
    if facts.directory is None:
        return Verdict.NOT_ASKED
    if not server.phase.wants_mrsproxy:
        return Verdict.OPEN_WHILE_IDLE if facts.directory.mrsproxy_enabled else Verdict.CLOSED_WHILE_IDLE
    if isinstance(facts.endpoint, Missing):
        return Verdict.UNREACHABLE
    if facts.endpoint is None:
        return Verdict.NOT_ASKED
    return _TABLE[facts.endpoint.kind][facts.directory.mrsproxy_enabled]


_ANY_FLAG = {
    EndpointKind.DEVICE: Verdict.BLOCKED,
    EndpointKind.IIS_RULE: Verdict.BLOCKED,
    EndpointKind.BACK_END: Verdict.BACK_END,
    EndpointKind.LOGIN_REFUSED: Verdict.INCONCLUSIVE,
    EndpointKind.REDIRECT: Verdict.INCONCLUSIVE,
    EndpointKind.OTHER: Verdict.INCONCLUSIVE,
}
_TABLE: dict[EndpointKind, dict[bool, Verdict]] = {
    EndpointKind.MRSPROXY_OFF: {False: Verdict.DISABLED, True: Verdict.STALE},
    EndpointKind.ALIVE: {False: Verdict.UNTIL_RECYCLE, True: Verdict.READY},
    **{kind: {False: verdict, True: verdict} for kind, verdict in _ANY_FLAG.items()},
}

_PROVED_BY_ALL = {Verdict.READY, Verdict.CLOSED_WHILE_IDLE, Verdict.NOT_ASKED}
"""Verdicts that hold only where every control was judged."""

_NEXT_STEPS = {
    Verdict.READY: "",
    Verdict.DISABLED: "enable, then iisreset",
    Verdict.STALE: "off, wait, on, then iisreset",
    Verdict.UNTIL_RECYCLE: "enable; no restart needed",
    Verdict.BLOCKED: "let mrsproxy.svc through in front",
    Verdict.INCONCLUSIVE: "check the account and EWS login",
    Verdict.BACK_END: "check MRS and the IIS pools",
    Verdict.UNREACHABLE: "check the network and the server",
    Verdict.UNKNOWN: "see the error of the flag",
    Verdict.OPEN_WHILE_IDLE: "disable, then iisreset",
    Verdict.CLOSED_WHILE_IDLE: "",
    Verdict.NOT_ASKED: "run all controls together",
}


def _note_on(verdict: Verdict, facts: Facts) -> str:
    if isinstance(facts.endpoint, EndpointAnswer) and verdict in {Verdict.BLOCKED, Verdict.INCONCLUSIVE}:
        return facts.endpoint.detail
    if verdict in {Verdict.READY, Verdict.UNTIL_RECYCLE}:
        return _note_on_log(facts)
    return ""


def _note_on_log(facts: Facts) -> str:
    """What the event log adds where the endpoint answers."""
    if isinstance(facts.events, ShortLogError):
        return "log too short"
    if isinstance(facts.events, Missing):
        return "log not read"
    if isinstance(facts.events, MrsProxyEvents) and facts.events.live:
        return "but event 1309 since its start"
    return ""


_SET = (
    'Set-WebServicesVirtualDirectory "{netbios}\\EWS (Default Web Site)"'
    " -MRSProxyEnabled ${value} -Force -Confirm:$false"
)


def _commands_for(verdict: Verdict, server: Server) -> tuple[str, ...]:
    """The article's commands for that server; its `iisreset` takes the name of the computer it restarts."""
    on, off = (_SET.format(netbios=server.netbios, value=value) for value in ("true", "false"))
    restart = f"iisreset {server.netbios}"
    return {
        Verdict.DISABLED: (on, restart),
        Verdict.STALE: (off, "# wait a few minutes", on, restart),
        Verdict.UNTIL_RECYCLE: (on,),
        Verdict.OPEN_WHILE_IDLE: (off, restart),
    }.get(verdict, ())


_READ_THE_FLAG = "Read the flag first: False wants resolution 1 of the article, True wants resolution 2."
_ADVICE = {
    Verdict.READY: "The endpoint answers now. Look who else asked: the event names the client and the URL.",
    Verdict.CLOSED_WHILE_IDLE: "",
    Verdict.BLOCKED: "On the device in front, let /EWS/mrsproxy.svc through, without pre-authentication.",
    Verdict.INCONCLUSIVE: "Make the login succeed first; until then nothing is known about the endpoint.",
    Verdict.BACK_END: "On the server: Get-Service MSExchangeMailboxReplication, and the pools of both web sites.",
    Verdict.UNREACHABLE: "Make the server reachable first; until then nothing is known about the endpoint.",
    Verdict.UNKNOWN: _READ_THE_FLAG,
    Verdict.NOT_ASKED: _READ_THE_FLAG,
}
