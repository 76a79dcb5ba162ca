"""`junit.xml`: one suite a server, one case a control, in words that CI systems show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from moveready.findings.outcomes import PlainTest, Result
from moveready.reporting.junit import junit_xml

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def xml_of(run_of: Callable[..., Any]) -> Callable[..., ET.Element]:
    """The parsed `junit.xml` of these outcomes."""
    return lambda *outcomes, **given: ET.fromstring(junit_xml(run_of(*outcomes, **given)))


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


def test_case_names_control_and_server(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """GitLab drops a second case of the same name; Azure shows the name alone."""
    case = xml_of(outcome())[0][0]

    assert case.get("name") == "KB1-1 The flag is on [ex01.contoso.com]"
    assert case.get("classname") == "moveready.main.ex01.contoso.com"


def test_case_points_at_the_inventory(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """Annotations land where the operator edits."""
    case = xml_of(outcome())[0][0]

    assert (case.get("file"), case.get("line"), case.get("time")) == ("prod.yaml", "5", "0.5")


def test_failure_begins_with_one_sentence(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """GitLab shows the text only, others the message."""
    failure = xml_of(outcome(result=Result.FAILED))[0][0][0]

    assert (failure.tag, failure.get("message")) == ("failure", "It is off.")
    assert failure.text == "It is off.\nRepair: Set-X\nSource: https://kb"


def test_error_is_no_failure(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """What could not be evaluated stands apart."""
    assert xml_of(outcome(result=Result.ERROR))[0][0][0].tag == "error"


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
    """A test of the user's own is a plain case; errors, failures and skips are told."""
    results = ("passed", "failed", "error", "skipped")
    document = xml_of(plain=tuple(PlainTest(f"test_mine.py::test_{r}", r, "why", 0.1) for r in results))

    assert [(case.get("name"), [child.tag for child in case]) for case in document[0]] == [
        ("test_passed", []),
        ("test_failed", ["failure"]),
        ("test_error", ["error"]),
        ("test_skipped", ["skipped"]),
    ]


def test_repaired_control_passes_with_its_story(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element]) -> None:
    """One passing case; what the fixer did stands in its output."""
    case = xml_of(outcome(story=("set true", "iisreset")))[0][0]

    assert [(child.tag, child.text) for child in case] == [("system-out", "set true\niisreset")]


def test_server_without_outcomes_has_no_suite(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """A server that nothing was asked of is no empty suite."""
    run = replace(run_of(outcome(), outcome(server="ex02.contoso.com")), outcomes=(outcome(),))

    assert [suite.get("name") for suite in ET.fromstring(junit_xml(run))] == ["ex01.contoso.com"]


@pytest.mark.parametrize("text", ["\x00\x1b[31m", "\ud800", "\uffff", "<b>&amp;]]>"])
def test_any_text_is_well_formed(outcome: Callable[..., Any], xml_of: Callable[..., ET.Element], text: str) -> None:
    """What a server says may hold characters that XML does not allow."""
    document = xml_of(outcome(result=Result.FAILED, sentence=f"It says {text}"))

    assert document[0][0][0].get("message", "").startswith("It says ")


def test_incomplete_run_is_marked_in_every_suite(outcome: Callable[..., Any], run_of: Callable[..., Any]) -> None:
    """Consumers read suites one by one; properties stand before the cases, as the schema has it."""
    run = replace(
        run_of(outcome(), plain=(PlainTest("a.py::test", "passed", "", 0.0),)), complete=False, incomplete="why"
    )
    suites = ET.fromstring(junit_xml(run))

    assert [[(note.get("name"), note.get("value")) for note in suite[0]] for suite in suites] == [
        [("complete", "false"), ("incomplete", "why")]
    ] * 2
