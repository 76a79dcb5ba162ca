"""Guards `moveready.inventory`: what the package offers."""

from __future__ import annotations

from moveready import inventory


def test_all_public_names_are_there() -> None:
    """Colleagues import from the package, not from its modules."""
    assert all(hasattr(inventory, name) for name in inventory.__all__)
    assert sorted(inventory.__all__) == inventory.__all__
