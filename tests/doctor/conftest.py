"""Inventories of a few lines, and the doctor run on them or on a lab."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from moveready.cli import app
from moveready.inventory import Inventory, load_inventory

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

InventoryOf = Callable[..., Inventory]
RunDoctor = Callable[..., "Result"]

HEAD = """
organization: {{name: contoso.com, exchange: [{exchange}], credential: admin}}
defaults: {{credential: admin}}
credentials: {{admin: {credential}}}
"""
NTLM = r"{auth: ntlm, username: CONTOSO\svc, password: env:PASSWORD}"


@pytest.fixture
def inventory_file(tmp_path: Path) -> Callable[..., Path]:
    """Write an inventory of these lines of `servers:`."""

    def write(*servers: str, exchange: str = "ex01.contoso.com", credential: str = NTLM, more: str = "") -> Path:
        lines = "".join(f"  - {server}\n" for server in servers)
        file = tmp_path / "inventory.yaml"
        text = f"{HEAD.format(exchange=exchange, credential=credential)}{more}\nservers:\n{lines}"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def inventory_of(inventory_file: Callable[..., Path]) -> InventoryOf:
    """The inventory of these lines of `servers:`."""
    return lambda *servers, **more: load_inventory(inventory_file(*servers, **more), {"PASSWORD": "secret"})


@pytest.fixture
def run_doctor() -> RunDoctor:
    """Run the command on an inventory; its lines are as wide as it takes, unless a test says otherwise."""

    def run(inventory: Path, *options: str, columns: int = 1000) -> Result:
        env = {"COLUMNS": str(columns), "PASSWORD": "secret"}
        return CliRunner().invoke(app, ["doctor", f"--inventory={inventory}", *options], env=env)

    return run


@pytest.fixture
def refusing_port() -> Iterator[int]:
    """A port of this machine that refuses connections; bound, so that nobody else gets it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port of this machine that accepts connections and datagrams, and says nothing."""
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        stream.bind(("127.0.0.1", 0))
        stream.listen()
        datagrams.bind(stream.getsockname())
        yield stream.getsockname()[1]
