"""Runs of any size and with any text, for tests of what the report formats make of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import example, given
from hypothesis import strategies as st

from moveready.evidence.cost import Cost
from moveready.findings.changes import Change, Changes, Past
from moveready.findings.controls import Severity
from moveready.findings.outcomes import (
    CheckedServer,
    MissingFact,
    Outcome,
    PlainTest,
    Result,
    Run,
    RunScope,
    WaiverState,
    WaiverUse,
)
from moveready.findings.verdicts import Standing, Verdict
from moveready.inventory import Waiver
from tests.builders import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = (
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "\"'><a href='javascript:alert(1)' onclick=alert(1)>x</a>",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil>",
    "=cmd|'/c calc'!A1",
    "@SUM(1+1)*cmd|'/c calc'!A1",
    "\t=1+1;=2+2;\n-3\r\n+4",
    "\uff1d1+1",
    "a\x00b\x1b[31m\x7f",
    "\u202egnp.exe\u2066\u200f",
    "\ud800 half a pair",
    "| a | b |\n|---|---|\n`code` **bold** _em_ ~~gone~~",
    "\\| \\\\| \\` [link](http://evil.example) ![image](//evil.example/x.png) <http://evil.example>",
    "@everyone https://evil.example www.evil.example a@evil.example #1",
    "# heading\n- entry\n1. entry\n> quote\n```\nfence",
    "1. entry",
    "- entry",
    "# heading",
    "\u2028line\u2029paragraph\x85next",
    'quote" back\\slash \\n',
    "<" * 10_000,
    "&" * 10_000,
    "\n;=" * 3_000,
    "\t" * 10_000 + "=1",
    "x" * 40_000,
    "\U0001f4a3" * 10_000,
    "",
)
texts = st.sampled_from(EVIL) | st.text(st.characters(codec=None), max_size=60) | st.text(max_size=60)
results = st.sampled_from(list(Result))


def waiver_of(text: str, until: date = date(2026, 3, 9), **given: Any) -> Waiver:
    """A waiver of KB1-1 on ex01."""
    usual: dict[str, Any] = {"control": "KB1-1", "servers": ("ex01.contoso.com",), "reason": text, "ticket": text}
    return Waiver(until=until, **usual | given)


def outcome_of(number: int, server: str, result: Result, text: str) -> Outcome:
    """A control of KB1 on that server, with this text wherever a server or a person may put one."""
    passed = result is Result.PASSED
    return Outcome(
        control=f"KB1-{number}",
        title=text or "The flag is on",
        severity=Severity.HIGH,
        source="https://kb",
        server=server,
        result=result,
        sentence="" if passed else text,
        resolution=text if result is Result.FAILED else "",
        evidence={"ews_directory": {"answer": text}},
        seconds=0.5,
        missing={text: MissingFact(text, (text,))},
        waiver=waiver_of(text) if result is Result.WAIVED else None,
    )


def server_of(name: str, standing: Standing, text: str) -> CheckedServer:
    """A server of which KB1 concludes this."""
    ready = standing is Standing.READY
    verdict = Verdict(
        kb="KB1", server=name, verdict=standing.value, standing=standing, note=text, next_step="" if ready else text
    )
    return CheckedServer(name, text, text, text, "moving", True, "prod.yaml", 5, (verdict,))


def standing_for(result: Result) -> Standing:
    """What the KB concludes of a control that ended so."""
    return {Result.PASSED: Standing.READY, Result.ERROR: Standing.UNKNOWN}.get(result, Standing.NOT_READY)


def fleet_run(servers: int, text: str = "", result: Result = Result.FAILED, controls: int = 1, **given: Any) -> Run:
    """A run of that many servers, whose controls all ended so; this text is all over it."""
    names = [f"ex{number:04d}.contoso.com" for number in range(1, servers + 1)]
    usual: dict[str, Any] = {
        "organization": text or "contoso",
        "inventory": "prod.yaml",
        "started_at": NOON,
        "finished_at": NOON + timedelta(seconds=9),
        "servers": tuple(server_of(name, standing_for(result), text) for name in names),
        "outcomes": tuple(
            outcome_of(number, name, result, text) for name in names for number in range(1, controls + 1)
        ),
        "version": "0.1.0",
        "id": "0123abcd",
    }
    return Run(**usual | given)


def hostile_run(text: str, result: Result) -> Run:
    """A run of two servers in which nearly every word is this text."""
    return fleet_run(
        2,
        text,
        result,
        controls=2,
        plain_tests=(PlainTest(text, "failed", text, 0.1),),
        costs={text: Cost(sessions=1, requests=2, bytes_sent=3, bytes_received=4, seconds=0.5)},
        version=text,
        complete=False,
        incomplete=text,
        id=text,
        scope=RunScope(limit=text, accounts=(text,), options={text: text}),
        waivers=tuple(WaiverUse(waiver_of(text, control=text, servers=(text,)), state) for state in WaiverState),
        unlisted=(text, text),
    )


def past_of(text: str, number: int = 1) -> Past:
    """That much of every kind of change."""
    changes = (Change(text, text, text),) * number
    return Past(
        changes=Changes(
            earlier_id=text,
            earlier_started_at=NOON - timedelta(days=1),
            new=changes,
            fixed=changes,
            still=changes,
            unknown=changes,
            waived=changes,
            added=(text,) * number,
            gone=(text,) * number,
        )
    )


def with_hostile_texts(test: Callable[..., None]) -> Callable[..., None]:
    """Call the test with each text of `EVIL`, and with many others; its arguments are `text` and `result`."""
    for text in EVIL:
        test = example(text=text, result=Result.FAILED)(test)
    return given(text=texts, result=results)(test)
