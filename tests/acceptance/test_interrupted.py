"""A run that is ended early: what has answered is reported, the rest is an error, and the run is marked incomplete."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from moveready.findings.run_file import read_run
from moveready.lab.faults import Fault, FaultKind
from tests.builders import KB3063913, descriptions

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run
    from moveready.lab.server import Lab

SECONDS = 600
EX01, EX02, EX03, EX04 = NAMES = tuple(f"ex{number:02d}.contoso.com" for number in range(1, 5))
PATIENT = ("--server-timeout=600", "--first-answer-timeout=600")
"""What hangs does so until the signal comes, however busy the machine is."""
HANG = Fault(FaultKind.HANG)
HANG_IN_SESSION = Fault(FaultKind.HANG, action="Receive", skip=1)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals to send")


@pytest.fixture
def lab(lab_with: Callable[..., Lab]) -> Lab:
    """Four servers; ex02 is stale, and ex03 never answers at its Windows endpoint."""
    facts: dict[str, dict[str, object]] = {EX02: {"worker": "off"}}
    lab = lab_with(*({"name": name, **facts.get(name, {})} for name in NAMES))
    lab.inject(EX03, "windows", HANG_IN_SESSION)
    return lab


@pytest.fixture
def asking(
    lab: Lab, start_checks: Callable[..., subprocess.Popen[str]], await_that: Callable[..., None]
) -> Callable[..., subprocess.Popen[str]]:
    """Start a run that asks one server after the other, and wait until one does not answer: those before it have."""

    def start(*args: str, **changes: object) -> subprocess.Popen[str]:
        chosen = () if "--pyargs" in args else (KB3063913,)
        process = start_checks(
            f"--inventory={lab.inventory_file}", "--concurrency=1", *PATIENT, *chosen, *args, **changes
        )
        await_that(lambda: lab.log.entries(server=EX03, channel="windows", kind="receive"))
        return process

    return start


@pytest.fixture
def left(tmp_path: Path) -> Callable[[], Run]:
    """The `run.json` that a run has left."""
    return lambda: read_run(tmp_path / "reports" / "run.json")


def words_of(run: Run) -> dict[str, list[str]]:
    """How each control ended, by server."""
    return {
        server.partition(".")[0]: [
            "interrupted" if "interrupted" in outcome.sentence else outcome.word for outcome in outcomes
        ]
        for server, outcomes in run.by_server().items()
    }


@pytest.mark.parametrize(
    "name",
    ["SIGINT", pytest.param("SIGTERM", marks=pytest.mark.heavy), pytest.param("SIGHUP", marks=pytest.mark.heavy)],
)
def test_signal_while_servers_are_asked(
    asking: Callable[..., subprocess.Popen[str]],
    left: Callable[[], Run],
    tmp_path: Path,
    lab: Lab,
    name: str,
) -> None:
    """What has answered is judged, each of the rest is an error "interrupted", and every report is marked."""
    process = asking()
    process.send_signal(getattr(signal, name))
    printed, complained = process.communicate(timeout=SECONDS)
    run = left()

    assert (process.returncode, complained) == (2, "")
    assert words_of(run) == {
        "ex01": ["passed", "passed", "passed"],
        "ex02": ["passed", "passed", "failed"],
        "ex03": ["passed", "interrupted", "interrupted"],
        "ex04": ["passed", "interrupted", "interrupted"],
    }
    assert list(descriptions(run).values()) == [
        "ready",
        "stale",
        "not diagnosed (incomplete)",
        "not diagnosed (incomplete)",
    ]
    why = f"the run was interrupted ({name}): 4 of 12 checks were not judged"
    assert (run.complete, run.incomplete) == (False, why)
    assert f"INCOMPLETE: {why}" in printed.splitlines()
    suites = ET.fromstring((tmp_path / "reports" / "junit.xml").read_bytes())
    assert [suite.find("properties/property[@name='incomplete']").get("value") for suite in suites] == [why] * 4  # type: ignore[union-attr] # it is there
    assert f"Incomplete: {why}" in (tmp_path / "reports" / "report.html").read_text(encoding="utf-8")
    assert not any(lab.shells(server, channel) for server in NAMES for channel in ("exchange", "windows"))


@pytest.mark.parametrize(
    "whole_group", [pytest.param(False, id="controller", marks=pytest.mark.heavy), pytest.param(True, id="group")]
)
def test_signal_while_workers_ask(
    lab: Lab,
    asking: Callable[..., subprocess.Popen[str]],
    left: Callable[[], Run],
    await_that: Callable[..., None],
    whole_group: bool,
) -> None:
    """They judge what has answered, whether the signal goes to the controller or, as at a terminal, to them as well."""
    lab.inject(EX04, "https", HANG)
    process = asking("-n", "2", start_new_session=True)
    await_that(lambda: lab.log.requests(server=EX04, channel="https") >= 2)
    os.killpg(process.pid, signal.SIGTERM) if whole_group else process.send_signal(signal.SIGTERM)
    printed, complained = process.communicate(timeout=SECONDS)
    run = left()

    assert (process.returncode, complained) == (2, "")
    assert words_of(run) == {
        "ex01": ["passed", "passed", "passed"],
        "ex02": ["passed", "passed", "failed"],
        "ex03": ["passed", "interrupted", "interrupted"],
        "ex04": ["passed", "passed", "interrupted"],
    }
    assert run.incomplete == "the run was interrupted (SIGTERM): 3 of 12 checks were not judged"
    assert "replacing crashed worker" not in printed
    assert not any(lab.shells(name, channel) for name in NAMES for channel in ("exchange", "windows"))


def test_controller_that_dies_ends_its_workers(
    lab: Lab,
    asking: Callable[..., subprocess.Popen[str]],
    await_that: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Nobody reads what they would find: sessions are closed, also where Ctrl-C is ignored, and no folder is left."""
    (own := tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(own))
    process = asking("-n", "2", start_new_session=True, preexec_fn=_ignore_ctrl_c)
    process.kill()
    process.communicate(timeout=SECONDS)

    await_that(lambda: not _exists(process.pid))
    assert list(own.glob("moveready-logins-*")) == []
    assert not any(lab.shells(name, channel) for name in NAMES for channel in ("exchange", "windows"))


def _ignore_ctrl_c() -> None:
    """As in the background of a shell."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _exists(group: int) -> bool:
    """Whether any process of the group is there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_terminal_that_goes_away(
    lab: Lab, asking: Callable[..., subprocess.Popen[str]], left: Callable[[], Run], workers: tuple[str, ...]
) -> None:
    """What cannot be shown any more is reported all the same."""
    ours, terminal = os.openpty()
    process = asking(*workers, stdin=terminal, stdout=terminal, stderr=terminal, process_group=0)
    os.close(terminal)
    os.close(ours)
    process.send_signal(signal.SIGHUP)

    assert process.wait(SECONDS) == 2
    assert words_of(left())["ex01"] == ["passed", "passed", "passed"]
    assert "SIGHUP" in left().incomplete


def test_ignored_signal_stays_ignored(
    asking: Callable[..., subprocess.Popen[str]], left: Callable[[], Run], lab: Lab
) -> None:
    """Under nohup a terminal that goes away ends nothing."""
    process = asking(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    lab.clear(EX03)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=SECONDS)

    assert "SIGTERM" in left().incomplete


ENDLESS = """
import time
from pathlib import Path

def test_endless():
    Path("began").touch()
    time.sleep(3600)
"""


def test_next_signal_does_not_wait_for_tests(
    asking: Callable[..., subprocess.Popen[str]],
    left: Callable[[], Run],
    await_that: Callable[..., None],
    tmp_path: Path,
) -> None:
    """What was not judged by then is an error that says so."""
    (tmp_path / "test_a.py").write_text(ENDLESS, encoding="utf-8")
    process = asking("test_a.py", "--pyargs", "moveready.checks.test_kb3063913_mrsproxy_disabled")
    process.send_signal(signal.SIGINT)
    await_that((tmp_path / "began").exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=SECONDS)
    run = left()

    assert process.returncode == 2
    assert {outcome.sentence for outcome in run.outcomes} == {
        "not run: the run was interrupted (SIGINT). Run the checks again."
    }
    assert run.incomplete == "the run was interrupted (SIGINT): 13 of 13 checks were not judged"


def test_signals_while_reports_are_written(
    lab: Lab,
    start_checks: Callable[..., subprocess.Popen[str]],
    left: Callable[[], Run],
    await_that: Callable[..., None],
    tmp_path: Path,
) -> None:
    """They change nothing: the run is over."""
    (tmp_path / "conftest.py").write_text(SLOW_REPORT, encoding="utf-8")
    process = start_checks(f"--inventory={lab.inventory_file}", "-k", "is_enabled")
    await_that((tmp_path / "writing").exists)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    (tmp_path / "go on").touch()
    _, complained = process.communicate(timeout=SECONDS)

    assert (process.returncode, complained) == (0, "")
    assert left().complete


SLOW_REPORT = """
import time
from pathlib import Path

def pytest_sessionfinish():
    Path("writing").touch()
    while not Path("go on").exists():
        time.sleep(0.01)
"""


@pytest.fixture
def stopped(lab_with: Callable[..., Lab], start_checks: Callable[..., subprocess.Popen[str]]) -> Callable[..., int]:
    """Run the checks on four servers, the first of them disabled, to their end; the exit code."""

    def run(*args: str) -> int:
        lab = lab_with({"name": EX02, "flag": "off"}, *({"name": name} for name in (EX01, EX03, EX04)))
        process = start_checks(f"--inventory={lab.inventory_file}", KB3063913, *args)
        process.communicate(timeout=SECONDS)
        return process.returncode

    return run


@pytest.mark.parametrize(
    ("options", "code", "why", "left_over"),
    [
        (("-x",), 1, "stopped after the first failure", 11),
        pytest.param(("--maxfail=2",), 1, "stopped after 2 failures", 3, marks=pytest.mark.heavy),
        (("-x", "-n", "2"), 2, "stopped after the first failure", 5),
    ],
    ids=["first", "second", "workers"],
)
def test_run_that_is_stopped_early(  # noqa: PLR0913, PLR0917 - the fixtures, and the four facts of a case
    stopped: Callable[..., int],
    left: Callable[[], Run],
    options: tuple[str, ...],
    code: int,
    why: str,
    left_over: int,
) -> None:
    """What was not judged is an error that says why, and no server of them is ready."""
    assert stopped(*options) == code
    run = left()
    not_run = [outcome for outcome in run.outcomes if outcome.sentence == f"not run: {why}. Run the checks again."]
    told = descriptions(run)

    assert (len(run.outcomes), len(not_run)) == (12, left_over)
    assert {told[outcome.server] for outcome in not_run} <= {"not diagnosed (incomplete)", "disabled"}
    assert run.incomplete == f"{why}: {left_over} of 12 checks were not judged"


FLEET = """
organization: contoso.com
servers:
  - {name: ex01.contoso.com}
  - {name: ex02.contoso.com, latency: 1h}
"""


def test_demo_is_interrupted_without_noise(
    start_checks: Callable[..., subprocess.Popen[str]], await_that: Callable[..., None], tmp_path: Path
) -> None:
    """The lab in the same process ends with it, and nobody sees a traceback."""
    (tmp_path / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    process = start_checks("--lab", "--lab-fleet=fleet.yaml", "--concurrency=1", "--keep-raw")
    await_that(lambda: list((tmp_path / "reports" / "raw").glob("ex01*endpoint*")))
    process.send_signal(signal.SIGINT)
    printed, complained = process.communicate(timeout=SECONDS)

    assert (process.returncode, complained) == (2, "")
    assert "Traceback" not in printed
    assert "!!!! Interrupted: interrupted by SIGINT !!!!" in printed
