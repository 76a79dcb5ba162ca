"""What the command line asked for: options, and their checked values.

Every option is in the group `moveready` of `pytest --help`; docs/options.md lists them, and a test holds it to that.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready import __version__
from moveready.cleaning import cleaned
from moveready.errors import InventoryError, RunFileError
from moveready.findings.outcomes import Run, RunScope
from moveready.findings.replaying import inventory_of
from moveready.findings.run_file import read_run
from moveready.inventory import Inventory, Phase, load_inventory
from moveready.inventory.times import time_span_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from moveready.remoting.audit import Audit

NO_INVENTORY = (
    "no inventory: name the servers with --inventory FILE (or the environment variable MOVEREADY_INVENTORY),"
    " or look at the demo with --lab"
)

_LONGEST_NUMBER = 9  # digits


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a run; times in seconds where the name says so."""

    report_dir: Path
    since: timedelta
    server_timeout_seconds: float
    concurrency: int
    max_sessions: int
    keep_raw: bool
    first_answer_seconds: float = 10.0
    limit: str = ""
    controls: str = ""
    phase: str = ""
    replay: Path | None = None
    audit_file: Path | None = None

    @property
    def raw_folder(self) -> Path | None:
        """Where raw answers go, or None."""
        return self.report_dir / "raw" if self.keep_raw else None

    def scope_of(self, inventory: Inventory) -> RunScope:
        """What these options ask of this inventory, for the reports; no secret is in it."""
        return RunScope(
            fingerprint=inventory.fingerprint,
            limit=self.limit,
            controls=self.controls,
            phase=self.phase,
            cut_pools=inventory.cut_pools,
            accounts=tuple(
                dict.fromkeys(credential.username or credential.name for credential in inventory.credentials)
            ),
            certificates_verified=all(server.tls.verify for server in inventory.servers)
            and all(host.verify for host in inventory.organization.exchange),
            options={
                "since": f"{self.since.total_seconds() / 3600:g}h",
                "server-timeout": f"{self.server_timeout_seconds:g}",
                "first-answer-timeout": f"{self.first_answer_seconds:g}",
                "concurrency": str(self.concurrency),
                "max-sessions": str(self.max_sessions),
                **({"replay": str(self.replay)} if self.replay else {}),
            },
        )


def add_options(parser: pytest.Parser) -> None:
    """Declare every option of the checks."""
    group = parser.getgroup("moveready", "moveready: Exchange servers before mailboxes move")
    group.addoption("--inventory", metavar="PATH", help="inventory file, or folder of inventory files")
    group.addoption("--limit", metavar="PATTERNS", help="only these servers: 'ex0*,group:frankfurt,site:..,pool:..'")
    group.addoption(
        "--control", metavar="IDS", help="only these controls, or those of these KBs: KB3063913-1,KB3063913"
    )
    group.addoption("--phase", choices=[phase.value for phase in Phase], help="judge every server as in this phase")
    group.addoption("--since", metavar="TIME", default="24h", help="look-back of the event check: 90m, 24h, 7d")
    group.addoption("--report-dir", metavar="DIR", default="reports", help="where the reports go (default: reports)")
    group.addoption("--concurrency", metavar="N", default="64", help="questions under way at once (default: 64)")
    group.addoption(
        "--server-timeout",
        metavar="SECONDS",
        default="60",
        help="longest time for all questions to one server (default: 60)",
    )
    group.addoption(
        "--first-answer-timeout",
        metavar="SECONDS",
        default="10",
        help="longest time until a server says anything at all (default: 10)",
    )
    group.addoption(
        "--max-sessions",
        metavar="N",
        default="8",
        help="Exchange sessions of the organization at once, all workers together (default: 8)",
    )
    group.addoption(
        "--replay",
        metavar="FILE",
        help="judge the evidence of an earlier run again, out of its run.json; nothing is asked of any server",
    )
    group.addoption(
        "--audit", metavar="FILE", help="append to this file, as JSON lines, each cmdlet and request that is sent"
    )
    group.addoption("--keep-raw", action="store_true", help="keep every answer as it came, in DIR/raw")


def inventory_path(config: pytest.Config, environ: Mapping[str, str] = os.environ) -> str | None:
    """The inventory that was named, or None."""
    return config.getoption("inventory") or environ.get("MOVEREADY_INVENTORY")


def has_servers(config: pytest.Config) -> bool:
    """Whether this run has servers to judge, those of an inventory or those of a recorded run."""
    return bool(inventory_path(config) or config.getoption("replay"))


def is_judging(config: pytest.Config) -> bool:
    """Whether tests are carried out; `--collect-only`, `--setup-only` and `--setup-plan` (it sets both) only look."""
    return not (config.option.collectonly or getattr(config.option, "setuponly", False))


def is_asking(config: pytest.Config) -> bool:
    """Whether servers are asked; `--setup-only` does ask, as evidence is a fixture."""
    return not (config.option.collectonly or getattr(config.option, "setupplan", False))


def read_settings(config: pytest.Config) -> Settings:
    """The checked options; raises `pytest.UsageError` for a value that is none."""
    return Settings(
        report_dir=Path(config.getoption("report_dir")),
        since=duration_from(config.getoption("since"), "--since"),
        server_timeout_seconds=float(whole_number(config.getoption("server_timeout"), "--server-timeout")),
        concurrency=whole_number(config.getoption("concurrency"), "--concurrency"),
        max_sessions=whole_number(config.getoption("max_sessions"), "--max-sessions"),
        keep_raw=config.getoption("keep_raw"),
        limit=config.getoption("limit") or "",
        controls=config.getoption("control") or "",
        phase=config.getoption("phase") or "",
        replay=Path(config.getoption("replay")) if config.getoption("replay") else None,
        first_answer_seconds=float(whole_number(config.getoption("first_answer_timeout"), "--first-answer-timeout")),
        audit_file=Path(config.getoption("audit")) if config.getoption("audit") else None,
    )


def read_inventory(
    config: pytest.Config, path: str, recorded: Inventory | None = None, environ: Mapping[str, str] = os.environ
) -> Inventory:
    """The inventory of this run, limited and with its phase; raises `pytest.UsageError` with every mistake.

    Of a recorded run the servers are judged that it has; an inventory that is named beside it gives their settings and
    their waivers.
    """
    try:
        inventory = load_inventory(Path(path), environ) if path else None
        if recorded is not None:
            inventory = recorded if inventory is None else inventory.having(recorded)
            if not inventory.servers:
                raise pytest.UsageError("--replay: no server of the record is in the inventory")
        assert inventory is not None  # noqa: S101 - whoever calls has one of the two
        if config.getoption("limit"):
            inventory = inventory.limited_to(config.getoption("limit"))
    except InventoryError as error:
        raise pytest.UsageError(str(error)) from None
    phase = config.getoption("phase")
    return inventory.in_phase(Phase(phase)) if phase else inventory


def inventory_name(config: pytest.Config, path: str) -> str:
    """What reports call the inventory: its path; a lab's is another in each run, and its fleet is the same."""
    if not config.getoption("lab", default=False):
        return path
    return f"the lab's {config.getoption('lab_fleet') or 'demo fleet'}"


def recorded_inventory(recorded: Run, settings: Settings) -> Inventory:
    """The servers of a recorded run; raises `pytest.UsageError` where the file was edited so that it has none."""
    try:
        inventory = inventory_of(recorded)
    except ValueError as error:
        raise pytest.UsageError(f"--replay {settings.replay}: {cleaned(str(error))}") from None
    names = [server.name for server in inventory.servers]
    if not names or len(set(names)) < len(names):
        raise pytest.UsageError(f"--replay {settings.replay}: it has no servers, or one of them twice")
    return inventory


def read_recorded(file: Path | None) -> Run | None:
    """The run that is judged again, or None; raises `pytest.UsageError` where the file is none."""
    try:
        return read_run(file) if file else None
    except RunFileError as error:
        raise pytest.UsageError(str(error)) from None


def begin_audit(audit: Audit, inventory: str) -> None:
    """Prove that the audit can be written before anybody is asked; raises `pytest.UsageError` where it cannot."""
    try:
        audit.begin(moveready=__version__, inventory=inventory)
    except OSError as error:
        raise pytest.UsageError(f"--audit {audit.file}: it cannot be written: {error.strerror or error}") from None


def duration_from(text: str, option: str) -> timedelta:
    """`90s`, `15m`, `24h` or `7d`; raises `pytest.UsageError` for anything else."""
    try:
        return time_span_from(text)
    except ValueError as error:
        raise pytest.UsageError(f"{option} {text}: {error}") from None


def whole_number(text: str, option: str) -> int:
    """A whole number of at least 1; raises `pytest.UsageError` for anything else."""
    if not text.isdecimal() or len(text) > _LONGEST_NUMBER or int(text) < 1:
        raise pytest.UsageError(f"{option} {text}: write a whole number of at least 1")
    return int(text)
