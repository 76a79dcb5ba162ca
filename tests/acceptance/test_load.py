"""A thousand servers, five in a hundred with a fault: every outcome is right, and nothing is left behind.

The expectation is computed from the fleet file alone (`random_fleets.expected_outcomes`). Smaller fleets of the same
kind are asked while a worker is killed, while the whole run is killed, and with a disk that takes no reports.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from moveready.findings.run_file import read_run
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from tests.acceptance.random_fleets import expected_outcomes, random_fleet
from tests.builders import KB3063913

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVERS = 1000
FEWER = 250
FAULT_SHARE = 0.06
SECONDS = 900
PEAK_MB = 250
"""Of the controller and of each worker. On a quiet machine 1,000 servers took half of it; without a bound, keeping
the answers alone would take more."""
OPTIONS = ("-n", "2", "--first-answer-timeout=20", "--server-timeout=60", "--tb=no", "-q", KB3063913)

CONFTEST = """
import os
from pathlib import Path

def pytest_configure(config):
    if hasattr(config, "workerinput"):
        Path(config.workerinput["workerid"]).write_text(str(os.getpid()))

def pytest_unconfigure():
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    Path(f"peak-{os.getpid()}").write_text(line.split()[1])
"""
"""Each process tells its number at its start, and at its end how much memory it had at most, in KB. What `getrusage`
gives instead is at least the memory of the process that has started it, which has the lab."""

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="the signals and the unit of the figures are those of Linux"),
]


@dataclass(frozen=True)
class LivingFleet:
    """A lab, and how each control must end on each of its servers."""

    lab: Lab
    expected: dict[str, dict[str, str]]

    def open_shells(self) -> int:
        """How many sessions the servers hold."""
        return sum(self.lab.shells(name, channel) for name in self.expected for channel in ("exchange", "windows"))

    def asked(self) -> int:
        """How many answers to the last question of a visit there were."""
        return len(self.lab.log.entries(channel="https", kind="get"))


@pytest.fixture
def fleet_of(tmp_path: Path) -> Iterator[Callable[[int, int], LivingFleet]]:
    """Start the lab of a random fleet, of this seed and size."""
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    with ExitStack() as opened:

        def start(seed: int, size: int) -> LivingFleet:
            facts = random_fleet(seed, size, FAULT_SHARE)
            lab = opened.enter_context(Lab(fleet_from(servers=facts), folder=tmp_path))
            return LivingFleet(lab, {server["name"]: expected_outcomes(server) for server in facts})

        yield start


@pytest.fixture
def outcomes(tmp_path: Path) -> Callable[[], dict[str, dict[str, str]]]:
    """How each control ended on each server, in the `run.json` that a run has left."""

    def read() -> dict[str, dict[str, str]]:
        run = read_run(tmp_path / "reports" / "run.json")
        return {name: {o.control: o.result.value for o in found} for name, found in run.by_server().items()}

    return read


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_outcome_is_right(
    fleet_of: Callable[[int, int], LivingFleet],
    start_checks: Callable[..., subprocess.Popen[str]],
    outcomes: Callable[[], dict[str, dict[str, str]]],
    tmp_path: Path,
    seed: int,
) -> None:
    """In bounded memory, within the time of the test, and without an open session."""
    fleet = fleet_of(seed, SERVERS)
    process = start_checks(f"--inventory={fleet.lab.inventory_file}", *OPTIONS)
    process.communicate(timeout=SECONDS)
    found = outcomes()
    wrong = {name: (found.get(name), wanted) for name, wanted in fleet.expected.items() if found.get(name) != wanted}
    peaks = [int(file.read_text(encoding="utf-8")) // 1024 for file in tmp_path.glob("peak-*")]

    assert process.returncode == 1
    assert (wrong, found.keys() - fleet.expected.keys()) == ({}, set())
    assert fleet.open_shells() == 0
    assert (len(peaks), [peak for peak in peaks if peak > PEAK_MB]) == (3, [])


def test_a_killed_worker_changes_no_outcome(
    fleet_of: Callable[[int, int], LivingFleet],
    start_checks: Callable[..., subprocess.Popen[str]],
    outcomes: Callable[[], dict[str, dict[str, str]]],
    await_that: Callable[..., None],
    tmp_path: Path,
) -> None:
    """Its replacement asks its servers once more."""
    fleet = fleet_of(4, FEWER)
    process = start_checks(f"--inventory={fleet.lab.inventory_file}", *OPTIONS)
    await_that(lambda: fleet.asked() > FEWER // 4)
    os.kill(int((tmp_path / "gw0").read_text(encoding="utf-8")), signal.SIGKILL)
    process.communicate(timeout=SECONDS)

    assert (process.returncode, outcomes()) == (1, fleet.expected)


def test_a_killed_run_leaves_no_session(
    fleet_of: Callable[[int, int], LivingFleet],
    start_checks: Callable[..., subprocess.Popen[str]],
    await_that: Callable[..., None],
) -> None:
    """The workers notice that nobody reads what they find, and close what they have opened."""
    fleet = fleet_of(5, FEWER)
    process = start_checks(f"--inventory={fleet.lab.inventory_file}", *OPTIONS)
    await_that(lambda: fleet.asked() > FEWER // 4 and fleet.open_shells())
    process.kill()
    process.communicate(timeout=SECONDS)

    await_that(lambda: fleet.open_shells() == 0)


def test_a_full_disk_costs_the_reports_alone(
    fleet_of: Callable[[int, int], LivingFleet], start_checks: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """The table of the terminal names every server that is not ready."""
    fleet = fleet_of(6, FEWER)
    (tmp_path / "conftest.py").write_text(SMALL_FILES, encoding="utf-8")
    process = start_checks(f"--inventory={fleet.lab.inventory_file}", *OPTIONS)
    printed, complained = process.communicate(timeout=SECONDS)
    told = {word for line in printed.splitlines() if (word := line.partition(" ")[0]).startswith("ex")}
    # Where only the log could not be read, flag and endpoint have proved that the server is ready.
    proved = {"KB3063913-1": "passed", "KB3063913-2": "error", "KB3063913-3": "passed"}
    not_ready = {name for name, words in fleet.expected.items() if {*words.values()} != {"passed"} and words != proved}

    assert (process.returncode, complained) == (3, "")
    assert printed.count("The reports cannot be written to reports: ") == 1
    assert {name.partition(".")[0] for name in not_ready} <= told
    assert not (tmp_path / "reports" / "run.json").exists()


SMALL_FILES = """
import resource
LIMITS = resource.getrlimit(resource.RLIMIT_FSIZE)

def pytest_sessionfinish():
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, LIMITS[1]))

def pytest_unconfigure():
    resource.setrlimit(resource.RLIMIT_FSIZE, LIMITS)
"""
