"""Living labs with the fixer run against them in processes of its own, and what their logs say was changed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.lab.log import Entry

FixerLab = Callable[..., Lab]
RunFixer = Callable[..., pytest.RunResult]
StartFixer = Callable[..., subprocess.Popen[str]]
Changes = Callable[[Lab], list[str]]
Until = Callable[[Callable[[], bool]], None]
Begun = Callable[..., subprocess.Popen[str]]

SECONDS = 600
"""Longest time for a run of the fixer in these tests."""

_SET = re.compile(
    r"Set-WebServicesVirtualDirectory -Identity '(?P<host>\w+)\\EWS \(Default Web Site\)' -MRSProxyEnabled"
)
_COMPONENT = re.compile(
    r"Set-ServerComponentState -Identity (?P<host>\w+)\S* -Component EwsProxy -State (?P<state>\w+)"
)


@pytest.fixture(scope="session")
def fixer_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FixerLab]:
    """Start a lab of these servers, given as facts of a fleet file; what else the file may hold is given by name."""
    with ExitStack() as opened:

        def start(*servers: dict[str, object], **facts: object) -> Lab:
            allowed = [{"fix": "allowed", **server} for server in servers]
            fleet = fleet_from(**{"fix": {"wait": "0s"}, "servers": allowed, **facts})
            return opened.enter_context(Lab(fleet, folder=tmp_path_factory.mktemp("lab")))

        yield start


def _hear_ctrl_c() -> None:
    """As at a terminal: what runs in the background of a shell is told to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def start_fixer() -> StartFixer:
    """Start a run in a folder, with its reports and its lock of the organization; at a terminal if one is given."""

    def start(lab: Lab, folder: Path, *args: str, terminal: int | None = None) -> subprocess.Popen[str]:
        own = folder / "temporary"
        own.mkdir(exist_ok=True)
        named = () if any(arg.startswith("--inventory") for arg in args) else (f"--inventory={lab.inventory_file}",)
        bounds = ("--server-timeout=40", "--fix-timeout=5s")
        command = [sys.executable, "-m", "pytest", "-p", "moveready.fixer", "-p", "no:cacheprovider", *bounds]
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "MOVEREADY_LOCK_FOLDER"), str(own))
        return subprocess.Popen(
            [*command, *named, *args],
            cwd=folder,
            env={**os.environ, "COLUMNS": "200", **places},
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL if terminal is None else terminal,
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.PIPE if terminal is None else terminal,
            preexec_fn=_hear_ctrl_c if os.name == "posix" else None,  # noqa: PLW1509 - it takes no lock
        )

    return start


@pytest.fixture(scope="session")
def run_fixer(start_fixer: StartFixer) -> RunFixer:
    """Run it to its end."""

    def run(lab: Lab, folder: Path, *args: str) -> pytest.RunResult:
        started = monotonic()
        with start_fixer(lab, folder, *args) as process:
            printed, complained = process.communicate(timeout=SECONDS)
        took = monotonic() - started
        return pytest.RunResult(process.returncode, printed.splitlines(), complained.splitlines(), took)

    return run


@pytest.fixture(scope="session")
def changes() -> Changes:
    """What was changed in a whole fleet, in order: `ex03 off`, `ex03 on`, `ex03 iisreset`, `ex03 Inactive`."""
    return lambda lab: [_told(entry) for entry in lab.log.entries(kind="command") if _is_change(entry)]


@pytest.fixture(scope="session")
def until() -> Until:
    """Wait for what will happen, however long the machine takes."""

    def wait(condition: Callable[[], bool]) -> None:
        ends = monotonic() + SECONDS
        while not condition():
            assert monotonic() < ends, "what was waited for did not happen"
            sleep(0.002)

    return wait


@pytest.fixture
def begun(start_fixer: StartFixer, until: Until, tmp_path: Path) -> Begun:
    """Start an apply; it is given back as soon as its journal has that many lines, and something happened."""

    def begin(lab: Lab, lines: int, *args: str, happened: Callable[[], bool] = lambda: True) -> subprocess.Popen[str]:
        process = start_fixer(lab, tmp_path, "--fix=apply", *args)
        journal = tmp_path / "reports" / "fix-journal.jsonl"
        until(lambda: journal.exists() and journal.read_bytes().count(b"\n") >= lines and happened())
        return process

    return begin


@pytest.fixture
def killed(begun: Begun) -> Begun:
    """The same, ended there by a signal: SIGKILL where none is given."""

    def kill(lab: Lab, lines: int, kind: int | None = None, **more: Callable[[], bool]) -> subprocess.Popen[str]:
        process = begun(lab, lines, **more)
        process.kill() if kind is None else process.send_signal(kind)
        process.communicate(timeout=SECONDS)
        return process

    return kill


@pytest.fixture
def fix(run_fixer: Callable[..., pytest.RunResult], tmp_path: Path) -> Callable[..., pytest.RunResult]:
    """Another run, in a process of its own."""
    return lambda lab, mode, *args: run_fixer(lab, tmp_path, f"--fix={mode}", *args)


def _is_change(entry: Entry) -> bool:
    """Whatever does not read, and was not tried only."""
    return not entry.what.startswith("Get-") and " -WhatIf" not in entry.what


def _told(entry: Entry) -> str:
    if found := _SET.match(entry.what):
        return f"{found['host'].lower()} {'off' if '-MRSProxyEnabled $false' in entry.what else 'on'}"
    if found := _COMPONENT.match(entry.what):
        return f"{found['host']} {found['state']}"
    what = "recycle" if entry.what.startswith("Restart-WebAppPool -Name MSExchangeServices") else entry.what
    return f"{entry.server.partition('.')[0]} {what}"
