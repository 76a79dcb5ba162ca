"""No change of one character hides an event 1309, and what is read of an event is what it says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from moveready.errors import EvidenceError
from moveready.evidence.questions import CmdletAnswer, RemoteError
from moveready.kb.kb3063913.events import MrsProxyEvents, read_events
from moveready.lab.clixml import rendered
from moveready.lab.events import MRSPROXY_IS_OFF, WebFault, WebRequest, ordinary_record, record_xml, web_error_record
from tests.builders import NOON
from tests.fuzzing.changes import BUDGETS, changes_of_part, cuts, edited_texts, edited_trees, single_changes
from tests.fuzzing.plain_reading import LITERAL, event_in, moment_in, properties_in, string_in

if TYPE_CHECKING:
    from tests.fuzzing.changes import Budget

DAY = timedelta(hours=24)
NONE_FOUND = RemoteError("No events were found", "NoMatchingEventsFound,GetWinEventCommand")
OWN_MARK = "?moveready=5f0c9a1e"


def ago(hours: float) -> str:
    """A time as CLIXML writes it."""
    return f"{NOON - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.%f}0+00:00"


def event(hours: float = 1, path: str = "/EWS/mrsproxy.svc", process: int = 4728) -> str:
    """The XML of an event 1309, as the lab writes it: synthetic."""
    request = WebRequest(f"https://ex01.contoso.com:443{path}", "CONTOSO\\svc", "10.0.0.7")
    fault = WebFault("ex01.contoso.com", process, *MRSPROXY_IS_OFF, request)
    record = web_error_record(4711, NOON - timedelta(hours=hours), "ASP.NET 4.0.30319.0", fault)
    return record_xml(record, "ex01.contoso.com")


def worker(hours: float = 2) -> str:
    """A worker process as `Select-Object` gives it."""
    return (
        f'<Obj RefId="0"><MS><U32 N="ProcessId">4728</U32><DT N="CreationDate">{ago(hours)}</DT>'
        '<S N="CSName">EX01</S></MS></Obj>'
    )


EVENT = event()
OLDEST = rendered(record_xml(ordinary_record(1, NOON - timedelta(hours=72), "ex01.contoso.com"), "ex01.contoso.com"))


def read(*events: str, workers: str = worker(), oldest: str = OLDEST) -> MrsProxyEvents | None:
    """What is read of these answers; None for an error. Anything else that is raised fails the test."""
    try:
        return read_events(answer(workers), answer(*events), answer(oldest), DAY)
    except EvidenceError:
        return None


def answer(*objects: str) -> CmdletAnswer:
    """What a pipeline gave."""
    return CmdletAnswer("ex01.contoso.com", "Get-X", objects, () if objects else (NONE_FOUND,), NOON)


def must_be_what_it_says(wire: str) -> None:
    """Compare what is read of an event with a plain reading of it."""
    found = read(wire)
    if found is None:
        return
    said = event_in(string_in(wire))
    counts = said.says_disabled and not said.is_ours
    is_new = said.recorded_at >= NOON - timedelta(hours=2)

    assert bool(found.live) == (counts and is_new)
    assert said.computer.lower() in {"ex01", "ex01.contoso.com"}
    for seen in (*found.live, *found.past, *found.own):
        assert seen.recorded_at == said.recorded_at


@BUDGETS
@pytest.mark.parametrize(
    ("path", "started", "wire"),
    [
        ("/EWS/mrsproxy.svc", 2, False),
        ("/EWS/mrsproxy.svc", 2, True),
        ("/EWS/mrsproxy.svc", 48, False),
        ("/EWS/Exchange.asmx", 2, False),
    ],
)
def test_no_change_of_one_character_hides_an_event(budget: Budget, path: str, started: float, wire: bool) -> None:
    """The finding stays, or it is an error; of an event with the words of the article, whatever was asked for."""
    xml = event(path=path)
    changes = budget.of(single_changes(rendered(xml) if wire else xml))
    read_so = [read(changed if wire else rendered(changed), workers=worker(started)) for changed in changes]

    assert any(read_so)
    assert [found for found in read_so if found is not None and not found.live] == []


@pytest.mark.parametrize(("path", "started"), [("/EWS/mrsproxy.svc", 48), ("/EWS/Exchange.asmx", 2)])
@pytest.mark.parametrize(
    "part", [LITERAL, "2026-03-02T11:00:00.000000000Z", ">1309<", "ASP.NET 4.0.30319.0", ">HttpException<", "ex01.c"]
)
def test_no_change_of_what_it_is_known_by_hides_an_event(path: str, started: float, part: str) -> None:
    """Its words, its time, its source, its computer: each change of each of them."""
    changes = changes_of_part(event(path=path), part)
    read_so = [read(rendered(changed), workers=worker(started)) for changed in changes]

    assert [found for found in read_so if found is not None and not found.live] == []


@pytest.mark.parametrize("part", ["4728", ago(2), '"CreationDate"', ">EX01<"])
def test_no_change_of_what_the_worker_is_known_by_hides_an_event(part: str) -> None:
    """Its process id, its start, its computer."""
    read_so = [read(rendered(EVENT), workers=changed) for changed in changes_of_part(worker(), part, "0123456789Z-")]

    assert [found for found in read_so if found is not None and not found.live] == []


@BUDGETS
def test_no_change_of_the_worker_hides_an_event(budget: Budget) -> None:
    """Its start and its process id prove the same, so one of them cannot be changed alone."""
    read_so = [read(rendered(EVENT), workers=changed) for changed in budget.of(single_changes(worker()))]

    assert any(read_so)
    assert [found for found in read_so if found is not None and not found.live] == []


@BUDGETS
def test_start_and_oldest_record_are_what_they_say(budget: Budget) -> None:
    """Or an error: a pass rests on both."""
    for changed in budget.of(single_changes(worker())):
        if found := read(workers=changed):
            assert found.worker_started_at == moment_in(properties_in(changed)["creationdate"][1])
    for changed in budget.of(single_changes(OLDEST)):
        if found := read(oldest=changed):
            assert found.oldest_record_at == event_in(string_in(changed)).recorded_at <= NOON - timedelta(hours=2)


@BUDGETS
@pytest.mark.parametrize("xml", [EVENT, event(path=f"/EWS/mrsproxy.svc{OWN_MARK}"), event(3, process=4712)])
def test_an_event_is_what_it_says(budget: Budget, xml: str) -> None:
    """After any edits of its text and of its tree, inside the string of CLIXML and outside of it."""
    budget.explore(
        edited_texts(rendered(xml)) | edited_texts(xml).map(rendered) | edited_trees(xml).map(rendered),
        must_be_what_it_says,
    )


@BUDGETS
def test_what_is_cut_is_an_error(budget: Budget) -> None:
    """At any character, in each of the three answers."""
    assert [found for cut in budget.of(cuts(EVENT)) if (found := read(rendered(cut)))] == []
    assert [found for cut in budget.of(cuts(rendered(EVENT))) if (found := read(cut))] == []
    assert [found for cut in budget.of(cuts(worker())) if (found := read(workers=cut))] == []
    assert [found for cut in budget.of(cuts(OLDEST)) if (found := read(oldest=cut))] == []


@BUDGETS
def test_any_text_is_an_error(budget: Budget) -> None:
    """Never something else that is raised."""

    def is_an_error(text: str) -> None:
        assert read(text) is None
        assert read(rendered(text)) is None
        assert read(workers=text) is None
        assert read(oldest=text) is None

    budget.explore(st.text(max_size=40), is_an_error)
