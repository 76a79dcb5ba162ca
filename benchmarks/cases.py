"""What is measured: the fleets and the contenders. Pure; may import only the standard library.

The sequential ways take minutes for 200 servers and an hour for 5,000. They are run on the two `SUBSETS` of the fleet
and extrapolated in a straight line, because their cost is linear: a start-up, and the same for each server.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SIZES = (200, 1000, 5000)
LATENCIES_MS = (0, 50, 200)
TRANSPORTS = ("ntlm", "tls")
"""The WinRM channel: encrypted messages over HTTP, or NTLM over HTTPS. The endpoint of EWS is always HTTPS."""

SUBSETS = (4, 20)
SMALL = 20


class Contender(Enum):
    """A way of asking a fleet; the value is its letter in the tables."""

    SUITE = "a"
    SUITE_ON_TWO = "b"
    SEQUENTIAL = "c"
    ONE_THREAD = "c1"
    HABIT = "d"
    FLOOR = "e"
    FLEET = "f"
    COLLECT = "g"

    @property
    def title(self) -> str:
        """The name for people."""
        return _TITLES[self]

    @property
    def is_sequential(self) -> bool:
        """Whether it waits for each answer before the next question, and is therefore measured on subsets."""
        return self in (Contender.SEQUENTIAL, Contender.ONE_THREAD, Contender.HABIT)


_TITLES = {
    Contender.SUITE: "this suite, default settings",
    Contender.SUITE_ON_TWO: "this suite, `-n 2`",
    Contender.SEQUENTIAL: "a pypsrp loop, one session per server and question",
    Contender.ONE_THREAD: "a pypsrp loop, one session per server",
    Contender.HABIT: "pytest-testinfra's habit, a connection per fact, `-n 2`",
    Contender.FLOOR: "the same pypsrp calls in 64 threads, no pytest",
    Contender.FLEET: "this suite's own asking, no pytest",
    Contender.COLLECT: "this suite, `--collect-only`",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One fleet and its contenders; `latency_ms` is added to every response of every server."""

    servers: int
    latency_ms: int
    transport: str
    contenders: tuple[Contender, ...]

    @property
    def title(self) -> str:
        """What people read."""
        return f"{self.servers:,} servers, {self.latency_ms} ms a response, {self.transport.upper()}"


def small_cases() -> tuple[Case, ...]:
    """All contenders, on 20 servers without latency."""
    return chosen_cases(SMALL, 0, "ntlm")


def chosen_cases(servers: int, latency_ms: int, transport: str) -> tuple[Case, ...]:
    """All contenders, on one fleet."""
    return (Case(servers, latency_ms, transport, tuple(Contender)),)


def default_cases() -> tuple[Case, ...]:
    """The case of the budgets, the same fleet with other connections, and the suite and the floor on larger fleets."""
    beside_the_floor = (Contender.SUITE, Contender.FLOOR)
    wires = ((0, "ntlm"), (200, "ntlm"), (50, "tls"))
    return (
        *chosen_cases(SIZES[0], 50, "ntlm"),
        *(Case(SIZES[0], latency_ms, transport, beside_the_floor) for latency_ms, transport in wires),
        Case(SIZES[1], 50, "ntlm", beside_the_floor),
        Case(SIZES[2], 50, "ntlm", (*beside_the_floor, Contender.COLLECT)),
    )


def full_cases() -> tuple[Case, ...]:
    """Every size with every latency over every transport."""
    return tuple(
        case
        for transport in TRANSPORTS
        for latency_ms in LATENCIES_MS
        for size in SIZES
        for case in chosen_cases(size, latency_ms, transport)
    )


def subsets_of(case: Case, contender: Contender) -> tuple[int, ...]:
    """On how many servers to run it: all of them, or two subsets for a sequential way on a larger fleet."""
    if contender.is_sequential and case.servers > SUBSETS[-1]:
        return SUBSETS
    return (case.servers,)
