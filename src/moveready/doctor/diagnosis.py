"""What the command does: it reads the inventory, prints each finding as soon as it is known, and ends with a code."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready import __version__
from moveready.doctor.examination import SECONDS, Depth, Examination, examine, not_looked_at, server_to_log_in_to
from moveready.doctor.finding import exit_code_of
from moveready.doctor.lines import last_line, line_of, wrapped
from moveready.inventory import load_inventory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What the caller asks for.

    Attributes:
        inventory: A file, or a folder of files.
        depth: How far to go.
        server: FQDN or short name of the server to log in to; "" for the first.
        seconds: How long to wait for each name, connection and first answer.
    """

    inventory: Path
    depth: Depth = Depth.NAMES
    server: str = ""
    seconds: float = SECONDS


def depth_of(*, connect: bool, login: bool) -> Depth:
    """How far these two options go; a login includes connecting."""
    if login:
        return Depth.LOGIN
    return Depth.CONNECT if connect else Depth.NAMES


def diagnose(asked: Diagnosis, environ: Mapping[str, str], tell: Callable[[str], object]) -> int:
    """Tell each finding, and what they come to; return the exit code.

    Raises:
        InventoryError: Mistakes of the inventory, or `server` is not one of its servers.
    """
    inventory = load_inventory(asked.inventory, environ)
    server = server_to_log_in_to(inventory, asked.server) if asked.server else None
    width = shutil.get_terminal_size().columns
    tell(f"moveready {__version__}, Python {platform.python_version()} on {platform.system()}")
    findings = []
    for finding in examine(
        Examination(inventory=inventory, environ=environ, depth=asked.depth, seconds=asked.seconds, server=server)
    ):
        tell(line_of(finding, width))
        findings.append(finding)
    if left_out := not_looked_at(asked.depth):
        tell(wrapped(left_out, width))
    tell(last_line(findings))
    return exit_code_of(findings)
