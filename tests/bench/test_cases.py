"""What is measured."""

from __future__ import annotations

import pytest

from benchmarks.cases import Case, Contender, default_cases, full_cases, small_cases, subsets_of


def test_default_is_the_budget_and_its_growth() -> None:
    """Everybody at 200 servers and 50 ms; elsewhere the suite and the floor, and what starting takes at 5,000."""
    first, *wires, many, most = default_cases()
    two = (Contender.SUITE, Contender.FLOOR)

    assert (first.servers, first.latency_ms, first.contenders) == (200, 50, tuple(Contender))
    assert {(case.servers, case.contenders) for case in wires} == {(200, two)}
    assert {(case.latency_ms, case.transport) for case in wires} == {(0, "ntlm"), (200, "ntlm"), (50, "tls")}
    assert (many.servers, many.contenders) == (1000, two)
    assert (most.servers, most.contenders) == (5000, (*two, Contender.COLLECT))


def test_full_is_every_combination() -> None:
    """Three sizes, three latencies, two transports."""
    assert len({(case.servers, case.latency_ms, case.transport) for case in full_cases()}) == 18


@pytest.mark.parametrize(
    ("servers", "contender", "subsets"),
    [
        (5000, Contender.SUITE, (5000,)),
        (200, Contender.HABIT, (4, 20)),
        (200, Contender.ONE_THREAD, (4, 20)),
        (20, Contender.SEQUENTIAL, (20,)),
    ],
)
def test_sequential_ways_are_run_on_subsets(servers: int, contender: Contender, subsets: tuple[int, ...]) -> None:
    """Where the fleet is larger than the largest subset, and nobody else."""
    assert subsets_of(Case(servers, 50, "ntlm", ()), contender) == subsets


def test_small_runs_everybody() -> None:
    """So that none of them can rot."""
    (case,) = small_cases()

    assert (case.servers, case.contenders) == (20, tuple(Contender))


def test_a_case_tells_its_fleet() -> None:
    """In the words of the tables."""
    assert Case(5000, 50, "tls", ()).title == "5,000 servers, 50 ms a response, TLS"
