"""`junit.xml` as each consumer reads it: its rules, from its own source or documentation, as plain functions.

No schema and no code of theirs is copied. Each section names what it was written from. One run has all that a file may
hold: every ending, waivers, a repair with its story, two servers of one short name, hostile text, plain tests.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml

from moveready.findings.outcomes import PlainTest, Result
from moveready.inventory import Waiver
from moveready.reporting.junit import junit_xml

if TYPE_CHECKING:
    from collections.abc import Callable

EX01, OTHER = "ex01.contoso.com", "ex01.fabrikam.com"
WAIVER = Waiver(control="KB1-4", servers=(EX01,), reason="It is replaced in May", until=date(2026, 5, 31))
TENTH = 500
"""Servers: a tenth of the largest organization that moveready is made for, as the file grows with their number."""


@pytest.fixture
def document(outcome: Callable[..., Any], run_of: Callable[..., Any], noon: datetime) -> bytes:
    """A `junit.xml` with everything."""
    asked = {"asked_at": noon + timedelta(seconds=4)}
    hostile = "<b>\u202e\x00]]>\nsecond line\t\"'&"
    story = ("[[ATTACHMENT|/etc/passwd]]", "[[[attachment|C:\\secret.txt]]", "[[\nATTACHMENT|x]]", "set true")
    run = run_of(
        outcome("KB1-1", **asked),
        outcome("KB1-2", Result.FAILED, sentence=hostile, **asked),
        outcome("KB1-3", Result.ERROR, seconds=0.00004),
        outcome("KB1-4", Result.WAIVED, sentence="It is off.", waiver=WAIVER),
        outcome("KB1-5", Result.FAILED, waiver=WAIVER, title="x" * 600),
        outcome("KB1-6", Result.ERROR, crash="KeyError"),
        outcome("KB1-7", story=story, title=" Two\n lines "),
        outcome(server=OTHER),
        plain=tuple(
            PlainTest(f"own/test_mine.py::{name}", result, "", 0.0000123)
            for name, result in (("test", "passed"), ("test", "failed"), ("y" * 600, "error"), (" z\n", "skipped"))
        ),
    )
    return junit_xml(replace(run, id="4711", complete=False, incomplete="it was interrupted"))


@pytest.fixture
def root(document: bytes) -> ET.Element:
    """The same, parsed."""
    return ET.fromstring(document)


def cases_of(root: ET.Element) -> list[ET.Element]:
    """All testcases, whatever their suite."""
    return list(root.iter("testcase"))


# Azure DevOps, PublishTestResults@2: the JUnit reader of microsoft/azure-pipelines-agent
# (src/Agent.Worker/TestResults/JunitResultReader.cs), and the task's page on learn.microsoft.com for its limits.


def azure_outcome(case: ET.Element) -> tuple[str, str | None, str | None]:
    """Outcome, error message and stack trace: the first of failure, error, skipped decides."""
    for tag, word in (("failure", "Failed"), ("error", "Failed"), ("skipped", "NotExecuted")):
        if (end := case.find(tag)) is not None:
            return word, end.get("message") or None, end.text if tag != "skipped" else None
    return "Passed", None, None


def test_azure_drops_no_case(root: ET.Element) -> None:
    """It takes none without a name, and none whose name has more than 512 characters."""
    assert all(0 < len(case.get("name", "")) <= 512 for case in cases_of(root))


def test_azure_shows_why(root: ET.Element) -> None:
    """The message of whatever did not pass, a waiver included; a finding has its text as the stack trace as well."""
    shown = {case.get("name", "").split()[0]: azure_outcome(case) for case in root[0].iter("testcase")}
    waived = "waived until 2026-05-31: It is replaced in May. The finding: It is off."

    assert shown["KB1-1"] == ("Passed", None, None)
    assert shown["KB1-2"][0] == shown["KB1-3"][0] == "Failed"
    assert shown["KB1-4"] == ("NotExecuted", waived, None)
    assert all(message for word, message, _ in shown.values() if word != "Passed")
    assert "Severity: high" in (shown["KB1-2"][2] or "")


def test_azure_knows_the_server_and_the_time(root: ET.Element) -> None:
    """`hostname` is its computer; it adds the durations to the earliest `timestamp`, and takes a bare one for UTC."""
    suites = {suite.get("hostname"): datetime.fromisoformat(suite.get("timestamp", "")) for suite in root}

    assert list(suites) == [EX01, OTHER, None]
    assert suites[EX01] == datetime(2026, 3, 2, 12, 0, 4, tzinfo=UTC)
    assert all(started.utcoffset() == timedelta(0) for started in suites.values())
    assert all(float(each.get("time", "")) >= 0 for each in (*root, *cases_of(root)))


# GitLab: its page "Unit test reports", lib/gitlab/ci/parsers/test/junit.rb and lib/gitlab/xml_converter.rb; the limit
# of elements is gitlab-org/gitlab#507482, the types are those of `Hash.from_xml` of Rails.

GITLAB_BYTES, GITLAB_ELEMENTS = 30 * 1024 * 1024, 250_000
RAILS_TYPES = frozenset(
    {"array", "base64Binary", "boolean", "date", "dateTime", "datetime", "decimal", "double", "duration", "file"}
    | {"float", "hexBinary", "integer", "string", "symbol", "yaml"}
)
PYTEST_TYPES = frozenset({"pytest.failed", "pytest.error", "pytest.skipped"})


def test_gitlab_keeps_all_cases(root: ET.Element) -> None:
    """Of two with the same class and name it keeps the first."""
    keys = Counter((case.get("classname"), case.get("name")) for case in cases_of(root))

    assert max(keys.values()) == 1


def test_gitlab_shows_the_text(root: ET.Element) -> None:
    """Not the message; and the text must be there, for an element without one is shown as its attributes."""
    ends = [end for case in cases_of(root) for end in case if end.tag != "system-out"]

    assert len(ends) == 8
    assert all((end.text or "").strip() for end in ends)
    assert (ends[2].text or "").splitlines()[0] == ends[2].get("message")


def test_gitlab_takes_no_type_for_a_ruby_type(root: ET.Element) -> None:
    """`type="yaml"` would be refused, and `type="date"` would turn the text into a date."""
    types = {end.get("type") for case in cases_of(root) for end in case if end.tag != "system-out"}

    assert types == {"KB1-2", "KB1-5", "not-evaluated", "moveready-failed", "waived", *PYTEST_TYPES}
    assert not types & RAILS_TYPES


@pytest.mark.parametrize("every", [80, 1], ids=["500 findings", "nothing answers"])
def test_gitlab_reads_a_large_fleet(outcome: Callable[..., Any], run_of: Callable[..., Any], every: int) -> None:
    """5,000 servers with eight controls each stay below both limits, even where not one of them can be reached."""
    result = Result.FAILED if every > 1 else Result.ERROR
    bad = {"result": result, "sentence": "It does not answer, and should. " * 5, "resolution": "Set-X $true\niisreset"}
    run = run_of(
        *(
            outcome(f"KB3063913-{control}", server=f"ex{server}.emea.contoso.com", **bad if number % every == 0 else {})
            for number, (server, control) in enumerate(product(range(TENTH), range(8)))
        )
    )
    found = junit_xml(replace(run, id="0" * 32))

    assert run.count(result) == TENTH * 8 // every
    assert len(found) < GITLAB_BYTES // 10
    assert sum(1 for _ in ET.fromstring(found).iter()) < GITLAB_ELEMENTS // 10


# Jenkins, step `junit`: SuiteResult.java and CaseResult.java of jenkinsci/junit-plugin.


def jenkins_class(case: ET.Element) -> tuple[str, str]:
    """Package and class: what stands before the last dot of `classname`, and what stands after it."""
    package, _, name = case.get("classname", "").rpartition(".")
    return package, name


def test_jenkins_sees_a_class_a_server(root: ET.Element) -> None:
    """In the package of its group; servers of one short name stay two, and a file of tests is no class `py`."""
    assert list(dict.fromkeys(map(jenkins_class, cases_of(root)))) == [
        ("moveready.main", "ex01_contoso_com"),
        ("moveready.main", "ex01_fabrikam_com"),
        ("moveready.tests.own", "test_mine"),
    ]


def test_jenkins_keeps_every_suite(root: ET.Element) -> None:
    """Of two that share name and timestamp it takes the second for a copy."""
    names = [suite.get("name") for suite in root]

    assert len(set(names)) == len(names) == 3
    assert all(suite.find("testcase") is not None and suite.get("time") for suite in root)


def test_jenkins_shows_a_waiver_as_skipped(root: ET.Element) -> None:
    """It is skipped, with the message; the text of an error is shown before that of a failure, so no case has both."""
    (waived,) = (case for case in cases_of(root) if case.get("name", "").startswith("KB1-4"))

    assert waived[0].get("message", "").startswith("waived until 2026-05-31")
    assert all(len([end for end in case if end.tag != "system-out"]) <= 1 for case in cases_of(root))


# Jenkins, xUnit plugin: junit-10.xsd of jenkinsci/xunit-plugin, which refuses a file with anything else in it.

XUNIT_TIME = re.compile(r"\d*(\.\d*)?")
XUNIT: dict[str, set[str]] = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "time", "classname"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set(),
}
OURS = {("testsuites", "skipped"), ("testcase", "file"), ("testcase", "line")}
"""What that schema forbids and other consumers read; see the docstring of the module."""


def test_xunit_schema_is_left_in_known_places_only(root: ET.Element) -> None:
    """No other attribute, no element of another kind, and no properties but those of a suite."""
    extra = {(element.tag, name) for element in root.iter() for name in set(element.keys()) - XUNIT[element.tag]}

    assert extra == OURS
    assert all(case.find("properties") is None for case in cases_of(root))
    assert all(XUNIT_TIME.fullmatch(each.get("time", "-")) for each in root.iter() if each.tag.startswith("testsuite"))


# GitHub, EnricoMi/publish-unit-test-result-action: python/publish/junit.py, which reads with junitparser.


def test_enricomi_annotates_the_line_of_the_inventory(document: bytes) -> None:
    """It takes `file` and `line` of the case; of one without a line, the file."""
    found = JUnitXml.fromstring(document)
    places = [(case._elem.get("file"), case._elem.get("line")) for suite in found for case in suite]

    assert Counter(places) == {("prod.yaml", "5"): 7, ("prod.yaml", "6"): 1, ("own/test_mine.py", None): 4}


def test_enricomi_counts_errors_apart(document: bytes) -> None:
    """`fail_on: errors` asks for them; it sums the counts of the suites, and each case agrees with them."""
    found = JUnitXml.fromstring(document)
    ends = Counter(type(end).__name__ for suite in found for case in suite for end in case.result)
    counts = {name: sum(getattr(suite, name) for suite in found) for name in ("failures", "errors", "skipped", "tests")}

    assert ends == {"Failure": 3, "Error": 3, "Skipped": 2}
    assert counts == {"failures": 3, "errors": 3, "skipped": 2, "tests": 12}


# GitHub, dorny/test-reporter, reporter `java-junit`: src/parsers/java-junit/java-junit-parser.ts.


def test_dorny_reads_every_suite(root: ET.Element) -> None:
    """It trims the name of each suite and case, which must be there, and groups the cases of a suite by class."""
    assert all(each.get("name", "").strip() == each.get("name") for each in (*root, *cases_of(root)))
    assert [len({case.get("classname") for case in suite.iter("testcase")}) for suite in root] == [1, 1, 1]


# All of them that publish files which a test names in its output: Azure DevOps (agents from sprint 229 on), GitLab
# (ATTACHMENT_TAG_REGEX of its parser) and the JUnit Attachments plugin of Jenkins.


def test_no_output_names_a_file_to_publish(root: ET.Element) -> None:
    """A server that could write the mark would have the agent publish one of its own files."""
    output = "\n".join(root.itertext())

    assert "set true" in output
    assert not re.search(r"\[\[\s*ATTACHMENT", output, re.IGNORECASE)
