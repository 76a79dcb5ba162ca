"""`moveready`: what one wants to know before a run. Thin commands on the same data. May import inventory and errors.

`doctor` tells what would stop a run before it begins; `schema` prints the inventory's JSON schema for editors.
"""

from __future__ import annotations

import json
import os
import platform
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moveready import __version__
from moveready.errors import InventoryError
from moveready.inventory import Auth, inventory_schema, load_inventory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moveready.inventory import Inventory

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What one wants to know before a run of the checks.")

USAGE_ERROR = 4
"""As pytest's own exit code for what the caller got wrong."""


@app.command()
def doctor(inventory: Annotated[Path, typer.Option(help="inventory file, or folder of inventory files")]) -> None:
    """Tell what would stop a run before it begins: mistakes of the inventory, missing libraries, unknown names."""
    try:
        known = load_inventory(inventory, os.environ)
    except InventoryError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(USAGE_ERROR) from None
    typer.echo(f"moveready {__version__}, Python {platform.python_version()} on {platform.system()}")
    typer.echo(f"{len(known.servers)} server(s) of {known.organization.name}: the inventory has no mistakes")
    hindrances = [*missing_libraries(known), *unknown_names(known)]
    for hindrance in hindrances:
        typer.echo(hindrance)
    raise typer.Exit(1 if hindrances else 0)


@app.command()
def schema() -> None:
    """Print the JSON schema of the inventory, for editors that complete and check YAML."""
    typer.echo(json.dumps(inventory_schema(), indent=2))


def missing_libraries(inventory: Inventory) -> Iterator[str]:
    """What the credentials need and this Python lacks, a sentence each."""
    credentials = {server.credential for server in inventory.servers}
    credentials |= {host.credential for host in inventory.organization.exchange}
    wants_kerberos = any(credential.auth is Auth.KERBEROS for credential in credentials)
    if wants_kerberos and platform.system() != "Windows" and not (find_spec("gssapi") and find_spec("krb5")):
        yield 'Kerberos needs its libraries: python -m pip install "moveready[kerberos]"'


def unknown_names(inventory: Inventory) -> Iterator[str]:
    """The names and addresses to connect to that this machine cannot resolve, a sentence each."""
    targets = {host.name: host.connect_to for host in inventory.organization.exchange}
    targets |= {server.name: server.connect_to for server in inventory.servers}
    for name, target in sorted(targets.items()):
        try:
            socket.getaddrinfo(target, None)
        except OSError as error:
            yield f"{name}: {target} does not resolve ({error.strerror or error})"
