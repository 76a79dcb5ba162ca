"""Runs to report on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from moveready.findings.controls import Severity
from moveready.findings.outcomes import CheckedServer, Outcome, PlainTest, Result, Run
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.builders import verdict_of

MakeOutcome = Callable[..., Outcome]
MakeRun = Callable[..., Run]


@pytest.fixture
def outcome() -> MakeOutcome:
    """Build an outcome of ex01."""

    def build(control: str = "KB1-1", result: Result = Result.PASSED, **given: object) -> Outcome:
        defaults: dict[str, object] = {
            "title": "The flag is on",
            "severity": Severity.HIGH,
            "source": "https://kb",
            "server": "ex01.contoso.com",
            "sentence": "" if result is Result.PASSED else "It is off.",
            "resolution": "Set-X" if result is Result.FAILED else "",
            "evidence": {},
            "seconds": 0.5,
        }
        return Outcome(control=control, result=result, **defaults | given)  # type: ignore[arg-type] # the caller names fields

    return build


@pytest.fixture
def run_of(noon: datetime) -> MakeRun:
    """Build a run of these outcomes; its servers are those that the outcomes name."""

    def build(*outcomes: Outcome, plain: tuple[PlainTest, ...] = (), verified: bool = True) -> Run:
        names = sorted({outcome.server for outcome in outcomes})
        servers = tuple(
            CheckedServer(
                name=name,
                group="main",
                site="Frankfurt",
                pool=None,
                phase="moving",
                verified=verified,
                file="prod.yaml",
                line=line,
                verdicts=(
                    replace(
                        verdict_of(Conclusion.STALE, name, note="a note", next_step="restart it", resolution="Set-X"),
                        kb="KB1",
                    ),
                ),
            )
            for line, name in enumerate(names, 5)
        )
        return Run("contoso", "prod.yaml", noon, noon + timedelta(seconds=9), servers, outcomes, plain, version="0.1.0")

    return build
