"""`junit.xml` of a `Run`: one testsuite a server, one testcase a control. Pure.

The dialect is what Azure DevOps, GitLab, Jenkins and GitHub read in common; `tests/reporting/test_junit_consumers.py`
holds it against the rules of each. It is rendered from the run, so it is the same with and without pytest-xdist.

- A finding is a `<failure>`, what could not be evaluated an `<error>`, a waived finding a `<skipped>` with its reason.
  The text of each begins with one human sentence, because GitLab shows the text alone.
- `type` is what to group by: the id of the control, `waived`, `unlisted`, `not-evaluated` or `moveready-failed`.
- `classname` is `moveready.<group>.<server>` with `_` for the dots of the server. Jenkins takes what stands before the
  last dot for the package, so every server of contoso.com would be the class `com`. A host name has no `_`, so two
  servers never share a class.
- `time` is how long the questions of the control took, `timestamp` when the server was first asked: in UTC with the
  offset, as pytest writes it since 8.3 (pytest-dev/pytest#7662). Azure DevOps reads it with and without an offset, to
  the schema of Jenkins' xUnit plugin it is any text.
- Only a testsuite has properties. At a testcase that schema forbids them (HypothesisWorks/hypothesis#1935), Jenkins
  choked on them in a job of 50,000 tests (jenkinsci/junit-plugin#541), and they would be 80,000 more of the 250,000
  elements that some releases of GitLab read (gitlab-org/gitlab#507482). So the severity of each finding is the property
  `severity.<control>` of its server, and a line of its text.
- A server that Exchange has and the inventory has not is a testcase of the suite `inventory`: skipped, as nothing was
  checked on it, and a `<failure>` with `--fail-on-unlisted`.
- `file` and `line` point at the server's line in the inventory, as annotations on GitHub need them. The schema of the
  xUnit plugin forbids these, too (jenkinsci/xunit-plugin#81): in Jenkins the step `junit` reads this file.
- `[[ATTACHMENT|path]]` in an output makes Azure DevOps and Jenkins publish a file of the agent. What a server says
  must not choose that file, so the mark is broken up.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from datetime import UTC
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from junitparser import Attr, Error, Failure, IntAttr, JUnitXml, Skipped, TestCase, TestSuite

from moveready.cleaning import cleaned
from moveready.findings.judging import text_of, waived_sentence
from moveready.findings.outcomes import Result
from moveready.findings.standing import standings_of, worst_standing
from moveready.reporting.words import NOBODY_KNOWS, UNLISTED_SENTENCE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from moveready.findings.outcomes import CheckedServer, Outcome, PlainTest, Run
    from moveready.findings.standing import ServerStanding

    CaseEnd = Failure | Error | Skipped

LONGEST_NAME = 500
"""Characters. Azure DevOps takes 512; the others are for the number of a name that comes twice."""
LONGEST_MESSAGE = 1000
"""Characters of a `message`. The text beside it is whole."""
NOT_EVALUATED = "not-evaluated"
OWN_FAULT = "moveready-failed"
WAIVED = "waived"
UNLISTED = "unlisted"
_IN_INVENTORY = " is in the inventory"
_PLAIN_ENDS: dict[str, type[CaseEnd]] = {"failed": Failure, "error": Error, "skipped": Skipped, "xfailed": Skipped}
_ATTACHMENT = re.compile(r"\[(?=\[\s*ATTACHMENT)", re.IGNORECASE)


class _Case(TestCase):
    """A testcase that says where to look."""

    file = Attr()
    line = IntAttr()


def junit_xml(run: Run) -> bytes:
    """The bytes of a `junit.xml`, in the inventory's order."""
    document = JUnitXml("moveready")
    first_asked = _first_asked(run)
    for checked in standings_of(run):
        # `add_testsuite` would compare it with every suite before it.
        document.append(_server_suite(run, checked, first_asked.get(checked.server.name, run.started_at)))  # type: ignore[no-untyped-call] # not typed throughout
    others = {"inventory": _unlisted_cases(run), "tests": list(map(_plain_case, run.plain_tests))}
    for name, cases in others.items():
        if cases:
            document.append(_suite(name, run.started_at, _run_properties(run), _distinct(cases)))  # type: ignore[no-untyped-call] # as above
    document.update_statistics()  # type: ignore[no-untyped-call] # as above
    paper = BytesIO()
    ET.indent(document._elem)  # noqa: SLF001 - its own `pretty` builds a second tree, of minidom
    document.write(paper)
    return paper.getvalue()


def _first_asked(run: Run) -> dict[str, datetime]:
    """When each server was asked for the first time; what the fixer found before it repaired anything counts, too."""
    first: dict[str, datetime] = {}
    for outcome in (*run.outcomes, *run.before_fix):
        if outcome.asked_at is not None:
            first[outcome.server] = min(outcome.asked_at, first.get(outcome.server, outcome.asked_at))
    return first


def _server_suite(run: Run, checked: ServerStanding, asked_at: datetime) -> TestSuite:
    server = checked.server
    properties = _run_properties(run) | _server_properties(checked)
    suite = _suite(server.name, asked_at, properties, (_case_of(outcome, server) for outcome in checked.outcomes))
    suite.hostname = _line_of(server.name)
    return suite


def _suite(name: str, started_at: datetime, properties: dict[str, str], cases: Iterable[_Case]) -> TestSuite:
    """A suite; a property without a value is left out, and all of them stand before the cases, as schemas have it."""
    suite = TestSuite(_line_of(name))
    suite.timestamp = started_at.astimezone(UTC).isoformat(timespec="seconds")
    for key, value in properties.items():
        if value:
            suite.add_property(key, _line_of(value))
    # `add_testcase` would count all of them again with each; the document counts them in the end.
    suite.extend(cases)  # type: ignore[no-untyped-call] # as above
    return suite


def _run_properties(run: Run) -> dict[str, str]:
    """Of a run that was not judged to its end each suite says so first, because consumers read suites one by one."""
    incomplete = {} if run.complete else {"complete": "false", "incomplete": run.incomplete}
    return {**incomplete, "run": run.id}


def _server_properties(checked: ServerStanding) -> dict[str, str]:
    """`severity` is the worst of its findings that nobody waived; each finding has its own beside it."""
    server, findings = checked.server, checked.having(Result.FAILED)
    return {
        "certificate": "" if server.verified else "NOT verified",
        "group": server.group or "",
        "site": server.site or "",
        "pool": server.pool or "",
        "phase": server.phase,
        "standing": checked.standing.value,
        "verdict": _verdict_of(checked),
        "severity": findings[0].severity.value if findings else "",
        **{
            f"severity.{_line_of(outcome.control)}": outcome.severity.value
            for outcome in checked.outcomes
            if outcome.result in {Result.FAILED, Result.WAIVED}
        },
    }


def _verdict_of(checked: ServerStanding) -> str:
    """The worst verdict; where a finding outside of every KB is worse still, what the server is for that."""
    verdict = checked.server.diagnosis
    if verdict is None or worst_standing([verdict.standing, checked.standing]) is not verdict.standing:
        return checked.standing.value
    return verdict.description


def _case_of(outcome: Outcome, server: CheckedServer) -> _Case:
    classname = f"moveready.{server.group or 'servers'}.{server.name.replace('.', '_')}"
    case = _Case(_name_of(outcome), _line_of(classname))
    case.time = round(outcome.seconds, 3)
    case.file, case.line = cleaned(server.file), server.line
    if end := _end_of(outcome):
        case.result = [end]
    if outcome.story:
        case.system_out = _ATTACHMENT.sub("[ ", cleaned("\n".join(outcome.story)))
    return case


def _name_of(outcome: Outcome) -> str:
    """Control, title and server; a title that is too long loses its end, for the others make the name unique."""
    control, title, server = _line_of(outcome.control), _line_of(outcome.title), f"[{_line_of(outcome.server)}]"
    return f"{control} {_shortened(title, LONGEST_NAME - len(control) - len(server) - 2)} {server}"


def _end_of(outcome: Outcome) -> CaseEnd | None:
    """How the case ends; None where it passed."""
    match outcome.result:
        case Result.PASSED:
            return None
        case Result.FAILED:
            return _case_end(Failure, outcome.control, outcome.sentence, _text_of(outcome, _finding_of(outcome)))
        case Result.WAIVED:
            sentence = waived_sentence(outcome)
            return _case_end(Skipped, WAIVED, sentence, _text_of(outcome, sentence))
        case _:
            kind = OWN_FAULT if outcome.crash else NOT_EVALUATED
            return _case_end(Error, kind, outcome.sentence, _text_of(outcome, outcome.sentence))


def _finding_of(outcome: Outcome) -> str:
    """The finding, and on a second line the waiver that covers it no more."""
    waiver = outcome.waiver
    if waiver is None:
        return outcome.sentence
    place = f" ({waiver.file}:{waiver.line})" if waiver.file else ""
    return f"{outcome.sentence}\nThe waiver of {waiver.control} has expired on {waiver.until}{place}: {waiver.reason}"


def _text_of(outcome: Outcome, sentence: str) -> str:
    return f"{text_of(replace(outcome, sentence=sentence))}\nSeverity: {outcome.severity.value}"


def _case_end(kind: type[CaseEnd], group: str, message: str, text: str) -> CaseEnd:
    """`group` is the `type`. An element without a text of its own would show its attributes in GitLab."""
    end = kind(_shortened(cleaned(message), LONGEST_MESSAGE), _line_of(group))
    end.text = cleaned(text) or group
    return end


def _unlisted_cases(run: Run) -> list[_Case]:
    """A case for each server that the inventory has not; one error where that must be known and is not."""
    if run.unlisted_findings is None:
        return [_inventory_case("every server", _case_end(Error, NOT_EVALUATED, NOBODY_KNOWS, NOBODY_KNOWS))]
    kind = Failure if run.scope.fail_on_unlisted else Skipped
    end = functools.partial(_case_end, kind, UNLISTED, UNLISTED_SENTENCE, UNLISTED_SENTENCE)
    return [_inventory_case(name, end()) for name in run.unlisted or ()]


def _inventory_case(name: str, end: CaseEnd) -> _Case:
    shown = _shortened(_line_of(name), LONGEST_NAME - len(_IN_INVENTORY))
    case = _Case(f"{shown}{_IN_INVENTORY}", "moveready.inventory")
    case.result = [end]
    return case


def _plain_case(test: PlainTest) -> _Case:
    """A test of the user's own; its file is the class and its folders are the package, without a dot inside a name."""
    file, _, name = test.nodeid.partition("::")
    folders = file.removesuffix(".py").replace(".", "_").replace("/", ".")
    case = _Case(
        _shortened(_line_of(name or file), LONGEST_NAME) or "unnamed",
        _line_of(f"moveready.tests.{folders}".rstrip(".")),
    )
    case.time = round(test.seconds, 3)
    if file:
        case.file = cleaned(file)
    if kind := _PLAIN_ENDS.get(test.result):
        case.result = [_case_end(kind, f"pytest.{test.result}", test.sentence, test.sentence)]
    return case


def _distinct(cases: Iterable[_Case]) -> Iterable[_Case]:
    """Give a case that is called as one before it a number: GitLab would leave it out."""
    taken: set[tuple[str, str]] = set()
    for case in cases:
        name, number = case.name, 1
        while (case.classname, case.name) in taken:
            number += 1
            case.name = f"{name} ({number})"
        taken.add((case.classname, case.name))
        yield case


def _line_of(text: str) -> str:
    """The text on one line, as names and properties need it."""
    return " ".join(cleaned(text).split())


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: max(longest - 1, 0)]}…"
