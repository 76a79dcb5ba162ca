"""`moveready`: commands for the time before a run. They are thin layers over the same data.

`doctor` finds what would stop a run before it begins; `schema` prints the inventory's JSON schema for editors;
`explain` says what an error text of a failing move means; `history` what changed between runs; `gate` whether servers
may be used for moves now.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import sys
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moveready import __version__
from moveready.errors import InventoryError, MovereadyError
from moveready.inventory import Auth, inventory_schema, load_inventory
from moveready.inventory.times import time_span_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moveready.inventory import Inventory

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Commands for the time before a run of the checks.")

USAGE_ERROR = 4
"""The same number as pytest's own exit code for a usage error."""
_TYPERS_USAGE_ERROR = 2
"""In runs of the checks 2 means interrupted, so it must not mean a wrong option here."""


def main() -> None:
    """Run the command that the command line names."""
    try:
        app()
    except SystemExit as end:
        raise SystemExit(USAGE_ERROR if end.code == _TYPERS_USAGE_ERROR else end.code) from None


@app.command()
def doctor(inventory: Annotated[Path, typer.Option(help="inventory file, or folder of inventory files")]) -> None:
    """Find what would stop a run before it begins: mistakes of the inventory, missing libraries, unknown names."""
    try:
        known = load_inventory(inventory, os.environ)
    except InventoryError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(USAGE_ERROR) from None
    typer.echo(f"moveready {__version__}, Python {platform.python_version()} on {platform.system()}")
    typer.echo(f"{len(known.servers)} server(s) of {known.organization.name}: the inventory has no mistakes")
    hindrances = [*missing_libraries(known), *unknown_channels(known, os.environ), *unknown_names(known)]
    for hindrance in hindrances:
        typer.echo(hindrance)
    raise typer.Exit(1 if hindrances else 0)


@app.command()
def schema() -> None:
    """Print the JSON schema of the inventory, for editors that complete and check YAML."""
    typer.echo(json.dumps(inventory_schema(), indent=2))


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="the error text; `-`, or nothing, reads standard input")] = "-",
    file: Annotated[Path | None, typer.Option(help="read the text from a file")] = None,
) -> None:
    """Say what an error text of a failing move means, and which control can confirm it. No server is asked."""
    from moveready.explain.command import decoded, explained, wrapped  # noqa: PLC0415 - no other command needs it

    try:
        pasted = decoded(file.read_bytes()) if file else text
    except OSError as error:
        typer.echo(f"{file}: {error.strerror}", err=True)
        raise typer.Exit(USAGE_ERROR) from None
    if file is None and text == "-":
        pasted = decoded(sys.stdin.buffer.read())
    if not pasted.strip():
        typer.echo("There is no text: give it as argument, with --file, or through a pipe.", err=True)
        raise typer.Exit(USAGE_ERROR)
    is_known, lines = explained(pasted)
    for line in lines:
        typer.echo(wrapped(line, shutil.get_terminal_size().columns))
    raise typer.Exit(0 if is_known else 1)


@app.command()
def history(
    history: Annotated[Path, typer.Option(help="the history file")] = Path("reports/history.sqlite"),
    server: Annotated[str, typer.Option(help="since when this server fails")] = "",
    control: Annotated[str, typer.Option(help="only this control, or the controls of this KB")] = "",
    since: Annotated[str | None, typer.Option(help="how far to look back, such as 30d (default: 7d)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON, for programs")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Tell what changed between runs, and since when a server fails."""
    from moveready.history.command import history_json, history_text  # noqa: PLC0415 - no other command needs it
    from moveready.history.question import Question  # noqa: PLC0415 - as above
    from moveready.history.store import existing_history  # noqa: PLC0415 - as above

    try:
        span = _time(since, "--since")
        question = Question(now=datetime.now(UTC), server=server, control=control, since=span)
        with existing_history(history) as opened:
            width = shutil.get_terminal_size().columns
            typer.echo(history_json(opened, question) if as_json else history_text(opened, question, width))
    except MovereadyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(USAGE_ERROR) from None


@app.command()
def gate(
    verify: Annotated[Path, typer.Option(help="the gate.json of a run with --gate")],
    server: Annotated[list[str] | None, typer.Option(help="a server that will be used; may be given again")] = None,
    max_age: Annotated[str | None, typer.Option(help="refuse answers that are older: 60m")] = None,
    inventory: Annotated[Path | None, typer.Option(help="refuse the gate of another inventory")] = None,
    gate_key: Annotated[str | None, typer.Option(help="its key: env:NAME, file:PATH or keyring:SERVICE/USER")] = None,
) -> None:
    """Say whether servers may be used for moves now: exit code 0, or 1 with the reasons."""
    from moveready.gate.command import Verification, verify_command  # noqa: PLC0415 - no other command needs it

    asked = Verification(
        file=verify,
        servers=tuple(server or ()),
        max_age=_time(max_age, "--max-age"),
        inventory=inventory,
        key=gate_key,
    )
    code, lines = verify_command(asked, os.environ, datetime.now(UTC))
    for line in lines:
        typer.echo(line, err=code == USAGE_ERROR)
    raise typer.Exit(code)


def _time(text: str | None, option: str) -> timedelta | None:
    """The length of time of an option; ends the command with 4 where it is none."""
    try:
        return None if text is None else time_span_from(text)
    except ValueError as error:
        typer.echo(f"{option} {text}: {error}", err=True)
        raise typer.Exit(USAGE_ERROR) from None


def missing_libraries(inventory: Inventory) -> Iterator[str]:
    """What the credentials need and this Python does not have, one sentence each."""
    credentials = {server.credential for server in inventory.servers}
    credentials |= {host.credential for host in inventory.organization.exchange}
    wants_kerberos = any(credential.auth is Auth.KERBEROS for credential in credentials)
    if wants_kerberos and platform.system() != "Windows" and not (find_spec("gssapi") and find_spec("krb5")):
        yield 'Kerberos needs its libraries: python -m pip install "moveready[kerberos]"'
    if inventory.notify and not find_spec("apprise"):
        yield '`notify` needs apprise: python -m pip install "moveready[notify]"'


def unknown_channels(inventory: Inventory, environ: Mapping[str, str]) -> Iterator[str]:
    """What keeps people from being notified, a sentence each; no secret is in it. Nothing is sent."""
    from moveready.notify.channel import channels_from  # noqa: PLC0415 - no other command needs it

    for value in inventory.notify:
        try:
            channels_from([value], inventory.files[0].parent, environ)
        except ValueError as error:
            yield f"notify: {error}"


def unknown_names(inventory: Inventory) -> Iterator[str]:
    """The names and addresses to connect to that this machine cannot resolve, one sentence each."""
    targets = {host.name: host.connect_to for host in inventory.organization.exchange}
    targets |= {server.name: server.connect_to for server in inventory.servers}
    for name, target in sorted(targets.items()):
        try:
            socket.getaddrinfo(target, None)
        except OSError as error:
            yield f"{name}: {target} does not resolve ({error.strerror or error})"
