"""`python -m moveready.lab [FLEET.yaml]`: the lab alone, for any client to talk to.

Prints where each server listens and how to reach one, runs until Ctrl-C or SIGTERM, and ends with exit code 0; with
`--stats FILE` it then writes there what it was asked. For a fleet file with mistakes it prints one line for each, and
ends with exit code 4. May import everything of the lab.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from moveready.errors import LabError, MovereadyError
from moveready.lab.dump import Dump
from moveready.lab.fleet import DEMO_FLEET, read_fleet
from moveready.lab.guide import guide_text
from moveready.lab.node import CHANNELS
from moveready.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Sequence

_BAD_USAGE = 4
_POLL_SECONDS = 0.5
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")
"""The signals that end the lab; the last is Ctrl-Break on Windows."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lab until a signal ends it; return the exit code."""
    options = _options_from(arguments)
    stopped = threading.Event()
    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stopped.set())
    with tempfile.TemporaryDirectory(prefix="moveready-lab-", ignore_cleanup_errors=True) as folder:
        try:
            return _run(options, Path(folder), stopped)
        except MovereadyError as error:
            print(error, file=sys.stderr)  # noqa: T201 - a command talks to its terminal
            return _BAD_USAGE


def _options_from(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m moveready.lab", description="A simulated Exchange organization.")
    parser.add_argument(
        "fleet", nargs="?", type=Path, default=DEMO_FLEET, help="the simulated fleet; default: the demo"
    )
    parser.add_argument("--write-inventory", type=Path, metavar="FILE", help="write a ready inventory here")
    parser.add_argument("--windows-tls", action="store_true", help="let the Windows endpoints speak TLS")
    parser.add_argument("--keytab", type=Path, metavar="FILE", help="keys of the servers at a KDC: log in by Kerberos")
    parser.add_argument("--dump", type=Path, metavar="FOLDER", help="write here what clients ask and get, to be read")
    parser.add_argument("--stats", type=Path, metavar="FILE", help="at the end write here, as JSON, what was asked")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, folder: Path, stopped: threading.Event) -> int:
    dump = Dump(options.dump) if options.dump else None
    fleet = read_fleet(options.fleet)
    with Lab(fleet, folder=folder, windows_tls=options.windows_tls, dump=dump, keytab=options.keytab) as lab:
        if options.write_inventory:
            lab.write_inventory(options.write_inventory)
        print(guide_text(lab, options.write_inventory or lab.inventory_file), flush=True)  # noqa: T201 - as above
        # In short waits: on Windows a signal does not wake a thread that waits for an event.
        while not stopped.wait(_POLL_SECONDS):
            pass
        if options.stats:
            _write_stats(lab, options.stats)
    return 0


def _write_stats(lab: Lab, file: Path) -> None:
    """Write the log's summary and how many shells are still open; raises `LabError` where it cannot be written."""
    shells = sum(lab.shells(server, channel) for server in lab.ports for channel in CHANNELS if channel != "https")
    try:
        file.write_text(json.dumps({**lab.log.summary(), "open_shells": shells}, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise LabError(f"The numbers cannot be written to {file}: {error.strerror}.") from error


if __name__ == "__main__":
    sys.exit(main())
