"""What a conversation costs is counted, and adds up."""

from __future__ import annotations

from moveready.cost import Cost, Meter


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
