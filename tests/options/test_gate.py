"""`--gate` and what goes with it: who is ready, in words and as a file that a later job checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from moveready.cli import app
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.lab.server import Lab

    RunChecks = Callable[..., pytest.RunResult]


@pytest.fixture
def verified(pytester: pytest.Pytester) -> Callable[..., tuple[int, str]]:
    """Run `moveready gate --verify` on the file that a run has left."""

    def verify(*args: str) -> tuple[int, str]:
        file = Path(pytester.path) / "reports" / "gate.json"
        result = CliRunner().invoke(app, ["gate", "--verify", str(file), *args])
        return result.exit_code, result.output

    return verify


def test_gate_shows_who_is_not_ready(
    run_checks: RunChecks, verified: Callable[..., tuple[int, str]], workers: tuple[str, ...]
) -> None:
    """A line for each server and the verdict; the file says the same to the job that moves mailboxes."""
    result = run_checks("--limit=ex01,ex02", "--gate", *workers)

    assert result.ret == 1
    result.stdout.fnmatch_lines(["ex02.contoso.com: not ready*disabled*", "Gate: CLOSED*"])
    assert verified("--server=ex01")[0] == 0
    code, output = verified("--server=ex01", "--server=ex02")
    assert (code, "ex02.contoso.com" in output) == (1, True)


def test_gate_of_ready_servers_is_open(pytester: pytest.Pytester, lab_with: Callable[..., Lab]) -> None:
    """And the run ends with 0."""
    lab = lab_with({"name": "ex01.contoso.com"}, {"name": "ex02.contoso.com"})
    result = pytester.runpytest_subprocess(f"--inventory={lab.inventory_file}", "--gate")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["Gate: OPEN - all 2 servers are ready"])


def test_pool_that_was_cut_keeps_the_gate_closed(run_checks: RunChecks) -> None:
    """A move that goes to its name may reach the servers that nobody looked at."""
    result = run_checks("--limit=ex01", "--gate")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*1 of 1 server ready - UNKNOWN", "Gate: CLOSED*not every server was"])


def test_edited_gate_is_refused(
    run_checks: RunChecks,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    verified: Callable[..., tuple[int, str]],
) -> None:
    """Where it is signed; the key is given by reference."""
    monkeypatch.setenv("GATE_KEY", "a key of more than sixteen bytes")
    run_checks("--limit=ex01,ex02", "--gate", "--gate-key=env:GATE_KEY")
    file = Path(pytester.path) / "reports" / "gate.json"

    assert verified("--server=ex01", "--gate-key=env:GATE_KEY")[0] == 0
    gate = json.loads(file.read_text(encoding="utf-8"))
    gate["ready"].append("ex02.contoso.com")
    del gate["not_ready"]["ex02.contoso.com"]
    file.write_text(json.dumps(gate), encoding="utf-8")
    assert verified("--server=ex02", "--gate-key=env:GATE_KEY")[0] == 1


@pytest.mark.heavy
def test_earlier_gate_is_gone_when_a_run_begins(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """Whatever ends this run, nobody passes by an older gate."""
    run_checks("--limit=ex01", "--gate")
    pytester.makepyfile(test_crash="import os\n\ndef test_crash(ews_directory):\n    os._exit(7)\n")
    run_checks("--limit=ex01", "test_crash.py", "--gate")

    assert not (Path(pytester.path) / "reports" / "gate.json").exists()


def test_run_without_a_gate_leaves_none(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """The file belongs to a run, like all others."""
    run_checks("--limit=ex01", "--gate")
    run_checks("--limit=ex01")

    assert not (Path(pytester.path) / "reports" / "gate.json").exists()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--limit=ex02", "--fail-on=never"), 0),
        (("--limit=ex02", "--fail-on=high"), 1),
        (("--limit=ex07", KB3063913), 10),
        (("--limit=ex07", KB3063913, "--fail-on-unknown"), 1),
        (("--limit=ex07", KB3063913, "--fail-on=error"), 1),
        (("--limit=ex01", KB3063913, "--fail-on-unlisted"), 0),
    ],
)
def test_exit_code_is_as_asked_for(run_checks: RunChecks, args: tuple[str, ...], code: int) -> None:
    """Instead of a script around the run."""
    assert run_checks(*args).ret == code


@pytest.fixture
def short_of_ex05(demo: Lab) -> Path:
    """An inventory without one of the demo's servers."""
    text = demo.inventory_file.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if '"ex05.contoso.com"' not in line]
    shorter = demo.inventory_file.with_name("shorter.yaml")
    shorter.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return shorter


def test_server_that_the_inventory_lacks_is_named(short_of_ex05: Path, pytester: pytest.Pytester) -> None:
    """By every report, although nobody has asked for it."""
    args = (f"--inventory={short_of_ex05}", "--limit=ex01", KB3063913)
    result = pytester.runpytest_subprocess(*args)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["Exchange has servers that the inventory has not: ex05.contoso.com"])
    files = {file.name: file.read_text("utf-8-sig") for file in (pytester.path / "reports").glob("[jmr]*.*")}
    assert all("ex05.contoso.com" in files[name] for name in ("junit.xml", "report.html", "results.csv", "mail.html"))
    assert "\nmoveready_unlisted_servers 1.0\n" in files["metrics.prom"]


def test_server_that_the_inventory_lacks_closes_the_gate(
    short_of_ex05: Path, pytester: pytest.Pytester, verified: Callable[..., tuple[int, str]]
) -> None:
    """Where it counts as a finding: nobody knows whether moves reach it."""
    args = (f"--inventory={short_of_ex05}", "--limit=ex01", "--gate", "--fail-on-unlisted")
    result = pytester.runpytest_subprocess(*args)

    assert result.ret == 1
    result.stdout.fnmatch_lines(["Gate: CLOSED*"])
    code, output = verified("--server=ex01")
    assert code == 1
    assert "Exchange has servers that the inventory has not: ex05.contoso.com. Add them" in " ".join(output.split())


def test_key_without_a_gate_is_a_usage_error(run_checks: RunChecks) -> None:
    """It would sign nothing."""
    result = run_checks("--gate-key=env:GATE_KEY")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --gate-key REF goes with --gate"])


@pytest.mark.parametrize("selection", [(KB3063913,), ("-k", "not MRS-SVC-1")])
def test_control_that_was_not_asked_closes_the_gate(
    run_checks: RunChecks, verified: Callable[..., tuple[int, str]], selection: tuple[str, ...]
) -> None:
    """However it was left out: the checks that were run have passed, and the server may not be used."""
    result = run_checks("--limit=ex14", "--gate", *selection)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["Not asked on 1 server(s): *MRS-SVC-1*", "ex14.contoso.com: *", "Gate: CLOSED*"])
    assert verified("--server=ex14")[0] == 1


def test_skipped_control_closes_the_gate(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """A skip is no waiver: nobody has approved it, and it has no end."""
    pytester.makepyfile(
        not_today="""
        import pytest

        def pytest_runtest_setup(item):
            if "test_mailbox_replication_runs" in item.name:
                pytest.skip("not today")
        """
    )
    result = run_checks("--limit=ex14", "--gate", "-p", "not_today")

    assert result.ret == 10
    result.stdout.fnmatch_lines(
        ["INCOMPLETE: 1 of 8 checks were skipped*", "Not asked on 1 server(s): MRS-SVC-1", "Gate: CLOSED*"]
    )


_TWO_CALLS = """
import pytest
from moveready.api import control

@control("OWN-1", title="own", severity="critical", cause="c", source="https://example.org", resolution="r")
{decorator}
def test_own(server, {argument}):
    {body}
"""


@pytest.mark.parametrize(
    "parts",
    [
        ("@pytest.mark.parametrize('port', [1, 2])", "port", "assert port != 1"),
        ("", "subtests", "for i in range(3):\n        with subtests.test(i=i):\n            assert i != 0"),
    ],
    ids=["parameters", "subtests"],
)
def test_failure_of_one_call_of_a_control_is_one_of_the_control(
    run_checks: RunChecks, pytester: pytest.Pytester, workers: tuple[str, ...], parts: tuple[str, str, str]
) -> None:
    """What passes after it does not undo it."""
    decorator, argument, body = parts
    pytester.makepyfile(test_own=_TWO_CALLS.format(decorator=decorator, argument=argument, body=body))
    result = run_checks("test_own.py", "--limit=ex01", "--gate", *workers)

    assert result.ret == 1
    result.stdout.fnmatch_lines(["Result: NOT READY - 1 finding on 1 server (exit 1)", "Gate: CLOSED*"])
    assert "<failure" in (pytester.path / "reports" / "junit.xml").read_text(encoding="utf-8")


def test_failure_that_belongs_to_nothing_closes_the_gate(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """Such as one that another plugin counts: the run cannot say what it was, so it must not pass."""
    pytester.makepyfile(
        counting="""
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(session):
            session.testsfailed = 1
        """
    )
    result = run_checks("--limit=ex01", KB3063913, "--gate", "-p", "counting")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["Gate: CLOSED*1 test without a control*"])


def test_idle_servers_are_not_counted_as_not_asked(run_checks: RunChecks) -> None:
    """What does not apply to them is left out on purpose."""
    result = run_checks("--limit=ex01", "--phase=idle")

    result.stdout.no_fnmatch_line("Not asked*")


def test_replay_opens_no_gate(run_checks: RunChecks, pytester: pytest.Pytester) -> None:
    """Anybody may have edited the record, and it is old."""
    run_checks("--limit=ex01", "--report-dir=kept")
    result = pytester.runpytest_subprocess("--replay=kept/run.json", "--gate")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --gate asks living servers: leave out --replay"])
