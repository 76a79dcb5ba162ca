"""The verdict on a server: what the offered schemes and the settings of IIS mean for a move. Pure.

    | offers Negotiate or NTLM | WindowsAuthentication | Extended Protection | verdict                             |
    |--------------------------|-----------------------|---------------------|-------------------------------------|
    | no, not known            | False                 | any                 | Windows authentication is off       |
    | yes                      | False                 | any                 | Windows login contradicts Exchange  |
    | no                       | True                  | any                 | Windows login is not offered        |
    | yes                      | True                  | Require             | Extended Protection is too strict   |
    | yes                      | True                  | None, Allow         | ready                               |

That moves need Windows authentication is documented ("MRS Proxy endpoint"), and so is that `Require` is stricter than
Exchange supports for EWS. Whether a proxy or firewall works with Extended Protection cannot be seen from here.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from moveready.errors import UnexpectedAnswerError
from moveready.evidence import Missing
from moveready.findings.rules import Rule, has_answered
from moveready.findings.verdicts import NOT_DIAGNOSED, Standing, Verdict
from moveready.kb.ews_auth.challenge import EWS_CHALLENGE
from moveready.kb.ews_auth.settings import EWS_LOGIN

if TYPE_CHECKING:
    from collections.abc import Collection

    from moveready.evidence import Facts, Subject
    from moveready.inventory import Server

ID = "EWS-AUTH"


class Conclusion(Enum):
    """What is wrong with the login; people read the value."""

    READY = "ready"
    OFF = "Windows authentication is off"
    NOT_OFFERED = "Windows login is not offered"
    CONTRADICTS = "Windows login contradicts Exchange"
    TOO_STRICT = "Extended Protection is too strict"
    UNREACHABLE = "unreachable"
    UNKNOWN = "login to EWS is unknown"
    NOT_ASKED = NOT_DIAGNOSED


def _turn_on(_: Server, facts: Facts) -> tuple[str, ...]:
    """The command, with the identity that was read."""
    login = facts.had(EWS_LOGIN)
    command = "-WindowsAuthentication $true -Force -Confirm:$false"
    return (f'Set-WebServicesVirtualDirectory "{login.identity}" {command}',) if login else ()


RULES: dict[Conclusion, Rule] = {
    Conclusion.READY: Rule(Standing.READY),
    Conclusion.OFF: Rule(
        Standing.NOT_READY,
        "turn Windows authentication on",
        _turn_on,
    ),
    Conclusion.NOT_OFFERED: Rule(
        Standing.NOT_READY,
        "put the providers back in IIS",
        advice=(
            "In IIS Manager, Default Web Site, EWS, Authentication, Windows Authentication: add the providers Negotiate"
            " and NTLM. If they are there, a proxy or firewall of the server rewrites WWW-Authenticate."
        ),
    ),
    Conclusion.CONTRADICTS: Rule(
        Standing.UNKNOWN,
        "look at the providers in IIS",
        advice=(
            "The server offers a Windows login, and Exchange calls Windows authentication off: most often providers"
            " other than Negotiate and NTLM are set on purpose (inferred). Look in IIS Manager, Default Web Site, EWS,"
            " Authentication, and ask who set them: Set-WebServicesVirtualDirectory would put both back."
        ),
    ),
    Conclusion.TOO_STRICT: Rule(
        Standing.NOT_READY,
        "let Extended Protection be Allow",
        advice=(
            "Use Microsoft's script ExchangeExtendedProtectionManagement.ps1: Allow is what it sets for EWS of the"
            " Default Web Site, and -ExcludeVirtualDirectories EWSFrontEnd leaves it off for the Hybrid Agent."
        ),
    ),
    Conclusion.UNREACHABLE: Rule(
        Standing.UNKNOWN,
        "check the network and the server",
        advice="Make the server reachable first; until then nothing is known about its login.",
    ),
    Conclusion.UNKNOWN: Rule(
        Standing.UNKNOWN,
        "see the errors of EWS-AUTH",
        advice="Clear the errors of this KB first; until then nothing is known about the login.",
    ),
    Conclusion.NOT_ASKED: Rule(Standing.UNKNOWN, "run all controls together"),
}


def judge(server: Server, facts: Facts) -> Verdict:
    """The verdict on the server; never raises."""
    conclusion = conclusion_on(facts)
    verdict = RULES[conclusion].verdict(ID, conclusion, server, facts)
    return replace(verdict, note=_note_on(conclusion, facts))


def repairs_of(subjects: Collection[Subject[Any]], server: Server, facts: Facts) -> list[str]:
    """What repairs a finding about the login, a command or a sentence, for each evidence."""
    conclusion = conclusion_on(facts)
    about = {
        Conclusion.OFF: (EWS_LOGIN, EWS_CHALLENGE),
        Conclusion.NOT_OFFERED: (EWS_CHALLENGE,),
        Conclusion.CONTRADICTS: (EWS_LOGIN,),
        Conclusion.TOO_STRICT: (EWS_LOGIN,),
    }.get(conclusion, ())
    return [RULES[conclusion].resolution_for(server, facts)] if set(about) & set(subjects) else []


def conclusion_on(facts: Facts) -> Conclusion:
    """The conclusion, by the table of this module. A wrong setting counts even if everything else is unknown."""
    login, challenge = facts.had(EWS_LOGIN), facts.had(EWS_CHALLENGE)
    if login is not None and not login.windows_authentication:
        offers = challenge is not None and _is_own(facts) and challenge.offers_windows_login
        return Conclusion.CONTRADICTS if offers else Conclusion.OFF
    if challenge is not None and _is_own(facts) and not challenge.offers_windows_login:
        return Conclusion.NOT_OFFERED
    if login is not None and login.requires_bindings:
        return Conclusion.TOO_STRICT
    if login is not None and challenge is not None:
        return Conclusion.READY if _is_own(facts) else Conclusion.UNKNOWN
    return _without(facts.of(EWS_LOGIN), facts.of(EWS_CHALLENGE))


def _is_own(facts: Facts) -> bool:
    """Whether the challenge is proved to come from this server."""
    challenge = facts.had(EWS_CHALLENGE)
    try:
        return challenge is not None and challenge.conclusive() is challenge
    except UnexpectedAnswerError:
        return False


def _without(login: object, challenge: object) -> Conclusion:
    """The conclusion without one of the two; if Exchange could not ask IIS, the server may still be reachable."""
    if isinstance(challenge, Missing) and not has_answered(challenge):
        return Conclusion.UNREACHABLE
    if isinstance(challenge, Missing) or isinstance(login, Missing):
        return Conclusion.UNKNOWN
    return Conclusion.NOT_ASKED


def _note_on(conclusion: Conclusion, facts: Facts) -> str:
    challenge = facts.had(EWS_CHALLENGE)
    is_odd = conclusion is Conclusion.READY and challenge is not None and not challenge.offers_negotiate
    return "NTLM only, without Negotiate" if is_odd else ""
