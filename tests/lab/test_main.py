"""`python -m moveready.lab` as people run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from moveready.inventory import load_inventory
from moveready.lab.fleet import DEMO_FLEET, read_fleet

if TYPE_CHECKING:
    from pathlib import Path

LAB = [sys.executable, "-m", "moveready.lab"]


def lab_process(folder: Path, *arguments: str, stderr: int | None = None) -> subprocess.Popen[str]:
    """Start the lab and wait until it has told everything."""
    # On Windows Ctrl-C can be sent to a process group of its own only.
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen(
        [*LAB, *arguments],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        cwd=folder,
        creationflags=flags,
        env=environment,
    )


def told_by(process: subprocess.Popen[str]) -> str:
    """What it prints before it waits."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    return "".join(lines)


def end(process: subprocess.Popen[str], name: str = "SIGTERM") -> None:
    """Tell it to end, as its system does that."""
    process.send_signal(getattr(signal, "CTRL_BREAK_EVENT" if sys.platform == "win32" else name))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_it_runs_until_it_is_told_to_end(tmp_path: Path, name: str) -> None:
    """It answers, writes the inventory, and a signal ends it with exit code 0."""
    if sys.platform == "win32" and name == "SIGTERM":
        pytest.skip("Windows kills a process without asking it")
    with lab_process(tmp_path, "--write-inventory", "mine.yaml") as process:
        try:
            told = told_by(process)
            inventory = load_inventory(tmp_path / "mine.yaml", {})
            server = inventory.server("ex01.contoso.com")
            url = f"https://127.0.0.1:{server.ports.https}/EWS/mrsproxy.svc"
            status = requests.get(url, verify=str(server.tls.ca_file), timeout=5).status_code
        finally:
            end(process, name)

    assert (
        process.returncode,
        status,
        f"{len(read_fleet(DEMO_FLEET).servers)} simulated Exchange servers" in told,
    ) == (0, 401, True)


def test_it_writes_what_it_was_asked(tmp_path: Path) -> None:
    """At its end, for the process that started it: here one request without login, over TLS to a Windows endpoint."""
    with lab_process(tmp_path, "--windows-tls", "--write-inventory", "mine.yaml", "--stats", "stats.json") as process:
        try:
            told_by(process)
            server = load_inventory(tmp_path / "mine.yaml", {}).server("ex01.contoso.com")
            url = f"https://127.0.0.1:{server.ports.windows}/wsman"
            requests.post(url, verify=str(server.tls.ca_file), timeout=5)
        finally:
            end(process)

    assert json.loads((tmp_path / "stats.json").read_text(encoding="utf-8")) == {
        "requests": {"windows": 1},
        "logins": {},
        "kinds": {"challenge": 1},
        "bytes": 0,
        "open_shells": 0,
    }


def test_numbers_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """The file is named, exit code 4, no traceback."""
    with lab_process(tmp_path, "--stats", "nowhere/stats.json", stderr=subprocess.PIPE) as process:
        told_by(process)
        end(process)
        told = process.communicate(timeout=600)[1]

    assert (process.returncode, "stats.json" in told, "Traceback" in told) == (4, True, False)


def test_mistakes_of_the_fleet_are_told_one_a_line(tmp_path: Path) -> None:
    """A file with two mistakes: two lines with their places, exit code 4, no traceback."""
    (tmp_path / "fleet.yaml").write_text("servers:\n  - name: ex01\n    flags: on\n", encoding="utf-8")
    ran = subprocess.run([*LAB, "fleet.yaml"], capture_output=True, text=True, cwd=tmp_path, timeout=600, check=False)

    assert (ran.returncode, ran.stdout) == (4, "")
    assert [line.partition(": ")[0] for line in ran.stderr.splitlines()] == ["fleet.yaml:2", "fleet.yaml:3"]


def test_an_inventory_that_cannot_be_written_ends_it(tmp_path: Path) -> None:
    """The file is named, exit code 4."""
    command = [*LAB, "--write-inventory", "nowhere/inventory.yaml"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=600, check=False)

    assert (ran.returncode, "inventory.yaml" in ran.stderr, "Traceback" in ran.stderr) == (4, True, False)
