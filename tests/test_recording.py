"""How a test ended becomes an outcome; reports become a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.controls import Control, Severity
from moveready.cost import Cost
from moveready.diagnosis import Diagnosis, Verdict, diagnosis_of
from moveready.errors import InternalError, UnreachableError
from moveready.evidence import EwsDirectory, Facts, Subject
from moveready.inventory import Inventory, Organization, Phase
from moveready.outcomes import Outcome, Result
from moveready.recording import (
    ATTRIBUTE,
    Carried,
    Judged,
    Recorder,
    outcome_of,
    pack,
    text_of,
    unpack,
)
from moveready.selection import CheckPlace, SelectedControl, Selection

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

REFUSED = UnreachableError("ex01.contoso.com", "Exchange endpoint", "refused", "Look.")
FLAG = frozenset({Subject.DIRECTORY})
PLACE = CheckPlace("checks/test_kb.py", "test_flag")


def control_with(resolution: str = "", id: str = "KB3063913-1") -> Control:  # noqa: A002 - the field's own word
    """A control of this KB, or of another."""
    return Control(id, "Title", Severity.HIGH, "Cause", resolution, None, "https://kb", tuple(Phase))


@pytest.fixture
def facts(noon: datetime) -> Facts:
    """The flag is off; nothing else was asked."""
    return Facts(EwsDirectory("ex01.contoso.com", r"EX01\EWS", False, "15.2", "Get-X", noon))


@pytest.fixture
def judge(server_named: Callable[..., Any], facts: Facts) -> Callable[..., Outcome]:
    """The outcome of a control whose test ended with this error."""

    def build(
        error: BaseException | None,
        resolution: str = "",
        known: Facts = facts,
        control: str = "KB3063913-1",
        **changes: Any,
    ) -> Outcome:
        judged = Judged(
            control_with(resolution, control), server_named(**changes), error, 0.12345, "/somewhere/test_own.py"
        )
        return outcome_of(judged, known, FLAG)

    return build


def test_no_error_is_passed(judge: Callable[..., Outcome]) -> None:
    """There is nothing to say about it."""
    outcome = judge(None)

    assert (outcome.result, outcome.sentence, outcome.resolution) == (Result.PASSED, "", "")


def test_broken_rule_is_failed(judge: Callable[..., Outcome]) -> None:
    """The check's sentence counts, without pytest's explanation of the comparison."""
    outcome = judge(AssertionError("It is off.\nassert False == True\n + where"))

    assert (outcome.result, outcome.sentence) == (Result.FAILED, "It is off.")


def test_missing_evidence_is_an_error(judge: Callable[..., Outcome]) -> None:
    """Never a failure; it tells the server, the channel, what happened and what to do."""
    outcome = judge(REFUSED, known=Facts(REFUSED))

    assert (outcome.result, outcome.resolution) == (Result.ERROR, "")
    assert outcome.sentence == "ex01.contoso.com, Exchange endpoint: refused. Look."


def test_check_that_breaks_is_an_error(judge: Callable[..., Outcome]) -> None:
    """A fault of the check is no finding about the server, and none of moveready; no name of Python is told."""
    outcome = judge(KeyError("x"))

    assert (outcome.result, outcome.crash) == (Result.ERROR, "")
    assert outcome.sentence == (
        "the check itself failed (test_own.py); this says nothing about the server. Correct the check."
    )


def test_failure_of_our_own_is_told_as_ours(judge: Callable[..., Outcome]) -> None:
    """Where code of moveready raised it; the sentence is for people, the rest for whoever repairs it."""
    outcome = judge(InternalError("ex01.contoso.com", "KeyError: 'x' at fleet.py:9 in wait"))

    assert (outcome.result, outcome.crash) == (Result.ERROR, "KeyError: 'x' at fleet.py:9 in wait")
    assert "KeyError" not in outcome.sentence
    assert outcome.sentence.startswith("ex01.contoso.com: moveready itself failed here")


def test_failure_in_our_code_is_ours(judge: Callable[..., Outcome]) -> None:
    """Whatever our code raises that it does not account for."""
    with pytest.raises(AttributeError) as raised:
        diagnosis_of(None, Facts())  # type: ignore[arg-type] # wrong on purpose
    outcome = judge(raised.value)

    assert outcome.crash.startswith("AttributeError: ")
    assert "diagnosis.py:" in outcome.crash


def test_own_resolution_stands_where_the_diagnosis_has_no_commands(judge: Callable[..., Outcome]) -> None:
    """Half the evidence gives no diagnosis."""
    assert judge(AssertionError("Off."), "Set {netbios}").resolution == "Set EX01"


def test_commands_of_the_diagnosis_come_first(judge: Callable[..., Outcome], facts: Facts, noon: datetime) -> None:
    """The whole picture of the server knows better than one control."""
    opened = Facts(EwsDirectory("ex01.contoso.com", r"EX01\EWS", True, "15.2", "Get-X", noon))

    assert "$false" in judge(AssertionError("On."), "Set it", opened, phase=Phase.IDLE).resolution


@pytest.mark.parametrize("control", ["KB1-1", "CONTOSO-1", "KB30639131-1", "KB3063913-house-1"])
@pytest.mark.parametrize("own", ["", "Ask the owner."])
def test_commands_of_the_kb_never_stand_under_another_control(
    judge: Callable[..., Outcome], noon: datetime, control: str, own: str
) -> None:
    """`iisreset` as advice on a finding that has nothing to do with MRSProxy would be an outage by our word."""
    opened = Facts(EwsDirectory("ex01.contoso.com", r"EX01\\EWS", True, "15.2", "Get-X", noon))

    assert judge(AssertionError("Bad."), own, opened, control, phase=Phase.IDLE).resolution == own


def test_evidence_is_what_the_check_asked_for(judge: Callable[..., Outcome], facts: Facts) -> None:
    """Of the other subjects nothing is kept beside this control."""
    evidence = judge(None).evidence

    assert (evidence.directory, evidence.events, evidence.endpoint) == (facts.directory, None, None)


def test_no_evidence_is_kept_where_there_was_none(judge: Callable[..., Outcome]) -> None:
    """The sentence tells why."""
    assert judge(REFUSED, known=Facts(REFUSED)).evidence.directory is None


def test_text_of_a_finding(judge: Callable[..., Outcome]) -> None:
    """Sentence, commands one below the other, source."""
    text = text_of(judge(AssertionError("It is off."), "first\nsecond"))

    assert text == "It is off.\nRepair: first\n        second\nSource: https://kb"


def test_text_of_an_error_names_no_repair(judge: Callable[..., Outcome]) -> None:
    """Nothing is known to be broken."""
    assert "Repair" not in text_of(judge(REFUSED))


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
    return Recorder(Inventory(organization, servers, (Path("prod.yaml"),), "0"), "prod.yaml", "0.1.0")


def test_carried_outcomes_are_collected(
    recorder: Recorder, judge: Callable[..., Outcome], server_named: Callable[..., Any], facts: Facts
) -> None:
    """In the inventory's order, with the diagnosis of their server."""
    for name in ("ex02.contoso.com", "ex01.contoso.com"):
        carried = Carried(judge(None, name=name), diagnosis_of(server_named(name), facts), PLACE)
        recorder.record(report(**{ATTRIBUTE: carried}))
    run = recorder.run()

    assert [outcome.server for outcome in run.outcomes] == ["ex01.contoso.com", "ex02.contoso.com"]
    assert run.servers[0].diagnosis is not None
    assert (run.servers[0].site, run.servers[0].group, run.servers[0].line) == ("Frankfurt", "main", 7)


def test_what_is_carried_crosses_as_plain_data(judge: Callable[..., Outcome], server_named: Any, facts: Facts) -> None:
    """As JSON could carry it, and equal on the other side; a report without it is left alone."""
    carried = Carried(judge(None), diagnosis_of(server_named(), facts), PLACE)
    given, plain = report(**{ATTRIBUTE: carried}), report()
    for each in (given, plain):
        data = dict(vars(each))
        pack(data)
        vars(each).update(json.loads(json.dumps({name: data[name] for name in (ATTRIBUTE,) if name in data})))
        unpack(each)

    assert getattr(given, ATTRIBUTE) == carried
    assert not hasattr(plain, ATTRIBUTE)


def test_carried_outcome_is_taken_off_the_report(
    recorder: Recorder, judge: Callable[..., Outcome], server_named: Any, facts: Facts
) -> None:
    """As it was before it crossed; a thousand reports that live to the end shall not hold it too."""
    outcome = judge(None)
    given = report(**{ATTRIBUTE: Carried(outcome, diagnosis_of(server_named(), facts), PLACE)})
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
    diagnosis = diagnosis_of(server_named(), facts)
    found, repaired = judge(AssertionError("Off.")), replace(judge(None), story=("set",))
    for outcome in (found, repaired):
        recorder.record(report(**{ATTRIBUTE: Carried(outcome, diagnosis, PLACE)}))
    run = recorder.run()

    assert (run.outcomes, run.before_fix) == ((repaired,), (found,))
    assert (recorder.check_of(found.control), recorder.nodeid_of(found)) == (PLACE, "test_x.py::test_y")


@pytest.fixture
def expecting(server_named: Callable[..., Any]) -> Recorder:
    """A recorder that waits for two controls of ex01."""
    inventory = Inventory(Organization("contoso", ()), (server_named(),), (Path("prod.yaml"),), "0")
    recorder = Recorder(inventory, "prod.yaml", "0.1.0")
    controls = [replace(control_with(), id=id) for id in ("KB1-1", "KB1-2")]  # noqa: A001 - what the field calls it
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
    ready = Diagnosis("ex01.contoso.com", Verdict.READY, "", "", "", has_commands=False)

    def record(control: str) -> None:
        given = report(**{ATTRIBUTE: Carried(replace(judge(None), control=control), ready, PLACE)})
        given.nodeid = control
        expecting.record(given)

    return record


def test_server_that_was_judged_in_part_is_not_ready(expecting: Recorder, passes: Callable[[str], None]) -> None:
    """Whatever its facts say."""
    passes("KB1-1")
    expecting.end("stopped")
    run = expecting.run()

    assert [server.diagnosis.told for server in run.servers if server.diagnosis] == ["not diagnosed (incomplete)"]
    assert run.incomplete == "stopped: 1 of 2 checks were not judged"


def test_run_whose_controls_were_all_judged_is_complete(expecting: Recorder, passes: Callable[[str], None]) -> None:
    """However it ended."""
    passes("KB1-1")
    passes("KB1-2")
    expecting.end("stopped")
    run = expecting.run()

    assert (run.complete, run.incomplete) == (True, "")
    assert [server.diagnosis.told for server in run.servers if server.diagnosis] == ["ready"]
