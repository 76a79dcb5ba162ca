"""Runs of successive days, a letter for each control of a server.

`.` passed, `F` failed, `E` error, `W` waived, `-` was not asked.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from moveready.findings.controls import Severity
from moveready.findings.outcomes import CheckedServer, Outcome, Result, Run, RunScope
from moveready.findings.verdicts import Standing, Verdict
from tests.builders import NOON

RESULTS = {".": Result.PASSED, "F": Result.FAILED, "E": Result.ERROR, "W": Result.WAIVED}
EX01 = "ex01.contoso.com"
EX02 = "ex02.contoso.com"
FIRST = "KB1-1"


def day(number: int) -> datetime:
    """Noon of that day; day 0 is `NOON`."""
    return NOON + timedelta(days=number)


def run_on(number: int, letters: dict[str, str] | None = None, /, **changes: Any) -> Run:
    """The run of that day with these letters of each server: `run_on(3, {"ex01": ".F"})`; usually ex01 has passed.

    Changes of the scope are given by name as well: `limit`, `controls`, `phase`.
    """
    asked = {"ex01": "."} if letters is None else letters
    scope = RunScope(**{name: changes.pop(name) for name in ("limit", "controls", "phase") if name in changes})
    run = Run(
        organization="contoso",
        inventory="prod.yaml",
        started_at=day(number),
        finished_at=day(number) + timedelta(minutes=2),
        servers=tuple(checked(name) for name in asked),
        outcomes=tuple(outcome for name, each in asked.items() for outcome in _outcomes(name, each)),
        version="0.1.0",
        id=f"{number:08x}",
        scope=scope,
    )
    return replace(run, **changes)


def checked(name: str, **changes: Any) -> CheckedServer:
    """A server of contoso.com as reports need it; a KB whose controls no test here names has found nothing."""
    usual: dict[str, Any] = {
        "group": "main",
        "site": "Frankfurt",
        "pool": None,
        "phase": "moving",
        "verified": True,
        "file": "prod.yaml",
        "line": 5,
        "verdicts": (Verdict(kb="KB0", server=f"{name}.contoso.com", verdict="ready", standing=Standing.READY),),
    }
    return CheckedServer(name=f"{name}.contoso.com", **{**usual, **changes})


def outcome(control: str = FIRST, server: str = EX01, result: Result = Result.FAILED, **changes: Any) -> Outcome:
    """One control on one server."""
    usual: dict[str, Any] = {
        "title": f"Title of {control}",
        "severity": Severity.HIGH,
        "source": "https://kb",
        "sentence": "" if result is Result.PASSED else f"{server} {result.value}.",
        "resolution": "",
        "evidence": {},
        "seconds": 0.5,
    }
    return Outcome(control=control, server=server, result=result, **{**usual, **changes})


def _outcomes(name: str, letters: str) -> list[Outcome]:
    return [
        outcome(f"KB1-{number}", f"{name}.contoso.com", RESULTS[letter])
        for number, letter in enumerate(letters, 1)
        if letter != "-"
    ]
