"""A pytest-xdist worker that is killed: its replacement asks its share, together, and the run says what is known."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from moveready.findings.outcomes import Result, Run
from moveready.findings.run_file import read_run
from moveready.lab.faults import Fault, FaultKind
from tests.builders import KB3063913, descriptions

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

SECONDS = 600
NAMES = tuple(f"ex{number:02d}.contoso.com" for number in range(1, 7))
SHARE = NAMES[::2]
"""What worker gw0 of two asks."""

TELL_PIDS = """
import os
from pathlib import Path

def pytest_configure(config):
    if hasattr(config, "workerinput"):
        Path(config.workerinput["workerid"]).write_text(str(os.getpid()))
"""

KILLED_IN_A_TEST = """
import os
import signal

class Killing:
    def pytest_runtest_call(self, item):
        if "event" in item.nodeid and "ex03" in item.nodeid:
            os.kill(os.getpid(), signal.SIGKILL)

def pytest_configure(config):
    if getattr(config, "workerinput", {}).get("workerid") == "gw0":
        config.pluginmanager.register(Killing())
"""

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send"),
]


@pytest.fixture
def start(
    six: Lab, start_checks: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> Callable[[str], subprocess.Popen[str]]:
    """Start two workers on six servers, with this conftest."""

    def run(conftest: str) -> subprocess.Popen[str]:
        (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
        return start_checks(f"--inventory={six.inventory_file}", "-n", "2", "--server-timeout=600", KB3063913)

    return run


@pytest.fixture
def kill(tmp_path: Path) -> Callable[[str], None]:
    """Kill a worker."""
    return lambda worker: os.kill(int((tmp_path / worker).read_text(encoding="utf-8")), signal.SIGKILL)


@pytest.fixture
def left(tmp_path: Path) -> Callable[[], Run]:
    """The `run.json` that a run has left."""
    return lambda: read_run(tmp_path / "reports" / "run.json")


def all_in_session(lab: Lab, sessions: int) -> bool:
    """Whether so many sessions are open with each server of the share at the same time, and the others are done."""
    others = all(lab.log.entries(server=name, channel="https", kind="get") for name in set(NAMES) - set(SHARE))
    return others and all(lab.shells(name, "windows") == sessions for name in SHARE)


def asked(lab: Lab) -> Counter[int]:
    """How many servers were asked how often."""
    return Counter(len(lab.log.entries(server=name, channel="windows", kind="create-shell")) for name in NAMES)


def test_killed_while_servers_are_asked(
    six: Lab,
    start: Callable[[str], subprocess.Popen[str]],
    kill: Callable[[str], None],
    await_that: Callable[..., None],
    left: Callable[[], Run],
) -> None:
    """The replacement asks the same servers once more, all together, and nothing is lost."""
    for name in SHARE:
        six.inject(name, "windows", Fault(FaultKind.HANG, action="Receive"))
    process = start(TELL_PIDS)
    await_that(lambda: all_in_session(six, 1))
    for name in SHARE:
        six.inject(name, "windows", Fault(FaultKind.SLOW, action="Receive", seconds=2))
    kill("gw0")
    await_that(lambda: all_in_session(six, 2))
    process.communicate(timeout=SECONDS)
    run = left()

    assert process.returncode == 0
    assert (len(run.outcomes), run.complete) == (18, True)
    assert asked(six) == {1: 3, 2: 3}


def test_killed_while_a_check_runs(
    six: Lab, start: Callable[[str], subprocess.Popen[str]], left: Callable[[], Run], tmp_path: Path
) -> None:
    """That check is an error of its server, which is not ready; no other is lost, and the run is no finding."""
    process = start(KILLED_IN_A_TEST)
    process.communicate(timeout=SECONDS)
    run = left()
    (lost,) = (outcome for outcome in run.outcomes if outcome.result is not Result.PASSED)
    told = descriptions(run)
    cases = ET.fromstring((tmp_path / "reports" / "junit.xml").read_bytes()).iter("testcase")

    assert process.returncode == 10
    assert (lost.server, lost.control, lost.result) == ("ex03.contoso.com", "KB3063913-2", Result.ERROR)
    assert lost.sentence == "the worker process that judged it died. Run the checks again."
    assert (len(run.outcomes), run.plain_tests) == (18, ())
    assert [name for name, word in told.items() if word != "ready"] == ["ex03.contoso.com"]
    assert run.incomplete == "a worker process died: 1 of 18 checks were not judged"
    assert sum(case.find("error") is not None for case in cases) == 1
    assert asked(six) == {1: 3, 2: 3}


def test_killed_with_its_replacement(
    six: Lab,
    start: Callable[[str], subprocess.Popen[str]],
    kill: Callable[[str], None],
    await_that: Callable[..., None],
    left: Callable[[], Run],
) -> None:
    """Then its share is given up, and the run ends."""
    for name in SHARE:
        six.inject(name, "windows", Fault(FaultKind.HANG, action="Receive"))
    process = start(TELL_PIDS)
    for number, worker in enumerate(("gw0", "gw2"), 1):
        await_that(lambda number=number: all_in_session(six, number))
        kill(worker)
    process.communicate(timeout=SECONDS)
    run = left()

    assert process.returncode == 10
    assert (run.count(Result.PASSED), run.count(Result.ERROR)) == (9, 9)
    assert {outcome.sentence for outcome in run.outcomes if outcome.server in SHARE} == {
        "its worker process died while servers were asked, and so did its replacement. Run the checks again."
    }
    assert not run.complete
