"""Runs for the tests of the gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from moveready.findings.controls import Severity
from moveready.findings.outcomes import CheckedServer, Outcome, Result, Run, RunScope
from moveready.inventory import Secret, Waiver
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.builders import NOON, verdict_of

KEY = Secret("a key of more than 16 bytes")
FINGERPRINT = "ab" * 32
WAIVER = Waiver(
    control="KB3063913-1", servers=("ex01.contoso.com",), reason="old", until=date(2026, 12, 31), ticket="CHG-1"
)


@dataclass(frozen=True, slots=True)
class Of:
    """A server of a run: its name, what KB 3063913 concludes, how its controls ended, and where it stands."""

    name: str
    conclusion: Conclusion | None = Conclusion.READY
    results: tuple[Result, ...] = (Result.PASSED,)
    pool: str | None = None
    phase: str = "moving"
    severity: Severity = Severity.HIGH
    verdict: dict[str, Any] = field(default_factory=dict)

    @property
    def fqdn(self) -> str:
        """Of contoso.com, where nothing else is said."""
        return self.name if "." in self.name else f"{self.name}.contoso.com"

    def checked(self) -> CheckedServer:
        """As the run has it."""
        verdicts = (verdict_of(self.conclusion, self.fqdn, **self.verdict),) if self.conclusion else ()
        return CheckedServer(self.fqdn, "main", None, self.pool, self.phase, True, "prod.yaml", 7, verdicts)

    def outcomes(self) -> tuple[Outcome, ...]:
        """One a result, of the controls of KB 3063913 by number."""
        return tuple(outcome_of(self, number, result) for number, result in enumerate(self.results, 1))


def outcome_of(server: Of, number: int, result: Result) -> Outcome:
    """A control of KB 3063913 that ended so."""
    return Outcome(
        control=f"KB3063913-{number}",
        title="MRSProxy is enabled",
        severity=server.severity,
        source="https://kb",
        server=server.fqdn,
        result=result,
        sentence="" if result is Result.PASSED else "It is off.",
        resolution="",
        evidence={},
        seconds=0.5,
        waiver=WAIVER if result is Result.WAIVED else None,
    )


def run_of(*servers: Of, **changes: Any) -> Run:
    """A run of these servers, which ended nine seconds past noon."""
    usual: dict[str, Any] = {"id": "4f1c", "scope": RunScope(fingerprint=FINGERPRINT)}
    checked = tuple(server.checked() for server in servers)
    outcomes = tuple(outcome for server in servers for outcome in server.outcomes())
    end = NOON + timedelta(seconds=9)
    return Run("contoso", "prod.yaml", NOON, end, checked, outcomes, **(usual | changes))


READY = (Of("ex01", pool="mail.contoso.com"), Of("ex02", pool="mail.contoso.com"))
DISABLED = Of("ex03", Conclusion.DISABLED, (Result.FAILED,), pool="mail.contoso.com")
UNREACHABLE = Of("ex04", Conclusion.UNREACHABLE, (Result.ERROR,))
WAIVED = Of("ex05", Conclusion.DISABLED, (Result.WAIVED, Result.PASSED))
IDLE = Of("ex06", Conclusion.CLOSED_WHILE_IDLE, phase="idle")


FLEET = run_of(*READY, DISABLED, UNREACHABLE, WAIVED, IDLE)
"""Two servers are ready, four are not, each for a reason of its own."""


def minutes_past_noon(minutes: float) -> datetime:
    """The runs ended at noon."""
    return NOON + timedelta(minutes=minutes)
