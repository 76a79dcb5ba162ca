"""`junit.xml` of a `Run`: one testsuite a server, one testcase a control. Pure.

The dialect is what Azure DevOps, GitLab, Jenkins and GitHub read in common: names hold control and server, the text
of a failure begins with one human sentence (GitLab shows the text only), `file` and `line` point at the server's line
in the inventory. Rendered from the run, so it is the same with and without pytest-xdist.
"""

from __future__ import annotations

from datetime import UTC
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from junitparser import Attr, Error, Failure, IntAttr, JUnitXml, Skipped, TestCase, TestSuite

from moveready.cleaning import cleaned
from moveready.findings.judging import text_of
from moveready.findings.outcomes import Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moveready.findings.outcomes import CheckedServer, Outcome, PlainTest, Run

Told = Failure | Error | Skipped


class _Case(TestCase):
    """A testcase that says where to look."""

    file = Attr()
    line = IntAttr()


def junit_xml(run: Run) -> bytes:
    """The bytes of a `junit.xml`, in the inventory's order."""
    document = JUnitXml("moveready")
    outcomes_of = run.by_server()
    for server in run.servers:
        if outcomes := outcomes_of.get(server.name):
            # `add_testsuite` would compare it with every suite before it.
            cases = [_case_of(outcome, server) for outcome in outcomes]
            document.append(_suite(run, server.name, cases, server.name))  # type: ignore[no-untyped-call] # not typed throughout
    if run.plain_tests:
        document.append(_suite(run, "tests", map(_plain_case, run.plain_tests)))  # type: ignore[no-untyped-call] # as above
    document.update_statistics()  # type: ignore[no-untyped-call] # as above
    paper = BytesIO()
    ET.indent(document._elem)  # noqa: SLF001 - its own `pretty` builds a second tree, of minidom
    document.write(paper)
    return paper.getvalue()


def _suite(run: Run, name: str, cases: Iterable[_Case], hostname: str | None = None) -> TestSuite:
    """A suite; of a run that was not judged to its end each says so, as consumers read suites one by one."""
    suite = TestSuite(name)
    suite.timestamp = run.started_at.astimezone(UTC).isoformat(timespec="seconds")
    if not run.complete:
        suite.add_property("complete", "false")
        suite.add_property("incomplete", cleaned(run.incomplete))
    if hostname:
        suite.hostname = hostname
    for case in cases:
        suite.add_testcase(case)
    suite.update_statistics()  # type: ignore[no-untyped-call] # as above
    return suite


def _case_of(outcome: Outcome, server: CheckedServer) -> _Case:
    case = _Case(
        f"{outcome.control} {outcome.title} [{outcome.server}]",
        f"moveready.{server.group or 'servers'}.{server.name}",
    )
    case.time = outcome.seconds
    case.file, case.line = server.file, server.line
    if outcome.result is not Result.PASSED:
        kind = Failure if outcome.result is Result.FAILED else Error
        case.result = [_told(kind, outcome.sentence, text_of(outcome))]
    if outcome.story:
        case.system_out = cleaned("\n".join(outcome.story))
    return case


def _plain_case(test: PlainTest) -> _Case:
    file, _, name = test.nodeid.partition("::")
    case = _Case(name or file, f"moveready.tests.{file}")
    case.time = test.seconds
    kinds: dict[str, type[Told]] = {"failed": Failure, "error": Error, "skipped": Skipped, "xfailed": Skipped}
    if test.result in kinds:
        case.result = [_told(kinds[test.result], test.sentence, test.sentence)]
    return case


def _told(kind: type[Told], sentence: str, text: str) -> Told:
    told = kind(cleaned(sentence))
    told.text = cleaned(text)
    return told
