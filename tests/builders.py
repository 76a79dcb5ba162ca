"""Builds values that many tests need, each with what is usual; a test names only what it is about.

A new field of some evidence is given its usual value here, and no test that does not care hears of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moveready.evidence import EWS_DIRECTORY, EwsDirectory, Facts, Missing, Subject
from moveready.findings.verdicts import Verdict
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS, EndpointAnswer, EndpointKind, MrsProxyEvents
from moveready.kb.kb3063913.verdicts import RULES, Conclusion
from moveready.plugin.report_settings import ReportSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moveready.findings.outcomes import Run
    from moveready.inventory import Server

KB3063913 = "--control=KB3063913"
"""Leaves the other KBs out, whatever there will be: for tests that count or name every outcome."""
KB3063913_SUBJECTS: tuple[Subject[Any], ...] = (EWS_DIRECTORY, MRSPROXY_EVENTS, ENDPOINT_ANSWER)
"""One of each scope; a test that needs no other KB hears of none."""
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When the questions of these tests were asked."""


def report_settings(**changes: Any) -> ReportSettings:
    """The options of the reports where none is given; the history has no folder of its own."""
    usual: dict[str, Any] = {
        "history": Path("history.sqlite"),
        "history_keep": timedelta(days=400),
        "compare": "",
        "gate": False,
        "gate_key": None,
        "fail_on": None,
        "fail_on_unknown": False,
        "fail_on_unlisted": False,
        "channels": (),
        "notify_always": False,
        "link": None,
    }
    return ReportSettings(**{**usual, **changes})


def ews_directory(enabled: bool, **changes: Any) -> EwsDirectory:
    """The EWS directory of ex01 with this flag."""
    usual: dict[str, Any] = {
        "server": "ex01.contoso.com",
        "identity": r"EX01\EWS (Default Web Site)",
        "version": "Version 15.2 (Build 1118.7)",
        "question": "Get-WebServicesVirtualDirectory",
        "asked_at": NOON,
    }
    return EwsDirectory(mrsproxy_enabled=enabled, **{**usual, **changes})


def mrsproxy_events(**changes: Any) -> MrsProxyEvents:
    """No event 1309 in the log of ex01, which reaches back far enough."""
    usual: dict[str, Any] = {
        "server": "ex01.contoso.com",
        "live": (),
        "past": (),
        "worker_started_at": NOON,
        "oldest_record_at": NOON,
        "needed_since": NOON,
        "question": "Get-WinEvent",
        "asked_at": NOON,
    }
    return MrsProxyEvents(**{**usual, **changes})


def endpoint_answer(kind: EndpointKind = EndpointKind.ALIVE, **changes: Any) -> EndpointAnswer:
    """An answer of ex01's endpoint of this kind."""
    usual: dict[str, Any] = {
        "server": "ex01.contoso.com",
        "url": "https://ex01",
        "status": 200,
        "front_end": None,
        "detail": "",
        "question": "GET",
        "asked_at": NOON,
    }
    return EndpointAnswer(kind=kind, **{**usual, **changes})


def facts_of(
    directory: EwsDirectory | Missing | None = None,
    events: MrsProxyEvents | Missing | None = None,
    endpoint: EndpointAnswer | Missing | None = None,
) -> Facts:
    """What is known on the three subjects of KB 3063913; nothing of those that are left out."""
    found: dict[Subject[Any], object] = {EWS_DIRECTORY: directory, MRSPROXY_EVENTS: events, ENDPOINT_ANSWER: endpoint}
    return Facts({subject.name: fact for subject, fact in found.items() if fact is not None})


def wanted(servers: Iterable[Server], *subjects: Subject[Any]) -> list[tuple[Server, tuple[Subject[Any], ...]]]:
    """These subjects of each of the servers; those of KB 3063913 if none is named."""
    return [(server, subjects or KB3063913_SUBJECTS) for server in servers]


def verdict_of(conclusion: Conclusion, server: str = "ex01.contoso.com", **changes: Any) -> Verdict:
    """What KB 3063913 concludes about a server, with what its rule says."""
    rule = RULES[conclusion]
    usual: dict[str, Any] = {"standing": rule.standing, "next_step": rule.next_step, "remedy": rule.remedy}
    return Verdict(kb="KB3063913", server=server, verdict=conclusion.value, **{**usual, **changes})


def descriptions(run: Run) -> dict[str, str]:
    """What people read about each server: its worst verdict."""
    return {server.name: worst.description for server in run.servers if (worst := server.diagnosis)}
