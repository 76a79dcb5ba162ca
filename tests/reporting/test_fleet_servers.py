"""One server in full: why, what repairs it once, waivers and past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.changes import PastStanding
from moveready.findings.controls import Severity
from moveready.findings.outcomes import Result, WaiverState, WaiverUse
from moveready.findings.standing import standings_of
from moveready.findings.verdicts import Standing, Verdict
from moveready.inventory import Waiver
from moveready.reporting.fleet_servers import (
    Mark,
    detail_of,
    findings_of,
    mark_of,
    mark_of_result,
    repairs_of,
    waiver_lines,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from moveready.findings.outcomes import Outcome
    from moveready.findings.standing import ServerStanding
    from moveready.reporting.fleet_servers import ServerDetail


@pytest.fixture
def standing(run_of: Callable[..., Any]) -> Callable[..., ServerStanding]:
    """Build the standing of ex01 with these outcomes and verdicts."""

    def build(*outcomes: Outcome, verdicts: tuple[Verdict, ...] = ()) -> ServerStanding:
        run = run_of(*outcomes)
        server = replace(run.servers[0], verdicts=verdicts, diagnosis=None)
        return standings_of(replace(run, servers=(server,)))[0]

    return build


def verdict(resolution: str = "", kb: str = "KB1", **changes: Any) -> Verdict:
    """A verdict that is not ready."""
    usual: dict[str, Any] = {"server": "ex01", "verdict": "stale", "standing": Standing.NOT_READY}
    return Verdict(kb=kb, resolution=resolution, **(usual | changes))


def detail(each: ServerStanding, *uses: WaiverUse, **changes: Any) -> ServerDetail:
    """The details of a server."""
    return detail_of(each, 3, uses, changes.get("past", ()), has_evidence=changes.get("has_evidence", True))


def test_commands_of_a_verdict_are_told_once(outcome: Callable[..., Any], standing: Callable[..., Any]) -> None:
    """Three controls that the same commands repair do not repeat them."""
    failed = [outcome(f"KB1-{number}", Result.FAILED, resolution="Set-X") for number in (1, 2, 3)]
    repairs = repairs_of(standing(*failed, verdicts=(verdict("Set-X", has_commands=True),)))

    assert [(repair.of, repair.text, repair.is_commands) for repair in repairs] == [("KB1", "Set-X", True)]


def test_what_a_control_says_beyond_the_verdict_is_told(
    outcome: Callable[..., Any], standing: Callable[..., Any]
) -> None:
    """Where it differs, and where no verdict says anything."""
    each = standing(
        outcome("KB1-1", Result.FAILED, resolution="Set-Y"),
        outcome("OWN-1", Result.FAILED, resolution="Ask."),
        verdicts=(verdict("Find out why."),),
    )

    assert [(one.of, one.text) for one in repairs_of(each)] == [
        ("KB1", "Find out why."),
        ("KB1-1", "Set-Y"),
        ("OWN-1", "Ask."),
    ]
    assert not repairs_of(each)[0].is_commands


def test_worst_verdict_comes_first(outcome: Callable[..., Any], standing: Callable[..., Any]) -> None:
    """With its repair."""
    content = verdict(kb="AAA", standing=Standing.READY, verdict="ready")
    found = detail(standing(outcome(), verdicts=(content, verdict("Set-X"))))

    assert [line.kb for line in found.verdicts] == ["KB1", "AAA"]


def test_sentence_that_controls_share_is_told_once(outcome: Callable[..., Any]) -> None:
    """With the worst of their severities; another result of the same words is another finding."""
    found = findings_of(
        [
            outcome("KB1-1", Result.ERROR, sentence="No connection.", severity=Severity.LOW),
            outcome("KB1-2", Result.ERROR, sentence="No connection.", severity=Severity.CRITICAL),
            outcome("KB1-3", Result.FAILED, sentence="No connection."),
            outcome("KB1-4"),
        ]
    )

    assert [(one.mark.word, len(one.controls), one.severity) for one in found] == [
        ("failed", 1, "high"),
        ("not evaluated", 2, "critical"),
    ]


def test_only_web_addresses_are_sources(outcome: Callable[..., Any]) -> None:
    """A link must not run anything."""
    (found,) = findings_of([outcome(result=Result.FAILED, source="javascript:alert(1)")])

    assert found.sources == ()


def test_waived_is_neither_ready_nor_failed(outcome: Callable[..., Any]) -> None:
    """It has a mark of its own; what the fixer repaired says so."""
    assert mark_of_result(outcome(result=Result.WAIVED)) == Mark("waived", "waived")
    assert mark_of_result(outcome(story=("set it",))) == Mark("ready", "fixed")
    assert mark_of(Standing.NOT_READY) == Mark("not-ready", "not ready")


def test_repaired_controls_have_their_story(outcome: Callable[..., Any], standing: Callable[..., Any]) -> None:
    """They are not among those that just passed."""
    found = detail(standing(outcome("KB1-1", story=("set it", "restarted")), outcome("KB1-2")))

    assert found.fixed == (("KB1-1 The flag is on", ("set it", "restarted")),)
    assert found.passed == ("KB1-2 The flag is on",)


def test_evidence_can_be_left_out(outcome: Callable[..., Any], standing: Callable[..., Any]) -> None:
    """Of servers beyond what a page can carry."""
    each = standing(outcome(evidence={"a": {"b": 1}}))

    assert [len(detail(each, has_evidence=has).evidence) for has in (True, False)] == [1, 0]


def test_history_has_the_state_of_each_run(
    outcome: Callable[..., Any], standing: Callable[..., Any], noon: datetime
) -> None:
    """In the order given; the anchor is made of the number."""
    found = detail(standing(outcome()), past=[PastStanding(noon, Standing.UNKNOWN)])

    assert [(line.started_at, line.mark.word) for line in found.history] == [(noon, "unknown")]
    assert found.anchor == "server-3"


def test_waivers_that_need_somebody_come_first(noon: datetime) -> None:
    """Each state has a word."""

    def use(state: WaiverState, days: int = 0) -> WaiverUse:
        until = (noon + timedelta(days=days)).date()
        return WaiverUse(Waiver(control="KB1", servers=(), reason="", until=until), state)

    lines = waiver_lines([use(state) for state in WaiverState] + [use(WaiverState.EXPIRED, -9)])

    assert [line.mark.word for line in lines] == [
        "expired",
        "expired",
        "ends soon",
        "no longer needed",
        "active",
        "not asked",
    ]
    assert lines[0].use.waiver.until < lines[1].use.waiver.until
