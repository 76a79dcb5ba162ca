"""`python -m moveready.lab --keytab`: what the terminal shows works as it stands, once there is a ticket."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.inventory import Auth, load_inventory
from moveready.lab.guide import guide_text

if TYPE_CHECKING:
    from tests.kerberos.conftest import StartLab
    from tests.kerberos.kdc import Kdc

pytestmark = pytest.mark.usefixtures("ticket")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_command_reaches_mrsproxy(start_lab: StartLab) -> None:
    """It asks for the service `HTTP`, by a library of its own, and sends channel bindings to nobody."""
    told = guide_text(start_lab(worker="off"), Path("inventory.yaml"))
    command = next(line.strip() for line in told.splitlines() if line.strip().startswith("curl --negotiate"))
    ran = subprocess.run([*shlex.split(command), "--silent"], capture_output=True, text=True, check=True)

    assert "Server Error in '/EWS' Application." in ran.stdout, "ASP.NET's page, which comes after the login"


def test_the_pypsrp_program_runs(start_lab: StartLab) -> None:
    """Copy and paste into Python."""
    told = guide_text(start_lab(), Path("inventory.yaml"))
    program = told[told.index("from pypsrp") : told.index("Ctrl-C")].replace("\n  ", "\n")
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600, check=False)

    assert (ran.stdout.strip() != "", ran.returncode) == (True, 0), ran.stderr


def test_the_lab_is_started_with_a_keytab(kdc: Kdc, tmp_path: Path) -> None:
    """Its inventory wants the ticket of whoever runs the checks."""
    file = tmp_path / "lab.yaml"
    command = [sys.executable, "-m", "moveready.lab", f"--keytab={kdc.servers_keytab}", f"--write-inventory={file}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = "".join(iter(process.stdout.readline, "Ctrl-C ends the lab.\n"))
        inventory = load_inventory(file, {})
        process.terminate()

    assert "svc-moveready@CONTOSO.COM" in told
    assert {server.credential.auth for server in inventory.servers} == {Auth.KERBEROS}
