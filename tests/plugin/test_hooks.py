"""The plugin with tests of the user's own: plain tests, own controls, and what goes wrong with them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.findings.outcomes import Run

OWN_CONTROL = """
from moveready.findings.controls import control
from moveready.inventory import Server

@control("{id}", title="Named ex01", severity="low", cause="Its name.", source="https://intranet")
def test_{name}(server: Server) -> None:
    assert server.name.startswith("ex01"), "It is not ex01."
"""


def test_plain_test_runs_on_every_server(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, last_run: Callable[[], Run]
) -> None:
    """`server: Server` is enough; the outcome is a plain test case."""
    pytester.makepyfile(
        test_mine="""
        from moveready.inventory import Server

        def test_named(server: Server):
            assert server.name.startswith("ex01")
    """
    )
    result = run_checks("--limit=ex01,ex05", "test_mine.py")

    assert result.ret == 1
    assert [test.result for test in last_run().plain_tests] == ["passed", "failed"]


def test_plain_test_gets_evidence(run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    """Evidence is an argument there, too."""
    pytester.makepyfile("""
        def test_version(ews_directory):
            assert ews_directory.version.startswith("Version 15.2")
    """)

    assert run_checks("--limit=ex01", "test_plain_test_gets_evidence.py").ret == 0


def test_own_control_is_a_control(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, last_run: Callable[[], Run]
) -> None:
    """It is in the run with its id, and beside ours in the table."""
    pytester.makepyfile(test_own=OWN_CONTROL.format(id="OWN-1", name="own"))
    run_checks("--limit=ex01,ex05", "test_own.py")

    assert [(o.control, o.result.value) for o in last_run().outcomes] == [("OWN-1", "passed"), ("OWN-1", "failed")]
    assert last_run().outcomes[1].sentence == "It is not ex01."


def test_two_controls_of_one_id_are_refused(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    """One would overwrite the other's outcomes; functions of one name in two files are two."""
    pytester.makepyfile(
        test_one=OWN_CONTROL.format(id="OWN-1", name="a"), test_two=OWN_CONTROL.format(id="OWN-1", name="a")
    )
    result = run_checks("test_one.py", "test_two.py")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: control OWN-1 is claimed by test_one.py::test_a and test_two.py::test_a"])


def test_check_that_breaks_is_an_error(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, last_run: Callable[[], Run]
) -> None:
    """A fault of the check is no finding: exit code 10, one sentence, no traceback."""
    broken = OWN_CONTROL.format(id="OWN-1", name="broken").replace(
        'assert server.name.startswith("ex01")', "assert {}[1]"
    )
    pytester.makepyfile(test_broken=broken)
    result = run_checks("--limit=ex01", "test_broken.py")

    assert result.ret == 10
    assert last_run().outcomes[0].sentence == (
        "the check itself failed (test_broken.py, line 6); this says nothing about the server. Correct the check."
    )
    result.stdout.fnmatch_lines(["*- what the check raised -*", "KeyError: 1"])
    result.stdout.no_fnmatch_line("*Traceback*")


CALL_US_WRONGLY = """
import pytest
from moveready.findings.controls import control
from moveready.plugin import SUITE

@pytest.fixture
def mrsproxy_events(request, server):
    return request.config.stash[SUITE].collector.facts_of(None)

def described(id):
    return control(id, title="T", severity="low", cause="C", source="https://intranet")

@described("OWN-1")
def test_events(server, mrsproxy_events):
    pass

@described("OWN-2")
def test_directory(server, ews_directory):
    pass
"""


def test_failure_of_our_own_is_told_as_ours(
    run_checks: Callable[..., pytest.RunResult],
    pytester: pytest.Pytester,
    last_run: Callable[[], Run],
    workers: tuple[str, ...],
) -> None:
    """Exit code 3 and a request to report it; the server has an error, and what the others ended with stands."""
    pytester.makepyfile(test_own=CALL_US_WRONGLY)
    result = run_checks("--limit=ex01,ex05", *workers, "test_own.py")
    crashed = [outcome for outcome in last_run().outcomes if outcome.crash]

    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert [(outcome.control, outcome.result.value) for outcome in crashed] == [("OWN-1", "error")] * 2
    assert "collector.py:" in crashed[0].crash
    assert all("Error" not in outcome.sentence for outcome in crashed)
    result.stdout.fnmatch_lines(["ex01    error *", "moveready itself failed on 2 server(s)*report it*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_skipped_control_is_no_pass(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, last_run: Callable[[], Run]
) -> None:
    """What the user skips is told as skipped."""
    skipping = "import pytest\npytestmark = pytest.mark.skip(reason='not now')\n"
    pytester.makepyfile(test_own=skipping + OWN_CONTROL.format(id="OWN-1", name="own"))
    run_checks("--limit=ex01", "test_own.py")

    assert (last_run().outcomes, [test.result for test in last_run().plain_tests]) == ((), ["skipped"])


def test_server_without_its_type_is_explained(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    """Other suites have fixtures of that name; ours says what it needs."""
    pytester.makepyfile("def test_mine(server): pass")

    result = run_checks("--limit=ex01", "test_server_without_its_type_is_explained.py")

    result.stdout.fnmatch_lines(["*mark the test with @control, or write `server: Server`*"])


def test_pytests_own_junit_works_beside_ours(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    """`--junitxml` is pytest's, with the control and the server as properties."""
    run_checks("--limit=ex02", "--junitxml=pytests.xml")
    text = (pytester.path / "pytests.xml").read_text(encoding="utf-8")

    assert '<property name="control" value="KB3063913-1"' in text
    assert "is False, should be True" in text


def test_outcomes_survive_deselection(run_checks: Callable[..., pytest.RunResult], last_run: Callable[[], Run]) -> None:
    """Half the evidence gives findings, and no diagnosis."""
    run_checks("--limit=ex02", "-k", "endpoint")
    (server,) = last_run().servers

    assert [verdict.description for verdict in server.verdicts] == ["not diagnosed"]


TELL_LOADED = """
import sys

def pytest_unconfigure():
    print("loaded:", *sorted({"pypsrp", "requests", "aiohttp", "xdist.scheduler"} & set(sys.modules)))
"""


def test_import_of_the_plugin_is_light() -> None:
    """It is installed beside other test suites, which must not pay for it."""
    heavy = {"pypsrp", "requests", "jinja2", "aiohttp", "rich", "xdist"}
    code = f"import sys, moveready.plugin; print({heavy} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert ended.stdout == "set()\n"


@pytest.mark.parametrize(
    ("args", "loaded"), [(("--collect-only",), "loaded:"), ((), "loaded: pypsrp requests")], ids=["collect", "run"]
)
def test_what_asks_is_loaded_when_something_is_asked(
    run_checks: Callable[..., pytest.RunResult], pytester: pytest.Pytester, args: tuple[str, ...], loaded: str
) -> None:
    """Looking at what would be checked needs no client; without -n there is no scheduler."""
    pytester.makeconftest(TELL_LOADED)
    result = run_checks("--limit=ex01", "-q", *args)

    assert loaded in result.outlines
