"""What the terminal shows works as it stands."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moveready.lab.guide import guide_text
from moveready.lab.server import Lab

StartLab = Callable[..., Lab]


def line_with(text: str, words: str) -> str:
    """The line that begins so."""
    return next(line.strip() for line in text.splitlines() if line.strip().startswith(words))


def test_every_way_to_a_server_is_listed(start_lab: StartLab) -> None:
    """Three addresses a server, and where the inventory is."""
    lab = start_lab()
    told = guide_text(lab, Path("inventory.yaml"))

    assert all(f"127.0.0.1:{port}/" in told for ports in lab.ports.values() for port in ports.values())
    assert 'pytest --inventory "inventory.yaml"' in told


def test_a_big_fleet_is_not_listed_whole(start_lab: StartLab) -> None:
    """The terminal shows twenty servers and says how many more there are."""
    told = guide_text(start_lab({"name": "ex.contoso.com", "copies": 30}), Path("inventory.yaml"))

    assert (told.count("/wsman"), "... and 10 more" in told) == (20, True)


def test_the_windows_channel_is_told_with_its_scheme(start_lab: StartLab) -> None:
    """With TLS its address says https."""
    lab = start_lab(windows_tls=True)

    assert f"https://127.0.0.1:{lab.ports['ex01.contoso.com']['windows']}/wsman" in guide_text(lab, Path("i"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_command_reaches_mrsproxy(start_lab: StartLab) -> None:
    """Copy and paste into a shell."""
    told = guide_text(start_lab(worker="off"), Path("inventory.yaml"))
    command = [*shlex.split(line_with(told, "curl --ntlm")), "--silent"]

    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Server Error in '/EWS' Application." in ran.stdout, "ASP.NET's page, which comes after the login"


def test_the_pypsrp_program_runs(start_lab: StartLab) -> None:
    """Copy and paste into Python."""
    told = guide_text(start_lab(), Path("inventory.yaml"))
    program = told[told.index("from pypsrp") : told.index("Ctrl-C")].replace("\n  ", "\n")
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600, check=False)

    assert (ran.stdout.strip() != "", ran.returncode) == (True, 0), ran.stderr
