"""`junit.xml`: one suite a server, one case a control, in words that CI systems show.

What each consumer makes of it is in `test_junit_consumers.py`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moveready.cleaning import cleaned
from moveready.findings.controls import Severity
from moveready.findings.outcomes import PlainTest, Result, Run, RunScope, plain_from, value_from
from moveready.inventory import Waiver
from moveready.kb.kb3063913.verdicts import Conclusion
from moveready.reporting.junit import LONGEST_MESSAGE, junit_xml
from moveready.reporting.words import NOBODY_KNOWS, UNLISTED_SENTENCE
from tests.builders import verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable

WAIVER = Waiver(
    control="KB1-1",
    servers=("ex01.contoso.com",),
    reason="It is replaced in May",
    until=date(2026, 5, 31),
    ticket="CHG-7",
    approved_by="Ada",
    file="waivers.yaml",
    line=3,
)
WAIVED = {"result": Result.WAIVED, "sentence": "It is off.", "resolution": "Set-X", "waiver": WAIVER}


@pytest.fixture
def xml_of(run_of: Callable[..., Any]) -> Callable[..., ET.Element]:
    """The parsed `junit.xml` of these outcomes."""
    return lambda *outcomes, **given: ET.fromstring(junit_xml(run_of(*outcomes, **given)))


def properties_of(suite: ET.Element) -> dict[str, str]:
    """By name, in their order."""
    return {note.get("name", ""): note.get("value", "") for note in suite.iterfind("properties/property")}


def test_server_is_a_suite(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """With its own host name, in the inventory's order."""
    document = xml_of(outcome(), outcome(server="ex02.contoso.com"))

    assert [suite.get("hostname") for suite in document] == ["ex01.contoso.com", "ex02.contoso.com"]


def test_suite_tells_when_it_was_run(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """In UTC, whatever zone the run's own time is told in; plain tests as well."""
    plain = (PlainTest("test_mine.py::test_own", "passed", "", 0.1),)
    run = run_of(outcome(), plain=plain)
    in_tokyo = run.started_at.astimezone(timezone(timedelta(hours=9)))
    document = ET.fromstring(junit_xml(replace(run, started_at=in_tokyo)))

    assert [suite.get("timestamp") for suite in document] == ["2026-03-02T12:00:00+00:00"] * 2


def test_suite_has_the_time_of_its_first_question(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Of its own server, and before the fixer, where that asked again; a server that nobody asked has the run's."""
    late = datetime(2026, 3, 2, 12, 5, tzinfo=UTC)
    run = run_of(
        outcome("KB1-1", asked_at=late + timedelta(minutes=2)),
        outcome("KB1-2", asked_at=late),
        outcome("KB1-3", asked_at=late + timedelta(minutes=3)),
        outcome(server="ex02.contoso.com", asked_at=late),
        outcome(server="ex03.contoso.com"),
    )
    found_before = outcome(server="ex02.contoso.com", asked_at=late - timedelta(minutes=4))
    document = ET.fromstring(junit_xml(replace(run, before_fix=(found_before,))))

    assert [suite.get("timestamp", "")[11:19] for suite in document] == ["12:05:00", "12:01:00", "12:00:00"]


def test_times_are_those_of_the_questions(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """Of a case, and of a suite and the document their sum; no more than milliseconds, and no exponent."""
    document = xml_of(
        outcome("KB1-1", seconds=0.1),
        outcome("KB1-2", seconds=0.2),
        outcome("KB1-3", seconds=0.00002),
        plain=(PlainTest("a.py::test", "passed", "", 0.00002),),
    )

    assert [case.get("time") for case in document.iter("testcase")] == ["0.1", "0.2", "0.0", "0.0"]
    assert [each.get("time") for each in (document, *document)] == ["0.3", "0.3", "0.0"]


def test_case_names_control_and_server(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """GitLab drops a second case of the same name; Azure shows the name alone."""
    case = xml_of(outcome()).find("*/testcase")
    assert case is not None

    assert case.get("name") == "KB1-1 The flag is on [ex01.contoso.com]"
    assert case.get("classname") == "moveready.main.ex01_contoso_com"


def test_long_title_leaves_control_and_server_whole(
    outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]
) -> None:
    """They make the name unique."""
    (case,) = xml_of(outcome(title="x" * 600)).iter("testcase")
    name = case.get("name", "")

    assert name.startswith("KB1-1 xxx")
    assert name.endswith("xxx… [ex01.contoso.com]")
    assert len(name) == 500


def test_case_points_at_the_inventory(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """Annotations land where the operator edits."""
    (case,) = xml_of(outcome()).iter("testcase")

    assert (case.get("file"), case.get("line"), case.get("time")) == ("prod.yaml", "5", "0.5")


def test_failure_begins_with_one_sentence(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """GitLab shows the text only, others the message; the type is what to group by."""
    (failure,) = xml_of(outcome(result=Result.FAILED)).iter("failure")

    assert (failure.get("message"), failure.get("type")) == ("It is off.", "KB1-1")
    assert failure.text == "It is off.\nRepair: Set-X\nSource: https://kb\nSeverity: high"


def test_long_message_is_cut_and_its_text_is_not(
    outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]
) -> None:
    """A server may say a lot, and says it once."""
    (failure,) = xml_of(outcome(result=Result.FAILED, sentence="y" * 10_000)).iter("failure")

    assert failure.get("message") == "y" * (LONGEST_MESSAGE - 1) + "…"
    assert (failure.text or "").splitlines()[0] == "y" * 10_000


@pytest.mark.parametrize(
    ("crash", "kind"), [("", "not-evaluated"), ("KeyError: 'x' at a.py:1", "moveready-failed")], ids=["server", "own"]
)
def test_error_is_no_failure(
    outcome: Callable[..., Any], xml_of: Callable[..., ET.Element], crash: str, kind: str
) -> None:
    """What could not be evaluated stands apart, and what moveready itself did wrong from that."""
    (error,) = xml_of(outcome(result=Result.ERROR, crash=crash)).iter("error")

    assert (error.get("message"), error.get("type")) == ("It is off.", kind)
    assert error.text == "It is off.\nSource: https://kb\nSeverity: high"


def test_waived_finding_is_skipped_with_its_reason(
    outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]
) -> None:
    """In the message and in the text, and the finding after it; it counts as skipped."""
    document = xml_of(outcome(**WAIVED))
    (skipped,) = document.iter("skipped")
    sentence = "waived until 2026-05-31: It is replaced in May, CHG-7, by Ada. The finding: It is off."

    assert (skipped.get("message"), skipped.get("type")) == (sentence, "waived")
    assert skipped.text == f"{sentence}\nRepair: Set-X\nSource: https://kb\nSeverity: high"
    assert [(suite.get("skipped"), suite.get("failures")) for suite in (document, document[0])] == [("1", "0")] * 2


def test_finding_of_an_expired_waiver_says_so(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """It is a failure again, and whoever reads it learns why it comes back."""
    (failure,) = xml_of(outcome(**WAIVED | {"result": Result.FAILED})).iter("failure")

    assert failure.get("message") == "It is off."
    assert (failure.text or "").splitlines()[:3] == [
        "It is off.",
        "The waiver of KB1-1 has expired on 2026-05-31 (waivers.yaml:3): It is replaced in May",
        "Repair: Set-X",
    ]


def test_suite_has_what_the_server_is(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """And the severity of each finding; of all of them, the worst that nobody waived."""
    run = run_of(
        outcome("KB1-1", **WAIVED | {"severity": Severity.CRITICAL}),
        outcome("KB1-2", Result.FAILED, severity=Severity.LOW),
        outcome("KB1-3", Result.FAILED, severity=Severity.MEDIUM),
        outcome("KB1-4", Result.ERROR),
        outcome("KB1-5"),
    )
    (server,) = run.servers
    run = replace(run, id="4711", servers=(replace(server, pool="mail.contoso.com"),))
    (suite,) = ET.fromstring(junit_xml(run))

    assert properties_of(suite) == {
        "run": "4711",
        "group": "main",
        "site": "Frankfurt",
        "pool": "mail.contoso.com",
        "phase": "moving",
        "standing": "not ready",
        "verdict": "stale (a note)",
        "severity": "medium",
        "severity.KB1-1": "critical",
        "severity.KB1-2": "low",
        "severity.KB1-3": "medium",
    }


def test_what_a_server_has_not_is_no_property(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """No empty values."""
    run = run_of(outcome())
    (server,) = run.servers
    (suite,) = ET.fromstring(junit_xml(replace(run, servers=(replace(server, group=None, site=None),))))

    assert list(properties_of(suite)) == ["phase", "standing", "verdict"]


def test_server_with_a_waived_finding_is_never_ready(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Neither its standing nor its verdict, even where the KBs find nothing."""
    ready = verdict_of(Conclusion.READY)
    run = run_of(outcome("CONTOSO-1", **WAIVED))
    (server,) = run.servers
    run = replace(run, servers=(replace(server, verdicts=(ready,), diagnosis=None),))
    (suite,) = ET.fromstring(junit_xml(run))

    assert [properties_of(suite)[name] for name in ("standing", "verdict")] == ["not ready"] * 2


def test_suites_are_counted(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """Tests, failures and errors, per server and in all."""
    document = xml_of(
        outcome("KB1-1", Result.FAILED), outcome("KB1-2", Result.ERROR), outcome(server="ex02.contoso.com")
    )

    assert [(suite.get("tests"), suite.get("failures"), suite.get("errors")) for suite in (document, *document)] == [
        ("3", "1", "1"),
        ("2", "1", "1"),
        ("1", "0", "0"),
    ]


def test_plain_tests_have_their_own_suite(xml_of: Callable[..., ET.Element]) -> None:
    """A test of the user's own is a plain case; errors, failures and skips keep their kind."""
    results = ("passed", "failed", "error", "skipped", "xfailed")
    document = xml_of(plain=tuple(PlainTest(f"own/test_mine.py::test_{r}", r, "why", 0.1) for r in results))
    cases = list(document.iter("testcase"))

    assert [(case.get("name"), [(end.tag, end.get("type"), end.text) for end in case]) for case in cases] == [
        ("test_passed", []),
        ("test_failed", [("failure", "pytest.failed", "why")]),
        ("test_error", [("error", "pytest.error", "why")]),
        ("test_skipped", [("skipped", "pytest.skipped", "why")]),
        ("test_xfailed", [("skipped", "pytest.xfailed", "why")]),
    ]
    assert {(case.get("classname"), case.get("file"), case.get("line")) for case in cases} == {
        ("moveready.tests.own.test_mine", "own/test_mine.py", None)
    }


@pytest.mark.parametrize(("counts", "end"), [(False, "skipped"), (True, "failure")])
def test_server_that_the_inventory_has_not_is_a_case(
    outcome: Callable[..., Any], run_of: Callable[..., Any], counts: bool, end: str
) -> None:
    """Skipped, as nobody has looked at it; a failure where it is to be one."""
    run = replace(run_of(outcome()), unlisted=("ex09.contoso.com",), scope=RunScope(fail_on_unlisted=counts))
    suite = ET.fromstring(junit_xml(run))[1]
    (case,) = suite.iterfind("testcase")
    (found,) = case

    assert (suite.get("name"), case.get("name")) == ("inventory", "ex09.contoso.com is in the inventory")
    assert (found.tag, found.get("type"), found.get("message")) == (end, "unlisted", UNLISTED_SENTENCE)


def test_servers_that_exchange_did_not_name_are_an_error_where_they_count(
    outcome: Callable[..., Any], run_of: Callable[..., Any]
) -> None:
    """Unknown is no pass."""
    run = replace(run_of(outcome()), unlisted=None)
    counting = ET.fromstring(junit_xml(replace(run, scope=RunScope(fail_on_unlisted=True))))

    assert [found.get("message") for found in counting.iter("error")] == [NOBODY_KNOWS]
    assert len(ET.fromstring(junit_xml(run))) == 1


def test_two_plain_tests_of_one_name_get_a_number(xml_of: Callable[..., ET.Element]) -> None:
    """One that a worker took with it may have been run again."""
    twice = PlainTest("test_a.py::test", "passed", "", 0.0)
    cases = xml_of(plain=(twice, replace(twice, nodeid="test_a.py::test (2)"), twice)).iter("testcase")

    assert [case.get("name") for case in cases] == ["test", "test (2)", "test (3)"]


def test_plain_test_without_a_name_has_one(xml_of: Callable[..., ET.Element]) -> None:
    """Azure DevOps leaves out a case without."""
    cases = xml_of(plain=(PlainTest("test_a.py", "error", "", 0.0), PlainTest("", "error", "", 0.0))).iter("testcase")

    assert [(case.get("name"), case.get("classname"), case[0].text) for case in cases] == [
        ("test_a.py", "moveready.tests.test_a", "pytest.error"),
        ("unnamed", "moveready.tests", "pytest.error"),
    ]


def test_repaired_control_passes_with_its_story(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """One passing case; what the fixer did stands in its output."""
    (case,) = xml_of(outcome(story=("set true", "iisreset"))).iter("testcase")

    assert [(child.tag, child.text) for child in case] == [("system-out", "set true\niisreset")]


def test_server_without_outcomes_has_no_suite(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """A server that nothing was asked of is no empty suite."""
    run = replace(run_of(outcome(), outcome(server="ex02.contoso.com")), outcomes=(outcome(),))

    assert [suite.get("name") for suite in ET.fromstring(junit_xml(run))] == ["ex01.contoso.com"]


def test_incomplete_run_is_marked_in_every_suite(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Before all else, as consumers read suites one by one; properties stand before the cases, as the schema has it."""
    run = run_of(outcome(), plain=(PlainTest("a.py::test", "passed", "", 0.0),))
    document = ET.fromstring(junit_xml(replace(run, complete=False, incomplete="why", id="4711")))

    assert [[child.tag for child in suite] for suite in document] == [["properties", "testcase"]] * 2
    assert [list(properties_of(suite).items())[:3] for suite in document] == [
        [("complete", "false"), ("incomplete", "why"), ("run", "4711")]
    ] * 2


def test_server_that_anybody_may_have_answered_for_says_so(
    outcome: Callable[..., Any], run_of: Callable[..., Any]
) -> None:
    """In a property of its suite, which no other server has."""
    made = [ET.fromstring(junit_xml(run_of(outcome(), verified=verified))) for verified in (True, False)]

    assert [properties_of(document[0]).get("certificate") for document in made] == [None, "NOT verified"]


@pytest.mark.parametrize("text", ["\x00\x1b[31m", "\ud800", "\uffff", "<b>&amp;]]>", "\u202e", "\x85"])
def test_any_text_is_well_formed(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element], text: str) -> None:
    """What a server says may hold characters that XML does not allow, or that people cannot see."""
    (failure,) = xml_of(outcome(result=Result.FAILED, sentence=f"It says {text}")).iter("failure")

    assert failure.get("message") == f"It says {cleaned(text)}"


HOSTILE = st.text(st.characters(exclude_categories=()) | st.sampled_from("\x00\r\n\t\ud800\ufffe\u202e<&\"']]>"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE, seconds=st.floats(0, 1e6))
def test_hostile_text_survives_in_every_place(
    outcome: Callable[..., Any], run_of: Callable[..., Any], text: str, seconds: float
) -> None:
    """Read back it is the cleaned text, its lines included: a bare line feed in an attribute would become a space."""
    given_ = {"sentence": f"a{text}z", "resolution": text, "title": text, "story": (f"a{text}z",), "seconds": seconds}
    waived = {"result": Result.WAIVED, "waiver": replace(WAIVER, reason=text, ticket=text)}
    run = run_of(
        outcome("KB1-1", Result.FAILED, **given_),
        outcome("KB1-2", Result.ERROR, **given_),
        outcome("KB1-3", **given_, **waived),
        plain=(PlainTest(f"a.py::t{text}", "failed", text, seconds), PlainTest(text, "error", text, seconds)),
    )
    (server,) = run.servers
    run = replace(run, complete=False, incomplete=text, id=text, servers=(replace(server, site=text, file=text),))
    document = ET.fromstring(junit_xml(run))
    cases = list(document.iter("testcase"))

    assert [case[0].get("message") for case in cases[:2]] == [cleaned(f"a{text}z")] * 2
    assert [case.findtext("system-out") for case in cases[:3]] == [cleaned(f"a{text}z")] * 3
    assert [case.get("file") for case in cases[:3]] == [cleaned(text)] * 3
    assert [case[0].tag for case in cases] == ["failure", "error", "skipped", "failure", "error"]


def test_run_that_travelled_makes_the_same_file(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """As plain data, the way outcomes come from a worker and out of a `run.json`; and nothing of the clock is in it."""
    run = run_of(outcome(), outcome("KB1-2", Result.FAILED), outcome("KB1-3", **WAIVED))

    assert junit_xml(value_from(plain_from(run), Run)) == junit_xml(run)
