"""Every combination of flag, worker, endpoint, event age and log age: the suite against the lab against DOMAIN's rules.

The expectation is derived here from the rules themselves, on its own, and not from the code that is tested.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab
from tests.builders import KB3063913

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.findings.outcomes import Run

pytestmark = pytest.mark.heavy

FLAGS = ("on", "off", "absent")
WORKERS = ("on", "off")
ENDPOINTS = ("exchange", "device-403", "401", "404", "500", "503", "redirect", "iis-403.4", "device-200")
EVENTS: dict[str, list[str]] = {"none": [], "live": ["1h"], "past": ["5h"], "old": ["40h"]}
LOGS = ("60d", "30m")
WORKER_STARTED = "2h"


@dataclass(frozen=True)
class Case:
    """One server of the matrix."""

    name: str
    flag: str
    worker: str
    endpoint: str
    events: str
    log: str

    def facts(self) -> dict[str, Any]:
        """Its entry of a fleet file. An event older than the oldest record cannot be in the log."""
        ages = [age for age in EVENTS[self.events] if self.log == "60d"]
        return {
            "name": self.name,
            "flag": self.flag,
            "worker": self.worker,
            "worker_started": WORKER_STARTED,
            "endpoint": self.endpoint,
            "events": [{"ago": age} for age in ages],
            "oldest_record": self.log,
        }

    def outcomes(self) -> dict[str, str]:
        """What the three controls must end as."""
        flag = {"on": "passed", "off": "failed", "absent": "error"}[self.flag]
        return {"KB3063913-1": flag, "KB3063913-2": self._log_outcome(), "KB3063913-3": self._endpoint_outcome()}

    def verdict(self) -> str:
        """What the truth table says."""
        if self.flag == "absent":
            return "unknown"
        if self.endpoint == "iis-403.4":
            return "stale" if self.flag == "on" and self._log_outcome() == "failed" else "refused by IIS"
        if self.endpoint != "exchange":
            return {
                "device-403": "blocked by a proxy or firewall",
                "device-200": "inconclusive",
                "401": "inconclusive",
                "redirect": "inconclusive",
            }.get(self.endpoint, "MRS service or back end")
        return {
            ("on", "on"): "ready",
            ("off", "on"): "works until the next recycle",
            ("on", "off"): "stale",
            ("off", "off"): "disabled",
        }[self.flag, self.worker]

    def _log_outcome(self) -> str:
        """Needed since the later of window start (24 h) and worker start (2 h): the worker start."""
        if self.log == "30m":
            return "error"
        return "failed" if self.events == "live" else "passed"

    def _endpoint_outcome(self) -> str:
        if self.endpoint in {"401", "redirect", "device-200"}:
            return "error"
        return "passed" if (self.endpoint, self.worker) == ("exchange", "on") else "failed"


CASES = [
    Case(f"ex{number:03}.contoso.com", *facts)
    for number, facts in enumerate(itertools.product(FLAGS, WORKERS, ENDPOINTS, EVENTS, LOGS))
]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A lab with a server for every case."""
    fleet = fleet_from(servers=[case.facts() for case in CASES])
    with Lab(fleet, folder=tmp_path_factory.mktemp("matrix")) as lab:
        yield lab


def test_every_combination_ends_as_domain_says(
    pytester: pytest.Pytester, matrix: Lab, last_run: Callable[[], Run], tmp_path: Path
) -> None:
    """All outcomes and verdicts at once; a difference names its case."""
    pytester.runpytest_subprocess(f"--inventory={matrix.inventory_file}", KB3063913, "-q", "--no-summary", "--tb=no")
    run = last_run()
    outcomes = run.by_server()
    verdicts = {server.name: server.verdicts[0].verdict for server in run.servers}

    found = {name: {o.control: o.result.value for o in found} for name, found in outcomes.items()}
    wrong = [case for case in CASES if found[case.name] != case.outcomes() or verdicts[case.name] != case.verdict()]
    assert wrong == [], {case.name: (found[case.name], verdicts[case.name]) for case in wrong}


def test_matrix_is_whole() -> None:
    """3 flags, 2 workers, 9 endpoints, 4 ages of events, 2 ages of logs."""
    assert len(CASES) == 432
