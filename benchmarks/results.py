"""The figures of a run as values, plain data both ways, and the straight line through two subsets. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.cases import Contender

NOT_MEASURED = (
    "CPU and memory are not measured: this system does not report to a parent what its children took (`os.wait4`)."
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one contender took for one fleet.

    Attributes:
        contender: Its letter.
        servers: Of the fleet.
        asked: On how many of them it was run; if that is fewer, the figures are extrapolated.
        latency_ms: Added to every response.
        transport: `ntlm` or `tls`.
        wall_seconds: From the start of its process to its end.
        cpu_seconds: Of its process and their children, None if the system does not report it.
        peak_mb: Largest resident size of a single process (2**20 bytes), None as above.
        work_wall_seconds: Without the start of Python and its imports, as a script itself reports it; None for pytest.
        work_cpu_seconds: As above.
        exchange_logins: Logins to Exchange endpoints; the next two likewise.
        exchange_requests: Round trips to Exchange endpoints.
        visit_requests: Round trips to the Windows and HTTPS endpoints.
        checks: Tests that pytest ran.
        open_shells: Shells left behind on the servers.
        parts: For (a): name of the part (`benchmarks.clock.PARTS`), its wall seconds, its CPU seconds.
    """

    contender: str
    servers: int
    asked: int
    latency_ms: int
    transport: str
    wall_seconds: float
    cpu_seconds: float | None
    peak_mb: float | None
    work_wall_seconds: float | None = None
    work_cpu_seconds: float | None = None
    exchange_logins: float = 0
    windows_logins: float = 0
    https_logins: float = 0
    exchange_requests: float = 0
    visit_requests: float = 0
    checks: int = 0
    open_shells: int = 0
    parts: tuple[tuple[str, float, float], ...] = ()

    @property
    def who(self) -> Contender:
        """The contender."""
        return Contender(self.contender)

    @property
    def logins(self) -> float:
        """Over all channels."""
        return self.exchange_logins + self.windows_logins + self.https_logins

    @property
    def requests(self) -> float:
        """Round trips over all channels."""
        return self.exchange_requests + self.visit_requests


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one run, with its day and a description of the machine."""

    day: str
    machine: tuple[tuple[str, str], ...]
    results: tuple[Result, ...]


_LINEAR = (
    "wall_seconds",
    "cpu_seconds",
    "work_wall_seconds",
    "work_cpu_seconds",
    "exchange_logins",
    "windows_logins",
    "https_logins",
    "exchange_requests",
    "visit_requests",
    "checks",
)


def drawn_out(small: Result, large: Result, servers: int) -> Result:
    """The result of the larger of two subsets, with costs extrapolated to so many servers; memory stays as measured."""
    step = (servers - large.asked) / (large.asked - small.asked)
    changes: dict[str, Any] = {"servers": servers}
    for name in _LINEAR:
        near, far = getattr(small, name), getattr(large, name)
        changes[name] = None if near is None or far is None else far + (far - near) * step
    return replace(large, **{**changes, "checks": round(changes["checks"])})


def plain_from(report: Report) -> dict[str, Any]:
    """The report as JSON knows it."""
    return asdict(report)


def report_from(plain: dict[str, Any]) -> Report:
    """The report from plain data; raises `KeyError` or `TypeError` if the data is not a report."""
    machine = tuple((name, value) for name, value in plain["machine"])
    return Report(plain["day"], machine, tuple(map(_result_from, plain["results"])))


def _result_from(plain: dict[str, Any]) -> Result:
    return Result(**{**plain, "parts": tuple((name, wall, cpu) for name, wall, cpu in plain["parts"])})
