"""A run that several tests of findings look at."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from moveready.evidence import EWS_DIRECTORY
from moveready.findings.controls import Severity
from moveready.findings.outcomes import CheckedServer, Outcome, PlainTest, Result, Run
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.builders import ews_directory, verdict_of


@pytest.fixture
def run(noon: datetime) -> Run:
    """A run of one server with one finding and one plain test."""
    directory = ews_directory(enabled=False)
    outcome = Outcome(
        control="KB1-1",
        title="T",
        severity=Severity.HIGH,
        source="S",
        server="ex01.contoso.com",
        result=Result.FAILED,
        sentence="It is off.",
        resolution="Set-X",
        evidence={EWS_DIRECTORY.name: directory},
        seconds=0.5,
    )
    verdicts = (verdict_of(Conclusion.DISABLED),)
    server = CheckedServer("ex01.contoso.com", "g", "s", "p", "moving", True, "prod.yaml", 3, verdicts)
    plain = (PlainTest("test_mine.py::test_it", "passed", "", 0.1),)
    return Run("contoso", "prod.yaml", noon, noon + timedelta(seconds=9), (server,), (outcome,), plain, version="0.1.0")
