"""`python -I stopwatch.py FILE COMMAND...`: run a command, and write what it took to FILE, as JSON.

This is a separate, small process: on Linux the peak size of a process is at least that of its parent, and the benchmark
itself is larger than some contenders. May import only the standard library.

It writes the system's own figures of the process and all its children (`os.wait4`), so pytest-xdist's workers count.
Windows has none: there CPU and memory are null.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from time import perf_counter


def took(command: list[str]) -> dict[str, float | None]:
    """Run the command; `wall_seconds`, `cpu_seconds`, `peak_mb` (2**20 bytes) of the largest process, and `code`."""
    began = perf_counter()
    process = subprocess.Popen(command)  # noqa: S603 - the benchmark's own command lines
    if sys.platform == "win32":
        return {"code": process.wait(), "wall_seconds": perf_counter() - began, "cpu_seconds": None, "peak_mb": None}
    _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    # ru_maxrss is in KiB, on macOS in bytes.
    peak_mb = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    cpu = usage.ru_utime + usage.ru_stime
    return {"code": process.returncode, "wall_seconds": wall, "cpu_seconds": cpu, "peak_mb": peak_mb}


if __name__ == "__main__":
    figures = took(sys.argv[2:])
    with open(sys.argv[1], "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would make it larger
        json.dump(figures, file)
