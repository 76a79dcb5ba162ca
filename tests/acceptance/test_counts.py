"""Terminal, page, JUnit and `run.json` count alike, and as pytest does."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from moveready.findings.outcomes import Run

OWN = """
import pytest
from moveready.findings.controls import control
from moveready.inventory import Server

def described(id):
    return control(id, title="T", severity="low", cause="C", source="https://intranet")

@pytest.fixture
def broken():
    raise KeyError("x")

@pytest.fixture
def wrong():
    assert False, "the fixture's own"

@pytest.fixture
def untidy():
    yield
    assert False, "not tidied up"

@described("OWN-1")
def test_check_breaks(server): {}[1]

@described("OWN-2")
def test_fixture_breaks(server, broken): pass

@described("OWN-3")
def test_fixture_asserts(server, wrong): pass

@described("OWN-4")
def test_teardown_breaks(server, untidy): pass

@described("OWN-5")
def test_fails_in_words(server): pytest.fail("it is not so")

@described("OWN-6")
@pytest.mark.xfail(strict=True)
def test_passes_against_expectation(server): pass

@described("OWN-7")
@pytest.mark.xfail
def test_fails_as_expected(server): assert False

@described("OWN-8")
@pytest.mark.skip(reason="not now")
def test_skipped(server): pass

def test_plain_passes(server: Server): pass

def test_plain_fails(server: Server): assert False

def test_plain_setup_breaks(server: Server, broken): pass

def test_plain_teardown_breaks(server: Server, untidy): pass

@pytest.mark.xfail
def test_plain_fails_as_expected(server: Server): assert False

@pytest.mark.xfail(strict=False)
def test_plain_passes_against_expectation(server: Server): pass

@pytest.mark.skip
def test_plain_skipped(server: Server): pass
"""
LABELS = {
    "Failed": "failed",
    "Passed": "passed",
    "Skipped": "skipped",
    "Expected failures": "xfailed",
    "Unexpected passes": "xpassed",
    "Errors": "error",
}


def of_pytest(result: pytest.RunResult) -> dict[str, int]:
    """Its own last line."""
    words = {"errors": "error"}
    counted = result.parseoutcomes()
    return {words.get(word, word): number for word, number in counted.items() if word not in {"deselected", "warnings"}}


def of_terminal(result: pytest.RunResult) -> dict[str, int]:
    """Our two lines below the table."""
    lines = [line for line in result.outlines if re.match(r"\d+ (controls on|other test)", line)]
    found = [(word, int(number)) for line in lines for number, word in re.findall(r"(\d+) (\w+)(?:,|$)", line)]
    total: Counter[str] = Counter()
    for word, number in found:
        total[word] += number
    return dict(+total)


def of_page(page: str) -> dict[str, int]:
    """The counters on top of pytest-html's list."""
    found = re.findall(rf"(\d+) ({'|'.join(LABELS)})", unescape(page))
    return {LABELS[label]: int(number) for number, label in found if int(number)}


def of_run(run: Run) -> dict[str, int]:
    """Outcomes and plain tests."""
    counted = Counter(outcome.result.value for outcome in run.outcomes)
    return dict(counted + Counter(test.result for test in run.plain_tests))


def assert_alike(result: pytest.RunResult, reports: Path, run: Run) -> None:
    """Each of the five against pytest's own."""
    expected = of_pytest(result)
    junit = ET.parse(reports / "junit.xml").getroot()

    assert of_terminal(result) == expected
    assert of_page((reports / "report.html").read_text(encoding="utf-8")) == expected
    assert of_run(run) == expected
    assert {name: int(junit.get(name, "")) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": sum(expected.values()),
        "failures": expected["failed"],
        "errors": expected["error"],
        "skipped": expected.get("skipped", 0) + expected.get("xfailed", 0),
    }


def test_everything_counts_alike(
    run_checks: Callable[..., pytest.RunResult],
    pytester: pytest.Pytester,
    last_run: Callable[[], Run],
    workers: tuple[str, ...],
) -> None:
    """Checks that pass, fail, cannot be evaluated, break, and all that a test of the user's own may end with."""
    pytester.makepyfile(test_own=OWN)
    result = run_checks("--pyargs", "moveready.checks.test_kb3063913_mrsproxy_disabled", "test_own.py", *workers)

    assert of_pytest(result)["error"] > 5
    assert_alike(result, pytester.path / "reports", last_run())


def test_file_that_cannot_be_collected_counts(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, last_run: Callable[[], Run]
) -> None:
    """Where pytest goes on without it."""
    pytester.makepyfile(test_own="def test_own(): assert False", test_broken="import nowhere_to_be_found")
    result = run_checks(
        "--continue-on-collection-errors",
        "--pyargs",
        "moveready.checks.test_kb3063913_mrsproxy_disabled",
        "test_own.py",
        "test_broken.py",
    )

    assert "test_broken.py" in [test.nodeid for test in last_run().plain_tests]
    assert_alike(result, pytester.path / "reports", last_run())


def test_times_are_in_utc_and_say_so_once(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the run is made; the page hides the local time that pytest-html tells without its zone."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    result = run_checks("--limit=ex01")
    page = (pytester.path / "reports" / "report.html").read_text(encoding="utf-8")

    assert str(result.stdout).count("UTC") == 1
    assert page.count("in UTC") == 1
    assert "#title + p { display: none; }" in page
