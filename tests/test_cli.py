"""`moveready`: what one wants to know before a run."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from moveready.cli import app, missing_libraries, unknown_channels, unknown_names
from moveready.inventory import inventory_schema, load_inventory

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.inventory import Inventory
    from moveready.lab.server import Lab


def inventory_of(folder: Path, auth: str = "negotiate") -> Inventory:
    """An inventory of one server that resolves and one that cannot."""
    file = folder / "inventory.yaml"
    file.write_text(
        f"""
organization: {{name: contoso.com, exchange: [ex01.contoso.com], credential: admin}}
defaults: {{credential: admin}}
credentials: {{admin: {{auth: {auth}}}}}
servers:
  - {{name: ex01.contoso.com, address: 127.0.0.1}}
  - ex02.invalid
""",
        encoding="utf-8",
    )
    return load_inventory(file, {})


def test_help_says_what_the_command_is_for() -> None:
    """`moveready --help` is for who runs it: no word on imports, which are the docstring's, and no markup."""
    told = " ".join(CliRunner().invoke(app, ["--help"]).output.split())

    assert ("Commands for the time before a run of the checks." in told, "import" in told) == (True, False)


@pytest.mark.parametrize("line", ["gate", "gate --verify gate.json --wrong", "nothing"])
def test_wrong_usage_ends_as_in_pytest(line: str) -> None:
    """4, as 2 means interrupted."""
    command = [sys.executable, "-c", "from moveready.cli import main; main()", *line.split()]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)

    assert ended.returncode == 4
    assert "Usage:" in ended.stderr


def test_channel_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """Before the run that would notify nobody; what stands in the inventory may be a secret."""
    inventory = replace(inventory_of(tmp_path), notify=("env:NO_URL", "hunter2", "json://example.invalid/hunter2"))
    first, second = unknown_channels(inventory, {})

    assert first == "notify: the environment variable NO_URL is not set. Set it to the URL before the run."
    assert second.startswith("notify: a channel for messages is no URL.")
    assert "hunter2" not in second


def test_healthy_inventory_is_told_so(demo: Lab) -> None:
    """Exit code 0, and how many servers there are."""
    result = CliRunner().invoke(app, ["doctor", "--inventory", str(demo.inventory_file)])

    assert result.exit_code == 0
    assert "server(s) of contoso.com: the inventory has no mistakes" in result.output


def test_mistakes_are_told(tmp_path: Path) -> None:
    """As pytest would: exit code 4, file and line."""
    (tmp_path / "bad.yaml").write_text("servers: 7\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["doctor", "--inventory", str(tmp_path / "bad.yaml")])

    assert result.exit_code == 4
    assert "bad.yaml:1: " in result.output


def test_hindrances_are_exit_code_1(tmp_path: Path) -> None:
    """A name that does not resolve would be an error on every check of that server."""
    inventory_of(tmp_path)
    result = CliRunner().invoke(app, ["doctor", "--inventory", str(tmp_path / "inventory.yaml")])

    assert result.exit_code == 1
    assert "ex02.invalid" in result.output


def test_names_that_do_not_resolve_are_told(tmp_path: Path) -> None:
    """The address of a server stands for its name."""
    (sentence,) = unknown_names(inventory_of(tmp_path))

    assert sentence.startswith("ex02.invalid: ex02.invalid does not resolve")


@pytest.mark.skipif(find_spec("gssapi") is not None, reason="the Kerberos libraries are installed here")
def test_missing_kerberos_is_told(tmp_path: Path) -> None:
    """It names the extra that brings it."""
    assert 'pip install "moveready[kerberos]"' in next(missing_libraries(inventory_of(tmp_path, "kerberos")))


def test_kerberos_is_not_wanted_where_nobody_uses_it(tmp_path: Path) -> None:
    """Negotiate falls back to NTLM."""
    assert list(missing_libraries(inventory_of(tmp_path))) == []


def test_schema_is_printed() -> None:
    """For editors."""
    printed = CliRunner().invoke(app, ["schema"]).output

    assert json.loads(printed) == inventory_schema()
    assert printed.isascii()
