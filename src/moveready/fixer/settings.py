"""The fixer's options and their checked values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

from moveready.fixer.guards import Limits
from moveready.plugin.settings import duration_from, whole_number


class Mode(Enum):
    """What `--fix` asks for."""

    PLAN = "plan"
    APPLY = "apply"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class FixSettings:
    """The options of a run of the fixer."""

    mode: Mode
    plan_file: Path | None
    plan_fingerprint: str | None
    limits: Limits
    pools_at_once: int
    timeout_seconds: float
    ask: bool


def add_fix_options(parser: pytest.Parser) -> None:
    """Declare every option of the fixer."""
    group = parser.getgroup("moveready-fixer", "moveready's fixer: repairs what failed")
    group.addoption(
        "--fix", choices=[mode.value for mode in Mode], help="plan: change nothing; apply; resume: a killed run"
    )
    group.addoption("--plan", metavar="FILE", help="with --fix apply: carry out this fix-plan.json")
    group.addoption(
        "--plan-fingerprint", metavar="FINGERPRINT", help="with --plan: the plan that was approved, and no other"
    )
    group.addoption("--fix-max", metavar="N", default="5", help="most servers to change in one run (default: 5)")
    group.addoption("--fix-last-node", action="store_true", help="allow to restart the last ready server of a pool")
    group.addoption("--fix-pools", metavar="N", default="1", help="pools to work on side by side (default: 1)")
    group.addoption(
        "--fix-timeout",
        metavar="TIME",
        default="10m",
        help="longest time for a server to come back, and to give back (default: 10m)",
    )
    group.addoption("--fix-approve", action="store_true", help="ask at the terminal before each pool")


def read_fix_settings(config: pytest.Config) -> FixSettings | None:
    """The checked options, or None without `--fix`; raises `pytest.UsageError` for an invalid value."""
    mode = config.getoption("fix")
    if mode is None:
        return None
    if config.getoption("replay", default=None):
        raise pytest.UsageError("--fix asks and changes living servers: leave out --replay")
    plan = config.getoption("plan")
    if plan and mode != Mode.APPLY.value:
        raise pytest.UsageError("--plan FILE goes with --fix apply")
    fingerprint = config.getoption("plan_fingerprint")
    if fingerprint and not plan:
        raise pytest.UsageError("--plan-fingerprint FINGERPRINT goes with --plan FILE")
    return FixSettings(
        mode=Mode(mode),
        plan_file=Path(plan) if plan else None,
        plan_fingerprint=fingerprint,
        limits=Limits(whole_number(config.getoption("fix_max"), "--fix-max"), config.getoption("fix_last_node")),
        pools_at_once=whole_number(config.getoption("fix_pools"), "--fix-pools"),
        timeout_seconds=duration_from(config.getoption("fix_timeout"), "--fix-timeout").total_seconds(),
        ask=config.getoption("fix_approve"),
    )
