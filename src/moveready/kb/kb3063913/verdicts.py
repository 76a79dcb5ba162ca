"""The verdict on a server: the truth table of flag and endpoint. Pure.

    | flag    | probe of that server, as `evidence.endpoint` judges it | verdict                        |
    |---------|--------------------------------------------------------|--------------------------------|
    | missing | any                                                    | unknown                        |
    | any     | none: the certificate is refused                       | certificate not accepted       |
    | any     | none: no connection, or no answer in time              | unreachable                    |
    | any     | 401, redirect, another server, nothing proved          | inconclusive                   |
    | any     | 403 of a device                                        | blocked by a proxy or firewall |
    | any     | 403 of a rule of IIS, no live event 1309 (flag True)   | refused by IIS                 |
    | any     | 404, 500, 503                                          | MRS service or back end        |
    | False   | 403 of MRSProxy                                        | disabled (KB cause 1)          |
    | True    | 403 of MRSProxy, or of IIS with a live event 1309      | stale (KB cause 2)             |
    | False   | 200, 400, 405, 415                                     | works until the next recycle   |
    | True    | 200, 400, 405, 415                                     | ready                          |

In the phase `idle`, a server is judged only by its flag. Sources: KB 3063913 for disabled and stale; the other rows
are inferred from how the front end keeps its configuration until the application restarts.

Each conclusion has one rule with its standing, next step, commands and remedy. Advice belongs to the finding that it
repairs: for each control of this KB, `repairs_of` gives what repairs the evidence that the control judges.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from moveready.errors import AuthenticationError, CertificateError, ShortLogError
from moveready.evidence import EWS_DIRECTORY, Missing
from moveready.evidence.mrsproxy_endpoint import EndpointAnswer, EndpointKind
from moveready.findings.rules import Rule, has_answered
from moveready.findings.verdicts import NOT_DIAGNOSED, Standing, Verdict
from moveready.kb.kb3063913 import advice
from moveready.kb.kb3063913.endpoint import ENDPOINT_ANSWER
from moveready.kb.kb3063913.events import MRSPROXY_EVENTS

if TYPE_CHECKING:
    from collections.abc import Collection

    from moveready.evidence import Facts, Subject
    from moveready.inventory import Server

ID = "KB3063913"


class Conclusion(Enum):
    """What is wrong with a server; people read the value."""

    READY = "ready"
    DISABLED = "disabled"
    STALE = "stale"
    UNTIL_RECYCLE = "works until the next recycle"
    BLOCKED = "blocked by a proxy or firewall"
    REFUSED_BY_IIS = "refused by IIS"
    INCONCLUSIVE = "inconclusive"
    BACK_END = "MRS service or back end"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate not accepted"
    UNKNOWN = "unknown"
    ENABLED_WHILE_IDLE = "enabled although no moves are planned"
    CLOSED_WHILE_IDLE = "closed while idle"
    NOT_ASKED = NOT_DIAGNOSED


RULES: dict[Conclusion, Rule] = {
    Conclusion.READY: Rule(Standing.READY),
    Conclusion.CLOSED_WHILE_IDLE: Rule(Standing.READY),
    Conclusion.DISABLED: Rule(Standing.NOT_READY, "enable, then iisreset", advice.resolution_1, remedy="enable"),
    Conclusion.STALE: Rule(Standing.NOT_READY, "off, wait, on, then iisreset", advice.resolution_2, remedy="toggle"),
    Conclusion.UNTIL_RECYCLE: Rule(
        Standing.NOT_READY,
        "enable; no restart needed",
        advice.enable,
        remedy="enable-without-restart",
    ),
    Conclusion.ENABLED_WHILE_IDLE: Rule(Standing.NOT_READY, "disable, then iisreset", advice.disable, remedy="disable"),
    Conclusion.BLOCKED: Rule(
        Standing.NOT_READY,
        "let mrsproxy.svc through there",
        advice=advice.OF_ENDPOINT[EndpointKind.DEVICE],
    ),
    Conclusion.REFUSED_BY_IIS: Rule(
        Standing.NOT_READY,
        "check SSL, address and certificate rules of IIS",
        advice=advice.OF_ENDPOINT[EndpointKind.IIS_RULE],
    ),
    Conclusion.BACK_END: Rule(
        Standing.NOT_READY, "check MRS and the IIS pools", advice=advice.OF_ENDPOINT[EndpointKind.BACK_END]
    ),
    Conclusion.INCONCLUSIVE: Rule(
        Standing.UNKNOWN,
        "see the error of the endpoint",
        advice="Clear the error of the endpoint first; until then nothing is known about MRSProxy.",
    ),
    Conclusion.UNREACHABLE: Rule(
        Standing.UNKNOWN,
        "check the network and the server",
        advice="Make the server reachable first; until then nothing is known about the endpoint.",
    ),
    Conclusion.CERTIFICATE: Rule(
        Standing.UNKNOWN,
        "check the server's certificate and tls.ca_file",
        advice=(
            "Renew or replace the server's certificate, or name the authority that signed it as `tls.ca_file` in the"
            " inventory; until then nothing is known about the endpoint."
        ),
    ),
    Conclusion.UNKNOWN: Rule(
        Standing.UNKNOWN,
        "see the error of the flag",
        advice="Clear the error of the flag first; without the flag there is no verdict.",
    ),
    Conclusion.NOT_ASKED: Rule(Standing.UNKNOWN, "run all controls together"),
}
_OF_FLAG = frozenset({Conclusion.DISABLED, Conclusion.UNTIL_RECYCLE, Conclusion.ENABLED_WHILE_IDLE})
"""The conclusions in which the flag is wrong; in any other, a control without the flag has its own resolution."""


def judge(server: Server, facts: Facts) -> Verdict:
    """The verdict on the server; pure, never raises."""
    conclusion = conclusion_on(server, facts)
    verdict = RULES[conclusion].verdict(ID, conclusion, server, facts)
    return replace(
        verdict,
        note=_note_on(conclusion, facts),
        next_step=_doubt_of(conclusion, facts) or verdict.next_step,
        resolution=verdict.resolution or _advice_on(conclusion, facts),
    )


def _advice_on(conclusion: Conclusion, facts: Facts) -> str:
    """The advice; a ready server needs none, unless its log shows a refused move."""
    if conclusion is Conclusion.READY and _has_live_events(facts):
        return advice.LOOK_WHO_ASKED
    return ""


def repairs_of(subjects: Collection[Subject[Any]], server: Server, facts: Facts) -> list[str]:
    """What repairs a finding about this evidence, for each subject: commands, a sentence, or "" for nothing."""
    conclusion, repairs = conclusion_on(server, facts), []
    if EWS_DIRECTORY in subjects:
        repairs.append(RULES[conclusion].commands_for(server, facts) if conclusion in _OF_FLAG else "")
    if MRSPROXY_EVENTS in subjects:
        repairs.append(_repair_of_events(conclusion, server, facts))
    if ENDPOINT_ANSWER in subjects:
        repairs.append(_repair_of_endpoint(conclusion, server, facts))
    return repairs


def _repair_of_events(conclusion: Conclusion, server: Server, facts: Facts) -> str:
    """What repairs a live event: it proves that the running application is off, unless the endpoint answered since."""
    if conclusion is Conclusion.READY:
        return advice.LOOK_WHO_ASKED
    proved = conclusion if RULES[conclusion].commands else _CONCLUSION_IF_OFF[_flag_in(facts)]
    return RULES[proved].commands_for(server, facts) or advice.READ_THE_FLAG


def _repair_of_endpoint(conclusion: Conclusion, server: Server, facts: Facts) -> str:
    if RULES[conclusion].commands:
        return RULES[conclusion].commands_for(server, facts)
    endpoint = facts.had(ENDPOINT_ANSWER)
    if endpoint is None:
        return ""
    if endpoint.kind is EndpointKind.MRSPROXY_OFF:
        return advice.READ_THE_FLAG
    return advice.OF_ENDPOINT.get(endpoint.kind, "")


def conclusion_on(server: Server, facts: Facts) -> Conclusion:
    """The conclusion, by the truth table."""
    directory, endpoint = facts.of(EWS_DIRECTORY), facts.of(ENDPOINT_ANSWER)
    if isinstance(directory, Missing):
        return Conclusion.UNKNOWN
    if directory is None:
        return Conclusion.NOT_ASKED
    if not server.phase.wants_mrsproxy:
        return Conclusion.ENABLED_WHILE_IDLE if directory.mrsproxy_enabled else Conclusion.CLOSED_WHILE_IDLE
    if isinstance(endpoint, EndpointAnswer):
        return _by_answer(directory.mrsproxy_enabled, endpoint.kind, facts)
    return _without_answer(endpoint)


def _by_answer(enabled: bool, kind: EndpointKind, facts: Facts) -> Conclusion:
    """The conclusion by the truth table; with a 403 of IIS, a live event decides."""
    if enabled and kind is EndpointKind.IIS_RULE and _has_live_events(facts):
        return Conclusion.STALE
    return _TABLE[kind][enabled]


def _without_answer(error: Missing | None) -> Conclusion:
    """The conclusion without an answer; a server that refused a login, or whose answer cannot be read, was reached."""
    if error is None:
        return Conclusion.NOT_ASKED
    if isinstance(error, CertificateError):
        return Conclusion.CERTIFICATE
    return Conclusion.INCONCLUSIVE if has_answered(error) else Conclusion.UNREACHABLE


def _has_live_events(facts: Facts) -> bool:
    return (events := facts.had(MRSPROXY_EVENTS)) is not None and bool(events.live)


def _flag_in(facts: Facts) -> bool | None:
    return directory.mrsproxy_enabled if (directory := facts.had(EWS_DIRECTORY)) is not None else None


_ANY_FLAG = {
    EndpointKind.DEVICE: Conclusion.BLOCKED,
    EndpointKind.IIS_RULE: Conclusion.REFUSED_BY_IIS,
    EndpointKind.BACK_END: Conclusion.BACK_END,
    EndpointKind.LOGIN_REFUSED: Conclusion.INCONCLUSIVE,
    EndpointKind.REDIRECT: Conclusion.INCONCLUSIVE,
    EndpointKind.OTHER_SERVER: Conclusion.INCONCLUSIVE,
    EndpointKind.UNPROVEN: Conclusion.INCONCLUSIVE,
    EndpointKind.OTHER: Conclusion.INCONCLUSIVE,
}
_TABLE: dict[EndpointKind, dict[bool, Conclusion]] = {
    EndpointKind.MRSPROXY_OFF: {False: Conclusion.DISABLED, True: Conclusion.STALE},
    EndpointKind.ALIVE: {False: Conclusion.UNTIL_RECYCLE, True: Conclusion.READY},
    **{kind: {False: conclusion, True: conclusion} for kind, conclusion in _ANY_FLAG.items()},
}
_CONCLUSION_IF_OFF = {False: Conclusion.DISABLED, True: Conclusion.STALE, None: Conclusion.UNKNOWN}
"""The conclusion for a running application with MRSProxy off, by the flag."""

_CHECK_LOGIN = "check the account and EWS login"
_STEPS_OF_DOUBT = {
    EndpointKind.LOGIN_REFUSED: _CHECK_LOGIN,
    EndpointKind.REDIRECT: "give the server's own address",
    EndpointKind.OTHER_SERVER: "check address, DNS and load balancer",
    EndpointKind.UNPROVEN: "find out who answers",
    EndpointKind.OTHER: "find out who answers",
}


def _doubt_of(conclusion: Conclusion, facts: Facts) -> str:
    """The next step, if it depends on why the endpoint proves nothing; "" if the rule's own step is right."""
    endpoint = facts.of(ENDPOINT_ANSWER)
    if conclusion is Conclusion.INCONCLUSIVE and isinstance(endpoint, EndpointAnswer):
        return _STEPS_OF_DOUBT[endpoint.kind]
    if conclusion is Conclusion.INCONCLUSIVE and isinstance(endpoint, AuthenticationError):
        return _CHECK_LOGIN
    return ""


def _note_on(conclusion: Conclusion, facts: Facts) -> str:
    about_endpoint = {Conclusion.BLOCKED, Conclusion.REFUSED_BY_IIS, Conclusion.INCONCLUSIVE}
    if (endpoint := facts.had(ENDPOINT_ANSWER)) is not None and conclusion in about_endpoint:
        return endpoint.note
    if conclusion in {Conclusion.READY, Conclusion.UNTIL_RECYCLE}:
        return _note_on_log(facts)
    return ""


def _note_on_log(facts: Facts) -> str:
    """What the event log adds if the endpoint answers."""
    events = facts.of(MRSPROXY_EVENTS)
    if isinstance(events, ShortLogError):
        return "log too short"
    if isinstance(events, Missing):
        return "log not read"
    return "but event 1309 since its start" if _has_live_events(facts) else ""
