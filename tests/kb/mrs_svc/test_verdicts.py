"""What the state of the service means, and what repairs it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from moveready.errors import (
    AuthenticationError,
    CertificateError,
    EvidenceError,
    MissingCommandError,
    MissingObjectError,
    Place,
    UnexpectedAnswerError,
    UnreachableError,
)
from moveready.evidence import EWS_DIRECTORY, Facts
from moveready.findings.verdicts import Standing
from moveready.inventory import Auth, Credential, Server
from moveready.kb.mrs_svc.service import MRS_SERVICE, MrsService, StartType, Status
from moveready.kb.mrs_svc.verdicts import REMEDY, RULES, Conclusion, judge, repairs_of

EX01 = Server("ex01.contoso.com", Credential("admin", Auth.NTLM), Place(Path("prod.yaml"), 7))
AUTOMATIC, MANUAL, DISABLED = StartType.AUTOMATIC, StartType.MANUAL, StartType.DISABLED


def facts_of(status: Status, start_type: StartType | None) -> Facts:
    """The service as it was read."""
    service = MrsService(
        server=EX01.name,
        status=status,
        start_type=start_type,
        question="Get-Service",
        asked_at=datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
    )
    return Facts({MRS_SERVICE.name: service})


@pytest.mark.parametrize(
    ("status", "start_type", "conclusion"),
    [
        (Status.RUNNING, AUTOMATIC, Conclusion.READY),
        (Status.RUNNING, None, Conclusion.START_UNKNOWN),
        (Status.RUNNING, MANUAL, Conclusion.BY_HAND),
        (Status.RUNNING, DISABLED, Conclusion.DISABLED),
        (Status.STOPPED, AUTOMATIC, Conclusion.STOPPED),
        (Status.STOPPED, MANUAL, Conclusion.STOPPED),
        (Status.STOPPED, None, Conclusion.STOPPED),
        (Status.STOPPED, DISABLED, Conclusion.DISABLED),
        (Status.PAUSED, AUTOMATIC, Conclusion.PAUSED),
        (Status.START_PENDING, AUTOMATIC, Conclusion.PENDING),
        (Status.STOP_PENDING, DISABLED, Conclusion.PENDING),
    ],
)
def test_state_and_start_type_give_the_verdict(
    status: Status, start_type: StartType | None, conclusion: Conclusion
) -> None:
    """By the table of the module."""
    verdict = judge(EX01, facts_of(status, start_type))

    assert (verdict.kb, verdict.verdict) == ("MRS-SVC", conclusion.value)
    assert verdict.standing is RULES[conclusion].standing


@pytest.mark.parametrize(
    ("start_type", "remedy"), [(AUTOMATIC, REMEDY), (MANUAL, REMEDY), (None, None), (DISABLED, None)]
)
def test_what_may_have_been_disabled_is_not_started(start_type: StartType | None, remedy: str | None) -> None:
    """Nobody knows what was meant where Windows does not tell the start type."""
    assert judge(EX01, facts_of(Status.STOPPED, start_type)).remedy == remedy


@pytest.mark.parametrize(
    ("error", "conclusion"),
    [
        (MissingObjectError, Conclusion.MISSING),
        (UnreachableError, Conclusion.UNREACHABLE),
        (AuthenticationError, Conclusion.UNKNOWN),
        (CertificateError, Conclusion.UNKNOWN),
        (UnexpectedAnswerError, Conclusion.UNKNOWN),
        (MissingCommandError, Conclusion.UNKNOWN),
    ],
)
def test_what_could_not_be_had_is_unknown(error: type[EvidenceError], conclusion: Conclusion) -> None:
    """Never ready, and never repaired."""
    verdict = judge(EX01, Facts({MRS_SERVICE.name: error(EX01.name, "Windows endpoint", "no", "Look.")}))

    assert (verdict.verdict, verdict.standing, verdict.remedy) == (conclusion.value, Standing.UNKNOWN, None)


def test_what_nobody_asked_is_not_diagnosed() -> None:
    """It is no verdict."""
    assert judge(EX01, Facts()).verdict == "not diagnosed"


def test_only_a_stopped_service_has_a_remedy() -> None:
    """Who disabled it meant something by that."""
    assert [conclusion for conclusion, rule in RULES.items() if rule.remedy] == [Conclusion.STOPPED]


def test_commands_name_the_server() -> None:
    """They can be pasted into Windows PowerShell."""
    verdict = judge(EX01, facts_of(Status.STOPPED, AUTOMATIC))

    assert (
        verdict.resolution == "Get-Service -ComputerName ex01.contoso.com MSExchangeMailboxReplication | Start-Service"
    )
    assert verdict.has_commands
    assert repairs_of({MRS_SERVICE}, EX01, facts_of(Status.STOPPED, AUTOMATIC)) == [verdict.resolution]


def test_where_no_command_repairs_it_a_sentence_says_what_to_do() -> None:
    """And nothing is said under a finding about something else."""
    facts = facts_of(Status.STOPPED, DISABLED)

    assert repairs_of({MRS_SERVICE}, EX01, facts)[0].startswith("Somebody has disabled the service.")
    assert not judge(EX01, facts).has_commands
    assert repairs_of({EWS_DIRECTORY}, EX01, facts) == []


@pytest.mark.parametrize("conclusion", list(Conclusion))
def test_every_conclusion_but_ready_says_what_to_do(conclusion: Conclusion) -> None:
    """In the table, and for whoever repairs it."""
    rule = RULES[conclusion]

    assert bool(rule.next_step) is (conclusion is not Conclusion.READY)
    assert not (rule.commands and rule.advice)
