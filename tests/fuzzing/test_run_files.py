"""A `run.json` that is read says what stands in it, and judging it again raises no error but ours."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from moveready.errors import DeadlineError, EvidenceError, InternalError, RunFileError
from moveready.evidence import EWS_DIRECTORY, declared
from moveready.findings.controls import Severity
from moveready.findings.outcomes import (
    CheckedServer,
    MissingFact,
    Outcome,
    Result,
    Run,
    RunScope,
    WaiverState,
    WaiverUse,
)
from moveready.findings.replaying import inventory_of, recorded_collector
from moveready.findings.run_file import json_from, read_run
from moveready.inventory import Waiver
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS
from moveready.kb.kb3063913.events import MrsProxyEvent
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.builders import NOON, endpoint_answer, ews_directory, mrsproxy_events, verdict_of
from tests.fuzzing.changes import BUDGETS, Budget, cuts, edited_json, edited_texts, single_changes
from tests.fuzzing.plain_reading import must_say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST, SECOND = "ex01.contoso.com", "ex02.contoso.com"
WAIVER = Waiver(control="KB3063913-1", servers=(FIRST,), reason="old", until=date(2026, 12, 31))


def outcome(control: str, evidence: dict[str, Any], server: str = FIRST, **changes: Any) -> Outcome:
    """A finding of this control."""
    usual: dict[str, Any] = {"result": Result.FAILED, "sentence": "It is off.", "asked_at": NOON}
    return Outcome(
        control=control,
        title="T",
        severity=Severity.HIGH,
        source="S",
        server=server,
        resolution="Set-X",
        evidence=evidence,
        seconds=0.5,
        **{**usual, **changes},
    )


def recorded_run() -> Run:
    """Two servers with evidence of each kind, one of them with a fact that is missing."""
    events = mrsproxy_events(live=(MrsProxyEvent(NOON, "MRS proxy service is disabled"),))
    missing = {"ews_directory": MissingFact("DeadlineError", (SECOND, "Exchange", "too late", "Ask again."))}
    outcomes = (
        outcome("KB3063913-1", {"ews_directory": ews_directory(enabled=False)}, result=Result.WAIVED, waiver=WAIVER),
        outcome("KB3063913-2", {"mrsproxy_events": events}),
        outcome("KB3063913-3", {"endpoint_answer": endpoint_answer(logged_in=True, front_end="EX01")}),
        outcome("KB3063913-1", {}, SECOND, result=Result.ERROR, missing=missing),
    )
    servers = tuple(
        CheckedServer(name, "g", "s", "p", "moving", True, "prod.yaml", 3, (verdict_of(Conclusion.DISABLED, name),))
        for name in (FIRST, SECOND)
    )
    uses = (WaiverUse(WAIVER, WaiverState.ACTIVE),)
    return Run(
        "contoso",
        "prod.yaml",
        NOON,
        NOON + timedelta(seconds=9),
        servers,
        outcomes,
        complete=False,
        incomplete="it was stopped",
        waivers=uses,
        scope=RunScope(fail_on_unlisted=True),
        unlisted=("ex09.contoso.com",),
    )


RUN = recorded_run()
TEXT = json_from(RUN).decode()
DATA: Any = json.loads(TEXT)
SHORT = json.dumps(DATA)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Run | None]:
    """The run of a text; None for an error."""
    file = tmp_path / "run.json"

    def read_text(text: str) -> Run | None:
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            return read_run(file)
        except RunFileError as error:
            assert str(error).isprintable()
            return None

    return read_text


def must_be_judged(run: Run) -> None:
    """Ask the record for everything that can be asked of it."""
    collector = recorded_collector(run)
    for server in inventory_of(run).servers:
        for subject in declared():
            try:
                evidence: Any = collector.evidence_of(subject, server)
            except (EvidenceError, InternalError) as error:
                assert str(error)
            else:
                assert evidence.server == server.name


def must_be_what_it_says(read: Callable[[str], Run | None], text: str) -> None:
    """Compare what is read with the plain JSON."""
    if (run := read(text)) is not None:
        must_say(json.loads(json_from(run)), json.loads(text))
        must_be_judged(run)


def test_the_record_is_whole(read: Callable[[str], Run | None]) -> None:
    """What is changed below is read, and each kind of evidence is in it."""
    run = read(TEXT)
    assert run is not None
    collector, servers = recorded_collector(run), inventory_of(run).servers

    assert collector.evidence_of(EWS_DIRECTORY, servers[0]).mrsproxy_enabled is False
    assert collector.evidence_of(MRSPROXY_EVENTS, servers[0]).live
    assert collector.evidence_of(ENDPOINT_ANSWER, servers[0]).lets_moves_in
    with pytest.raises(DeadlineError):
        collector.evidence_of(EWS_DIRECTORY, servers[1])


@BUDGETS
def test_no_change_of_one_character_is_misread(budget: Budget, read: Callable[[str], Run | None]) -> None:
    """A key that nobody knows, or another type, is an error; no result, no flag and no event becomes another."""
    for changed in budget.of(single_changes(SHORT, '0"')):
        must_be_what_it_says(read, changed)
        if run := read(changed):
            known = [one.evidence["ews_directory"] for one in run.outcomes if "ews_directory" in one.evidence]
            assert [one.result for one in run.outcomes] == [one.result for one in RUN.outcomes]
            assert not any(directory.get("mrsproxy_enabled") for directory in known)
            assert not run.complete


@BUDGETS
def test_what_is_cut_is_an_error(budget: Budget, read: Callable[[str], Run | None]) -> None:
    """At any character."""
    assert [cut for cut in budget.of(cuts(SHORT)) if read(cut)] == []


@BUDGETS
def test_an_edited_run_is_what_it_says(budget: Budget, read: Callable[[str], Run | None]) -> None:
    """After any edits of its text and of its data."""
    budget.explore(edited_json(DATA) | edited_texts(SHORT), partial(must_be_what_it_says, read))


@BUDGETS
def test_any_text_is_an_error(budget: Budget, read: Callable[[str], Run | None]) -> None:
    """Never something else that is raised."""

    def is_an_error(text: str) -> None:
        assert read(text) is None

    budget.explore(st.text(max_size=40) | st.integers(1, 3000).map(lambda depth: "[" * depth), is_an_error)
