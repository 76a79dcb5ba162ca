"""The audit of a run that ends in the middle: what was sent is in it, in whole lines."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from moveready.lab.faults import Fault, FaultKind
from tests.builders import KB3063913
from tests.sent import audited, logged_by, told_by

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

    Start = Callable[[], subprocess.Popen[str]]

SECONDS = 600
NAMES = tuple(f"ex{number:02d}.contoso.com" for number in range(1, 7))

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send"),
]


@pytest.fixture
def start(
    six: Lab,
    start_checks: Callable[..., subprocess.Popen[str]],
    await_that: Callable[..., None],
) -> Start:
    """Start two workers on six servers that never answer a cmdlet; all of them have been sent one."""
    for name in NAMES:
        six.inject(name, "windows", Fault(FaultKind.NEVER_FINISHES))

    def begin() -> subprocess.Popen[str]:
        process = start_checks(
            f"--inventory={six.inventory_file}", "-n", "2", "--server-timeout=600", "--audit=audit.jsonl", KB3063913
        )
        await_that(lambda: all(six.log.commands(server=name, channel="windows") for name in NAMES))
        return process

    return begin


def test_killed_run_hides_no_question(six: Lab, start: Start, tmp_path: Path) -> None:
    """The controller and its workers are gone at once; each cmdlet that the servers got is in the audit."""
    process = start()
    process.kill()
    process.communicate(timeout=SECONDS)
    told, logged = told_by(audited(tmp_path / "audit.jsonl")), logged_by(six)

    assert [told[name, "windows"] for name in NAMES] == [logged[name, "windows"] for name in NAMES]


def test_interrupted_run_says_how_each_question_ended(six: Lab, start: Start, tmp_path: Path) -> None:
    """Those that were cut have no answer, and their second line all the same."""
    process = start()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=SECONDS)
    audit = audited(tmp_path / "audit.jsonl")
    cut = [line for line in audit if line.get("ended") == "no answer" and "cmdlets" in line]

    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert {line["server"] for line in cut} == set(NAMES)
    assert {line["id"] for line in audit if line["event"] == "asks"} == {
        line["id"] for line in audit if line["event"] == "ended"
    }
    assert told_by(audit)[NAMES[0], "windows"] == logged_by(six)[NAMES[0], "windows"]
