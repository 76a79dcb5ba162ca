"""`moveready`: commands for the time before a run. They are thin layers over the same data.

`doctor` finds what would stop a run before it begins; `schema` prints the inventory's JSON schema for editors;
`explain` says what an error text of a failing move means; `history` what changed between runs; `gate` whether servers
may be used for moves now.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from moveready.errors import InventoryError, MovereadyError
from moveready.inventory import inventory_schema
from moveready.inventory.times import time_span_from

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Commands for the time before a run of the checks.")

USAGE_ERROR = 4
"""The same number as pytest's own exit code for a usage error."""
_TYPERS_USAGE_ERROR = 2
"""In runs of the checks 2 means interrupted, so it must not mean a wrong option here."""


class Interrupted(SystemExit):
    """The command was interrupted; its exit code is that of an interrupted run."""

    def __init__(self) -> None:
        """Keep the exit code."""
        super().__init__(2)


def main() -> None:
    """Run the command that the command line names."""
    try:
        app()
    except Interrupted:
        raise
    except SystemExit as end:
        raise SystemExit(USAGE_ERROR if end.code == _TYPERS_USAGE_ERROR else end.code) from None


@app.command()
def doctor(
    inventory: Annotated[Path, typer.Option(help="inventory file, or folder of inventory files")],
    connect: Annotated[bool, typer.Option("--connect", help="also try ports, certificates and clocks")] = False,  # noqa: FBT002 - a flag
    login: Annotated[bool, typer.Option("--login", help="also log in to one server; includes --connect")] = False,  # noqa: FBT002 - a flag
    server: Annotated[str, typer.Option(help="the server of --login (default: the first)")] = "",
    timeout: Annotated[
        float, typer.Option(min=0.1, max=600, help="seconds to wait for each name and connection")
    ] = 10.0,
) -> None:
    """Find what would stop a run before it begins, and say for each finding what to do next."""
    from moveready.doctor.diagnosis import Diagnosis, depth_of, diagnose  # noqa: PLC0415 - no other command needs it

    if server and not login:
        _end_with_usage_error("--server names the server of --login, and there is no --login.")
    depth = depth_of(connect=connect, login=login)
    try:
        asked = Diagnosis(inventory=inventory, depth=depth, server=server, seconds=timeout)
        raise typer.Exit(diagnose(asked, os.environ, typer.echo))
    except InventoryError as error:
        _end_with_usage_error(str(error))
    except KeyboardInterrupt:
        typer.echo("Interrupted: what is said above is not everything.", err=True)
        raise Interrupted from None


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


def _end_with_usage_error(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(USAGE_ERROR)
