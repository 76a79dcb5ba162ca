"""What the offered schemes and the settings of IIS mean together."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from moveready.errors import (
    AuthenticationError,
    CertificateError,
    DeadlineError,
    MissingObjectError,
    Place,
    UnexpectedAnswerError,
    UnreachableError,
)
from moveready.evidence import EWS_DIRECTORY, Facts
from moveready.findings.verdicts import Standing
from moveready.inventory import Auth, Credential, Server
from moveready.kb.ews_auth.challenge import EWS_CHALLENGE, EwsChallenge
from moveready.kb.ews_auth.settings import EWS_LOGIN, EwsLogin, TokenChecking
from moveready.kb.ews_auth.verdicts import RULES, Conclusion, conclusion_on, judge, repairs_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EX01 = Server("ex01.contoso.com", Credential("admin", Auth.NTLM), Place(Path("prod.yaml"), 7))
NONE, ALLOW, REQUIRE = TokenChecking.NONE, TokenChecking.ALLOW, TokenChecking.REQUIRE
REASON = (EX01.name, "endpoint", "no", "Look.")


def challenge(*schemes: str, **changes: Any) -> EwsChallenge:
    """The 401 of ex01."""
    usual: dict[str, Any] = {"url": "https://ex01", "status": 401, "front_end": "EX01"}
    return EwsChallenge(server=EX01.name, schemes=schemes, question="GET", asked_at=NOON, **{**usual, **changes})


def login(*, windows: bool = True, checking: TokenChecking = NONE) -> EwsLogin:
    """The settings of ex01."""
    return EwsLogin(
        server=EX01.name,
        identity=r"EX01\EWS (Default Web Site)",
        windows_authentication=windows,
        extended_protection=checking,
        question="Get-",
        asked_at=NOON,
    )


def facts_of(found: object, settings: object) -> Facts:
    """Both of them; None where nobody asked."""
    known = {EWS_CHALLENGE.name: found, EWS_LOGIN.name: settings}
    return Facts({name: fact for name, fact in known.items() if fact is not None})


WINDOWS, BASIC = challenge("Negotiate", "NTLM"), challenge("Basic")
UNPROVED, FOREIGN = challenge("Basic", front_end=None), challenge("Negotiate", front_end="EX02")


@pytest.mark.parametrize(
    ("found", "settings", "conclusion"),
    [
        (WINDOWS, login(), Conclusion.READY),
        (WINDOWS, login(checking=ALLOW), Conclusion.READY),
        (WINDOWS, login(checking=REQUIRE), Conclusion.TOO_STRICT),
        (WINDOWS, login(windows=False), Conclusion.CONTRADICTS),
        (FOREIGN, login(windows=False), Conclusion.OFF),
        (BASIC, login(windows=False, checking=REQUIRE), Conclusion.OFF),
        (BASIC, login(), Conclusion.NOT_OFFERED),
        (BASIC, login(checking=REQUIRE), Conclusion.NOT_OFFERED),
        (UNPROVED, login(), Conclusion.UNKNOWN),
        (FOREIGN, login(), Conclusion.UNKNOWN),
        (UNPROVED, login(windows=False), Conclusion.OFF),
        (UnreachableError(*REASON), login(windows=False), Conclusion.OFF),
        (UnreachableError(*REASON), login(), Conclusion.UNREACHABLE),
        (DeadlineError(*REASON), MissingObjectError(*REASON), Conclusion.UNREACHABLE),
        (CertificateError(*REASON), login(), Conclusion.UNKNOWN),
        (UnexpectedAnswerError(*REASON), login(), Conclusion.UNKNOWN),
        (WINDOWS, AuthenticationError(*REASON), Conclusion.UNKNOWN),
        (BASIC, UnreachableError(*REASON), Conclusion.NOT_OFFERED),
        (WINDOWS, None, Conclusion.NOT_ASKED),
        (None, login(), Conclusion.NOT_ASKED),
        (None, None, Conclusion.NOT_ASKED),
    ],
)
def test_both_give_the_verdict(found: object, settings: object, conclusion: Conclusion) -> None:
    """By the table of the module; what is not both proved is never ready."""
    facts = facts_of(found, settings)
    verdict = judge(EX01, facts)

    assert conclusion_on(facts) is conclusion
    assert (verdict.kb, verdict.verdict, verdict.remedy) == ("EWS-AUTH", conclusion.value, None)
    assert verdict.standing is RULES[conclusion].standing


def test_the_command_names_the_identity_that_was_read() -> None:
    """It can be pasted into the Exchange Management Shell."""
    verdict = judge(EX01, facts_of(BASIC, login(windows=False)))

    assert verdict.has_commands
    assert verdict.resolution == (
        r'Set-WebServicesVirtualDirectory "EX01\EWS (Default Web Site)"'
        " -WindowsAuthentication $true -Force -Confirm:$false"
    )


@pytest.mark.parametrize(
    ("facts", "under"),
    [
        (facts_of(BASIC, login(windows=False)), {EWS_LOGIN, EWS_CHALLENGE}),
        (facts_of(BASIC, login()), {EWS_CHALLENGE}),
        (facts_of(WINDOWS, login(checking=REQUIRE)), {EWS_LOGIN}),
        (facts_of(WINDOWS, login()), set()),
    ],
)
def test_advice_stands_under_the_finding_that_it_repairs(facts: Facts, under: set[Any]) -> None:
    """And under no other."""
    advised = {subject for subject in (EWS_LOGIN, EWS_CHALLENGE, EWS_DIRECTORY) if repairs_of((subject,), EX01, facts)}

    assert advised == under


def test_ntlm_alone_is_noted() -> None:
    """It is let in, and people should know."""
    assert judge(EX01, facts_of(challenge("NTLM"), login())).description == "ready (NTLM only, without Negotiate)"


@pytest.mark.parametrize("conclusion", list(Conclusion))
def test_every_conclusion_but_ready_says_what_to_do(conclusion: Conclusion) -> None:
    """In the table, and for whoever repairs it."""
    rule = RULES[conclusion]

    assert bool(rule.next_step) is (rule.standing is not Standing.READY)
    assert not (rule.commands and rule.advice)
