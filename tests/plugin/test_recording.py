"""How a test ended becomes an outcome; reports become a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import UnreachableError
from moveready.evidence.cost import Cost
from moveready.findings.controls import Control, Severity
from moveready.findings.outcomes import Outcome, Result, RunScope
from moveready.inventory import Inventory, Organization, Phase
from moveready.kb.kb3063913 import KB
from moveready.kb.kb3063913.verdicts import Conclusion
from moveready.plugin.recording import (
    ATTRIBUTE,
    Payload,
    Recorder,
    RunStart,
    pack,
    unpack,
)
from moveready.plugin.selection import CheckPlace, SelectedControl, Selection
from tests.builders import NOON, descriptions, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.evidence import Facts

REFUSED = UnreachableError("ex01.contoso.com", "Exchange endpoint", "refused", "Look.")
SCOPE = RunScope(limit="ex0*")
START = RunStart(path="prod.yaml", version="0.1.0", id="r1", started_at=NOON, waived_at=NOON, scope=SCOPE)
PLACE = CheckPlace("checks/test_kb.py", "test_flag")


def report(*, when: Any = "call", outcome: Any = "passed", **given: Any) -> Any:
    """A report of pytest."""
    longrepr = given.pop("longrepr", None)
    return pytest.TestReport(
        "test_x.py::test_y", ("test_x.py", 1, "test_y"), {}, outcome, longrepr, when, duration=0.25, **given
    )


@pytest.fixture
def recorder(server_named: Callable[..., Any]) -> Recorder:
    """A recorder of an inventory of two servers."""
    servers = (server_named(site="Frankfurt", group="main"), server_named("ex02.contoso.com"))
    organization = Organization("contoso", ())
    return Recorder(Inventory(organization, servers, (Path("prod.yaml"),), "0"), START)


def test_carried_outcomes_are_collected(
    recorder: Recorder, judge: Callable[..., Outcome], server_named: Callable[..., Any], facts: Facts
) -> None:
    """In the inventory's order, with the diagnosis of their server."""
    for name in ("ex02.contoso.com", "ex01.contoso.com"):
        carried = Payload(judge(None, name=name), KB.verdict_on(server_named(name), facts), PLACE)
        recorder.record(report(**{ATTRIBUTE: carried}))
    run = recorder.run()

    assert [outcome.server for outcome in run.outcomes] == ["ex01.contoso.com", "ex02.contoso.com"]
    assert [verdict.verdict for verdict in run.servers[0].verdicts] == ["not diagnosed"]
    assert (run.servers[0].site, run.servers[0].group, run.servers[0].line) == ("Frankfurt", "main", 7)


def test_what_is_carried_crosses_as_plain_data(judge: Callable[..., Outcome], server_named: Any, facts: Facts) -> None:
    """As JSON could carry it, and equal on the other side; a report without it is left alone."""
    carried = Payload(judge(None), KB.verdict_on(server_named(), facts), PLACE)
    given, plain = report(**{ATTRIBUTE: carried}), report()
    for each in (given, plain):
        data = dict(vars(each))
        pack(data)
        vars(each).update(json.loads(json.dumps({name: data[name] for name in (ATTRIBUTE,) if name in data})))
        unpack(each)

    arrived = getattr(given, ATTRIBUTE)
    assert arrived == replace(carried, outcome=replace(carried.outcome, evidence=arrived.outcome.evidence))
    assert arrived.outcome.evidence["ews_directory"]["mrsproxy_enabled"] is False
    assert not hasattr(plain, ATTRIBUTE)


def test_carried_outcome_is_taken_off_the_report(
    recorder: Recorder, judge: Callable[..., Outcome], server_named: Any, facts: Facts
) -> None:
    """As it was before it crossed; a thousand reports that live to the end shall not hold it too."""
    outcome = judge(None)
    given = report(**{ATTRIBUTE: Payload(outcome, KB.verdict_on(server_named(), facts), PLACE)})
    recorder.record(given)

    assert recorder.outcome_at(given.nodeid) == outcome
    assert not hasattr(given, ATTRIBUTE)
    assert recorder.outcome_at("test_x.py::test_plain") is None


@pytest.mark.parametrize(
    ("when", "outcome", "result"),
    [
        ("call", "passed", "passed"),
        ("call", "failed", "failed"),
        ("setup", "failed", "error"),
        ("setup", "skipped", "skipped"),
    ],
)
def test_plain_tests_are_recorded(recorder: Recorder, when: str, outcome: str, result: str) -> None:
    """A test of the user's own is in the run, too."""
    recorder.record(report(when=when, outcome=outcome, longrepr="boom\nlast line"))

    assert [test.result for test in recorder.run().plain_tests] == [result]


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_phases_that_decide_nothing_are_not_recorded(recorder: Recorder, when: str) -> None:
    """A test counts once."""
    recorder.record(report(when=when))

    assert recorder.run().plain_tests == ()


def test_failing_plain_test_keeps_its_last_line(recorder: Recorder) -> None:
    """What a person needs to find it."""
    recorder.record(report(outcome="failed", longrepr="boom\nlast line"))

    assert recorder.run().plain_tests[0].sentence == "last line"


def test_costs_of_workers_add_up(recorder: Recorder) -> None:
    """By server, sorted by name."""
    recorder.add_costs({"ex02.contoso.com": Cost(requests=1), "ex01.contoso.com": Cost(requests=2)})
    recorder.add_costs({"ex02.contoso.com": Cost(requests=3)})

    assert recorder.run().costs == {"ex01.contoso.com": Cost(requests=2), "ex02.contoso.com": Cost(requests=4)}


def test_repaired_outcome_keeps_the_finding(
    recorder: Recorder, judge: Callable[..., Outcome], server_named: Any, facts: Facts
) -> None:
    """The check can be called again, and what it found first is not lost."""
    diagnosis = KB.verdict_on(server_named(), facts)
    found, repaired = judge(AssertionError("Off.")), replace(judge(None), story=("set",))
    for outcome in (found, repaired):
        recorder.record(report(**{ATTRIBUTE: Payload(outcome, diagnosis, PLACE)}))
    run = recorder.run()

    assert (run.outcomes, run.before_fix) == ((repaired,), (found,))
    assert (recorder.check_of(found.control), recorder.nodeid_of(found)) == (PLACE, "test_x.py::test_y")


@pytest.fixture
def expecting(server_named: Callable[..., Any]) -> Recorder:
    """A recorder that waits for two controls of ex01."""
    inventory = Inventory(Organization("contoso", ()), (server_named(),), (Path("prod.yaml"),), "0")
    recorder = Recorder(inventory, START)
    controls = [
        Control(name, "Title", Severity.HIGH, "Cause", "", None, "https://kb", tuple(Phase))
        for name in ("KB1-1", "KB1-2")
    ]
    selected = [SelectedControl(each, PLACE, {each.id: "ex01.contoso.com"}) for each in controls]
    recorder.expect(Selection(tuple(selected)))
    return recorder


def test_what_was_not_judged_is_an_error(expecting: Recorder) -> None:
    """With the reason, and the run is not complete."""
    expecting.lose("KB1-2", "its worker process died")
    expecting.end("stopped")
    run = expecting.run()

    assert [(outcome.result, outcome.sentence) for outcome in run.outcomes] == [
        (Result.ERROR, "not run: stopped. Run the checks again."),
        (Result.ERROR, "its worker process died. Run the checks again."),
    ]
    assert (run.complete, run.incomplete) == (False, "stopped: 2 of 2 checks were not judged")


@pytest.fixture
def passes(expecting: Recorder, judge: Callable[..., Outcome]) -> Callable[[str], None]:
    """Record that a control passed, and that its server is ready."""
    ready = verdict_of(Conclusion.READY)

    def record(control: str) -> None:
        given = report(**{ATTRIBUTE: Payload(replace(judge(None), control=control), ready, PLACE)})
        given.nodeid = control
        expecting.record(given)

    return record


def test_server_that_was_judged_in_part_is_not_ready(expecting: Recorder, passes: Callable[[str], None]) -> None:
    """Whatever its facts say."""
    passes("KB1-1")
    expecting.end("stopped")
    run = expecting.run()

    assert list(descriptions(run).values()) == ["not diagnosed (incomplete)"]
    assert run.incomplete == "stopped: 1 of 2 checks were not judged"


def test_run_whose_controls_were_all_judged_is_complete(expecting: Recorder, passes: Callable[[str], None]) -> None:
    """However it ended."""
    passes("KB1-1")
    passes("KB1-2")
    expecting.end("stopped")
    run = expecting.run()

    assert (run.complete, run.incomplete) == (True, "")
    assert list(descriptions(run).values()) == ["ready"]


def test_run_says_what_it_was_asked_to_do(recorder: Recorder, judge: Callable[..., Outcome]) -> None:
    """Its id, its limit, when it started."""
    recorder.record(report(**{ATTRIBUTE: Payload(judge(None), None, PLACE)}))
    run = recorder.run()

    assert (run.id, run.scope.limit, run.started_at, run.unlisted) == ("r1", "ex0*", NOON, None)


def test_servers_that_the_inventory_lacks_are_known(recorder: Recorder) -> None:
    """Of all that Exchange has named, here and in the workers."""
    recorder.add_seen({"ex01.contoso.com", "ex09.contoso.com"})
    recorder.add_seen(["ex08.contoso.com"])

    assert recorder.run().unlisted == ("ex08.contoso.com", "ex09.contoso.com")
