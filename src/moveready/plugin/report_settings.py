"""What the command line asked for about the reports, the history, the gate and who is notified.

Every option is in the group `moveready` of `pytest --help`; docs/options.md lists them, and a test holds it to that.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.errors import RunFileError
from moveready.findings.run_file import read_run
from moveready.gate.exit_code import FailOn
from moveready.gate.key import key_from
from moveready.history.compare import run_named
from moveready.history.errors import HistoryError
from moveready.history.store import existing_history
from moveready.notify.channel import Channel, channels_from
from moveready.plugin.settings import duration_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from moveready.inventory import Inventory, Secret

HISTORY_FILE = "history.sqlite"
"""Inside the report folder, where `--history` names no other file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """The options of what comes after the judging.

    Attributes:
        history: The file of the history.
        history_keep: How long a run stays in it.
        compare: Which run this one is compared with: "" for the one before, an id, or the path of a `run.json`.
        gate: Whether the gate is shown and `gate.json` written.
        gate_key: What signs it, or None.
        fail_on: From which findings on the run fails; None for any.
        fail_on_unknown: Whether what could not be evaluated fails the run.
        fail_on_unlisted: Whether a server that the inventory has not is a finding.
        channels: Who is notified.
        notify_always: Whether they are notified although nothing has changed.
        link: Where people find the reports, or None.
    """

    history: Path
    history_keep: timedelta
    compare: str
    gate: bool
    gate_key: Secret | None
    fail_on: FailOn | None
    fail_on_unknown: bool
    fail_on_unlisted: bool
    channels: tuple[Channel, ...]
    notify_always: bool
    link: str | None


def add_report_options(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("moveready")
    group.addoption(
        "--history", metavar="FILE", help=f"history of the runs (default: {HISTORY_FILE} in the report dir)"
    )
    group.addoption("--history-keep", metavar="TIME", default="400d", help="how long runs stay in it (default: 400d)")
    group.addoption("--compare", metavar="RUN", help="compare with this run: an id, or a run.json")
    group.addoption("--gate", action="store_true", help="show which servers are ready for moves, and write gate.json")
    group.addoption("--gate-key", metavar="REF", help="sign gate.json: env:NAME, file:PATH or keyring:SERVICE/USER")
    group.addoption(
        "--fail-on",
        choices=[each.value for each in FailOn],
        help="which findings make the run fail (default: any)",
    )
    group.addoption("--fail-on-unknown", action="store_true", help="what could not be evaluated: exit 1, not 10")
    group.addoption(
        "--fail-on-unlisted", action="store_true", help="a server that Exchange has and the inventory has not: exit 1"
    )
    group.addoption("--notify", metavar="URL", action="append", help="notify this apprise URL; better env:NAME of it")
    group.addoption("--notify-always", action="store_true", help="notify although nothing has changed")
    group.addoption("--report-link", metavar="URL", help="where people find the reports; for notifications")


def read_report_settings(
    config: pytest.Config, inventory: Inventory, report_dir: Path, environ: Mapping[str, str] = os.environ
) -> ReportSettings:
    """The checked options; raises `pytest.UsageError` for a value that is none. No message shows a secret."""
    option = config.getoption
    if option("gate_key") and not option("gate"):
        raise pytest.UsageError("--gate-key REF goes with --gate")
    if option("replay"):
        _must_be_judged_apart(Path(option("replay")), report_dir, has_gate=option("gate"))
    try:
        key = key_from(option("gate_key"), environ) if option("gate_key") else None
        channels = channels_from([*(option("notify") or ()), *inventory.notify], inventory.files[0].parent, environ)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    history = Path(option("history")) if option("history") else report_dir / HISTORY_FILE
    _must_be_comparable(option("compare") or "", history)
    return ReportSettings(
        history=history,
        history_keep=duration_from(option("history_keep"), "--history-keep"),
        compare=option("compare") or "",
        gate=option("gate"),
        gate_key=key,
        fail_on=FailOn(option("fail_on")) if option("fail_on") else None,
        fail_on_unknown=option("fail_on_unknown"),
        fail_on_unlisted=option("fail_on_unlisted"),
        channels=tuple(channels),
        notify_always=option("notify_always"),
        link=option("report_link"),
    )


def _must_be_comparable(text: str, history: Path) -> None:
    """Whether there is a run of that name is known before any server is asked; raises `pytest.UsageError`."""
    try:
        if text.lower().endswith(".json"):
            read_run(Path(text))
        elif text:
            with existing_history(history) as opened:
                run_named(opened, text)
    except (HistoryError, RunFileError) as error:
        raise pytest.UsageError(f"--compare {text}: {error}") from None


def _must_be_judged_apart(record: Path, report_dir: Path, *, has_gate: bool) -> None:
    """A record must outlive its replay, and it opens no gate: it is old, and anybody may have edited it."""
    if has_gate:
        raise pytest.UsageError("--gate asks living servers: leave out --replay")
    if record.resolve().parent == report_dir.resolve():
        raise pytest.UsageError(f"--replay {record}: the reports would replace it. Add --report-dir=ANOTHER_FOLDER.")
