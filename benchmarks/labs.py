"""A lab in its own process, and the target file with which the contenders reach it. May import moveready.

The fleet is healthy except for every tenth server, whose MRSProxy is off, as its flag says: a finding costs more than a
pass, and every contender must find them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.collection.bounds import Bounds
from moveready.errors import LabError
from moveready.evidence.directory import ASK_DIRECTORIES
from moveready.evidence.mrsproxy_endpoint import MRSPROXY_PATH
from moveready.evidence.workers import ASK_WORKERS
from moveready.inventory import load_inventory
from moveready.kb.kb3063913.events import ASK_OLDEST_RECORD, ask_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from moveready.evidence.questions import Pipeline
    from moveready.inventory import Inventory

_LAST_LINE = "Ctrl-C"
_END_SECONDS = 60
_EVERY_SO_MANY = 10


@dataclass(frozen=True, slots=True)
class LabFiles:
    """The files of a lab: `inventory` and `target` exist while it runs, `stats` after it has ended."""

    folder: Path

    @property
    def inventory(self) -> Path:
        """For the suite."""
        return self.folder / "inventory.yaml"

    @property
    def target(self) -> Path:
        """For the other contenders, see `target_from`."""
        return self.folder / "target.json"

    @property
    def stats(self) -> Path:
        """What the lab was asked (`moveready.lab.log.RequestLog.summary`, and `open_shells`)."""
        return self.folder / "stats.json"

    @property
    def clock(self) -> Path:
        """The time of each part of the suite's run (`benchmarks.clock`), if it was measured."""
        return self.folder / "clock.json"


def findings_in(servers: int) -> int:
    """How many servers of such a fleet have their MRSProxy off."""
    return servers // _EVERY_SO_MANY


def fleet_text(servers: int, latency_ms: int) -> str:
    """The lab's fleet file."""
    disabled = findings_in(servers)
    sections = [{"name": "ex.contoso.com", "copies": servers - disabled, "latency": f"{latency_ms}ms"}]
    if disabled:
        off = {"flag": "off", "events": [{"ago": "2h"}]}
        sections.append({"name": "off.contoso.com", "copies": disabled, "latency": f"{latency_ms}ms", **off})
    return json.dumps({"servers": sections})


@contextmanager
def running_lab(folder: Path, servers: int, latency_ms: int, transport: str) -> Iterator[LabFiles]:
    """A running lab; its numbers are written when this ends.

    Raises:
        LabError: It did not start, or did not end as it should.
    """
    files = LabFiles(folder)
    fleet = folder / "fleet.yaml"
    fleet.write_text(fleet_text(servers, latency_ms), encoding="utf-8")
    command = [sys.executable, "-m", "moveready.lab", str(fleet), "--write-inventory", str(files.inventory)]
    command += ["--stats", str(files.stats)] + ["--windows-tls"] * (transport == "tls")
    # On Windows Ctrl-Break can be sent to a process group of its own only.
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdout=subprocess.PIPE, text=True, encoding="utf-8", creationflags=flags, env=environment
    ) as process:
        try:
            _wait_until_it_listens(process)
            target = target_from(load_inventory(files.inventory, {}))
            files.target.write_text(json.dumps(target), encoding="utf-8")
            yield files
        finally:
            process.send_signal(getattr(signal, "CTRL_BREAK_EVENT" if sys.platform == "win32" else "SIGTERM"))
            process.wait(_END_SECONDS)
    if process.returncode:
        raise LabError(f"The lab of the benchmark ended with {process.returncode}; its own words stand above.")


def target_from(inventory: Inventory) -> dict[str, object]:
    """Plain data for contenders without moveready: how to reach the servers, and what the suite asks them."""
    server = inventory.servers[0]
    questions = (ASK_WORKERS, ask_events(Bounds().since), ASK_OLDEST_RECORD)
    return {
        "username": server.credential.username,
        "password": server.credential.password.reveal() if server.credential.password else None,
        "auth": server.credential.auth.value,
        "ca_file": str(server.tls.ca_file),
        "windows_tls": server.tls.windows,
        "path": MRSPROXY_PATH,
        "directories": _plain_from(ASK_DIRECTORIES),
        "questions": [_plain_from(question) for question in questions],
        "servers": [
            {
                "name": server.name,
                "netbios": server.netbios,
                "address": server.connect_to,
                "exchange": server.ports.exchange,
                "windows": server.ports.windows,
                "https": server.ports.https,
            }
            for server in inventory.servers
        ],
    }


def _plain_from(pipeline: Pipeline) -> list[dict[str, object]]:
    """The cmdlets; a switch that is given is `true`."""
    return [
        {
            "name": cmdlet.name,
            "arguments": list(cmdlet.arguments),
            "parameters": {name: True if value is None else value for name, value in cmdlet.parameters.items()},
        }
        for cmdlet in pipeline.cmdlets
    ]


def _wait_until_it_listens(process: subprocess.Popen[str]) -> None:
    if process.stdout is None or not any(line.startswith(_LAST_LINE) for line in process.stdout):
        raise LabError("The lab of the benchmark did not start; its own words stand above.")
