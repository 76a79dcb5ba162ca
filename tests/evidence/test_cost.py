"""What a conversation costs is counted, and adds up."""

from __future__ import annotations

from moveready.evidence.cost import Cost, Meter


def test_costs_add_up() -> None:
    """Field by field."""
    assert Cost(1, 2, 3, 4, 0.5) + Cost(1, 1, 1, 1, 1.0) == Cost(2, 3, 4, 5, 1.5)


def test_meter_tells_its_cost() -> None:
    """As a value that does not change any more."""
    meter = Meter()
    meter.requests += 3
    cost = meter.cost
    meter.requests += 1

    assert cost == Cost(requests=3)


def test_what_was_taken_is_not_taken_again() -> None:
    """Several subjects may be asked on one meter."""
    meter = Meter(sessions=1, requests=9, bytes_sent=100)
    first = meter.take()
    meter.requests += 3

    assert (first, meter.take(), meter.take()) == (Cost(1, 9, 100), Cost(requests=3), Cost())
    assert meter.cost == Cost(1, 12, 100)
