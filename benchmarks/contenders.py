"""Runs a contender in a separate process against a separate lab, and measures both. May import labs and results.

`stopwatch` does the measuring. The lab's own count and the findings show whether a contender asked everything: a
contender that is fast because it asks less must not pass.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.budgets import THREADS
from benchmarks.cases import Contender, subsets_of
from benchmarks.labs import findings_in, running_lab
from benchmarks.results import Result, drawn_out

if TYPE_CHECKING:
    from benchmarks.cases import Case
    from benchmarks.labs import LabFiles

ROOT = Path(__file__).parents[1]

_QUESTIONS = 3
"""Pipelines to each server's Windows endpoint."""

_SCRIPTS = (Contender.SEQUENTIAL, Contender.ONE_THREAD, Contender.FLOOR, Contender.FLEET)
_LAST_WORDS = 2000
_COUNTED = re.compile(r"\b(\d+) (?:passed|failed|tests? collected)")


class ContenderError(Exception):
    """A contender failed, or did not ask everything: its figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took, and how it ended; `cpu_seconds` and `peak_mb` as in `Result`."""

    wall_seconds: float
    cpu_seconds: float | None
    peak_mb: float | None
    code: int
    output: str


def measured(case: Case, contender: Contender) -> Result:
    """The contender's figures for the case; extrapolated if it was run on subsets.

    Raises:
        ContenderError: It failed, or did not ask everything.
        LabError: The lab did not start.
    """
    results = [_measured_on(size, case, contender) for size in subsets_of(case, contender)]
    return results[0] if len(results) == 1 else drawn_out(results[0], results[-1], case.servers)


def _measured_on(servers: int, case: Case, contender: Contender) -> Result:
    with tempfile.TemporaryDirectory(prefix="moveready-benchmark-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with running_lab(folder, servers, case.latency_ms, case.transport) as files:
            usage = used_by(_command_of(contender, files), folder, _environment(files))
        stats = json.loads(files.stats.read_text(encoding="utf-8"))
        parts = json.loads(files.clock.read_text(encoding="utf-8")) if files.clock.exists() else []
    printed = _printed_by(contender, usage)
    hold_to_its_task(contender, servers, usage, stats, printed)
    logins, requests = stats["logins"], stats["requests"]
    return Result(
        contender=contender.value,
        servers=servers,
        asked=servers,
        latency_ms=case.latency_ms,
        transport=case.transport,
        wall_seconds=usage.wall_seconds,
        cpu_seconds=usage.cpu_seconds,
        peak_mb=usage.peak_mb,
        work_wall_seconds=printed.get("wall_seconds"),
        work_cpu_seconds=printed.get("cpu_seconds"),
        exchange_logins=logins.get("exchange", 0),
        windows_logins=logins.get("windows", 0),
        https_logins=logins.get("https", 0),
        exchange_requests=requests.get("exchange", 0),
        visit_requests=requests.get("windows", 0) + requests.get("https", 0),
        checks=0 if contender in _SCRIPTS else checks_in(usage.output),
        open_shells=stats["open_shells"],
        parts=tuple(tuple(part) for part in parts),
    )


def checks_in(output: str) -> int:
    """How many tests pytest ran or collected, by its last line."""
    return sum(int(number) for number in _COUNTED.findall(output.rstrip().rpartition("\n")[2]))


def used_by(command: list[str], folder: Path, environment: dict[str, str]) -> Usage:
    """Run a command to its end; its figures and its output go to files in the folder."""
    figures, words = folder / "took.json", folder / "words.txt"
    stopwatch = [sys.executable, "-I", str(ROOT / "benchmarks" / "stopwatch.py"), str(figures)]
    with words.open("wb") as output:
        subprocess.run(  # noqa: S603 - our own modules
            [*stopwatch, *command], stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env=environment, check=True
        )
    return Usage(**json.loads(figures.read_text(encoding="utf-8")), output=words.read_text("utf-8", "replace"))


def _command_of(contender: Contender, files: LabFiles) -> list[str]:
    """The command line; the suite's settings are the defaults, and what it writes goes to the lab's folder."""
    python = [sys.executable, "-m"]
    cache = ["-o", f"cache_dir={files.folder / 'cache'}"]
    # All contenders ask for the same: what KB 3063913 needs.
    kb = ["--control=KB3063913", f"--inventory={files.inventory}", f"--report-dir={files.folder / 'reports'}"]
    # Only our own tests need Hypothesis, not a user who runs the checks, and its plugin alone takes a second to start.
    suite = [*python, "pytest", "-p", "no:hypothesispytest", *kb, *cache]
    habit = ROOT / "benchmarks" / "testinfra_habit"
    return {
        Contender.SUITE: [*suite, "-p", "benchmarks.clock"],
        Contender.SUITE_ON_TWO: [*suite, "-n", "2"],
        Contender.SEQUENTIAL: [*python, "benchmarks.sequential", str(files.target)],
        Contender.ONE_THREAD: [*python, "benchmarks.floor", str(files.target), "1"],
        Contender.HABIT: [*python, "pytest", "-c", str(habit / "pytest.ini"), str(habit), "-n", "2"],
        Contender.FLOOR: [*python, "benchmarks.floor", str(files.target), str(THREADS)],
        Contender.FLEET: [*python, "benchmarks.fleet_alone", str(files.inventory)],
        Contender.COLLECT: [*suite, "--collect-only", "-q"],
    }[contender]


def _environment(files: LabFiles) -> dict[str, str]:
    ours = ("MOVEREADY_", "PYTEST_", "COVERAGE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    named = {"BENCHMARK_TARGET": str(files.target), "BENCHMARK_CLOCK": str(files.clock)}
    return {**inherited, **named, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def hold_to_its_task(
    contender: Contender, servers: int, usage: Usage, stats: dict[str, Any], printed: dict[str, Any]
) -> None:
    """Raise `ContenderError` unless it ended normally, asked every server everything, and found all findings.

    Args:
        contender: The contender.
        servers: How many servers there were.
        usage: How its process ended.
        stats: What the lab counted (`RequestLog.summary`).
        printed: What a script printed (`bare.print_work`); empty for pytest.
    """
    finds = contender not in (*_SCRIPTS, Contender.COLLECT) and findings_in(servers) > 0
    if usage.code != int(finds):
        raise _failure(contender, f"ended with {usage.code}.\n{usage.output[-_LAST_WORDS:]}")
    kinds = stats["kinds"]
    asked = kinds.get("command", 0) > _QUESTIONS * servers and kinds.get("get", 0) == servers
    if contender is not Contender.COLLECT and not asked:
        raise _failure(contender, f"it did not ask every server everything: {kinds}")
    if printed and printed["findings"] != findings_in(servers):
        raise _failure(contender, f"it found {printed['findings']} of {findings_in(servers)} servers that are off")


def _failure(contender: Contender, happened: str) -> ContenderError:
    return ContenderError(f"({contender.value}) {contender.title}: {happened}")


def _printed_by(contender: Contender, usage: Usage) -> dict[str, Any]:
    """The last line that a script printed, as data; empty if it failed."""
    lines = usage.output.splitlines()
    printed: dict[str, Any] = json.loads(lines[-1]) if contender in _SCRIPTS and usage.code == 0 else {}
    return printed
