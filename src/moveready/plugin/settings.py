"""What the command line asked for: options, and their checked values.

Every option is in the group `moveready` of `pytest --help`; docs/options.md lists them, and a test holds it to that.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.errors import InventoryError
from moveready.inventory import Inventory, Phase, load_inventory

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_INVENTORY = (
    "no inventory: name the servers with --inventory FILE (or the environment variable MOVEREADY_INVENTORY),"
    " or look at the demo with --lab"
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST_NUMBER = 6
_DURATION = re.compile(r"(?P<number>\d+)(?P<unit>[smhd])")


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

    @property
    def raw_folder(self) -> Path | None:
        """Where raw answers go, or None."""
        return self.report_dir / "raw" if self.keep_raw else None


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
    group.addoption("--keep-raw", action="store_true", help="keep every answer as it came, in DIR/raw")


def inventory_path(config: pytest.Config, environ: Mapping[str, str] = os.environ) -> str | None:
    """The inventory that was named, or None."""
    return config.getoption("inventory") or environ.get("MOVEREADY_INVENTORY")


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
        first_answer_seconds=float(whole_number(config.getoption("first_answer_timeout"), "--first-answer-timeout")),
    )


def read_inventory(config: pytest.Config, path: str, environ: Mapping[str, str] = os.environ) -> Inventory:
    """The inventory of this run, limited and with its phase; raises `pytest.UsageError` with every mistake."""
    try:
        inventory = load_inventory(Path(path), environ)
        if config.getoption("limit"):
            inventory = inventory.limited_to(config.getoption("limit"))
    except InventoryError as error:
        raise pytest.UsageError(str(error)) from None
    phase = config.getoption("phase")
    return inventory.in_phase(Phase(phase)) if phase else inventory


def duration_from(text: str, option: str) -> timedelta:
    """`90s`, `15m`, `24h` or `7d`; raises `pytest.UsageError` for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or len(match["number"]) > _LONGEST_NUMBER:
        raise pytest.UsageError(f"{option} {text}: write a time such as 90m, 24h or 7d")
    return timedelta(**{_UNITS[match["unit"]]: int(match["number"])})


def whole_number(text: str, option: str) -> int:
    """A whole number of at least 1; raises `pytest.UsageError` for anything else."""
    if not text.isdecimal() or int(text) < 1:
        raise pytest.UsageError(f"{option} {text}: write a whole number of at least 1")
    return int(text)
