"""`moveready`: what one wants to know before a run."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from moveready.cli import app
from moveready.inventory import inventory_schema

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.lab.server import Lab


def test_help_says_what_the_command_is_for() -> None:
    """`moveready --help` is for who runs it: no word on imports, which are the docstring's, and no markup."""
    told = " ".join(CliRunner().invoke(app, ["--help"]).output.split())

    assert ("Commands for the time before a run of the checks." in told, "import" in told) == (True, False)


@pytest.mark.parametrize(
    "line",
    [
        "gate",
        "gate --verify gate.json --wrong",
        "nothing",
        "doctor --inventory . --timeout nan",
    ],
)
def test_wrong_usage_ends_as_in_pytest(line: str) -> None:
    """4, as 2 means interrupted."""
    command = [sys.executable, "-c", "from moveready.cli import main; main()", *line.split()]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)

    assert ended.returncode == 4
    assert "Usage:" in ended.stderr


def test_healthy_inventory_is_told_so(demo: Lab) -> None:
    """Exit code 0, and how many servers there are."""
    result = CliRunner().invoke(app, ["doctor", "--inventory", str(demo.inventory_file)])

    assert result.exit_code == 0
    assert "ok       inventory: 17 servers of contoso.com, no mistakes." in result.output


def test_mistakes_are_told(tmp_path: Path) -> None:
    """As pytest would: exit code 4, file and line."""
    (tmp_path / "bad.yaml").write_text("servers: 7\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["doctor", "--inventory", str(tmp_path / "bad.yaml")])

    assert result.exit_code == 4
    assert "bad.yaml:1: " in result.output


def test_schema_is_printed() -> None:
    """For editors."""
    printed = CliRunner().invoke(app, ["schema"]).output

    assert json.loads(printed) == inventory_schema()
    assert printed.isascii()
