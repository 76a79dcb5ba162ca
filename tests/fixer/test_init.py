"""The package is the plugin."""

from __future__ import annotations

import moveready.fixer
from moveready.fixer import plugin


def test_every_hook_of_the_plugin_is_found() -> None:
    """`-p moveready.fixer` loads the package; a hook that it does not name would never be called."""
    hooks = {name for name in vars(plugin) if name.startswith("pytest_")}

    assert hooks == {name for name in vars(moveready.fixer) if name.startswith("pytest_")}
    assert hooks <= set(moveready.fixer.__all__)


def test_a_remedy_of_ones_own_needs_one_import() -> None:
    """What it is made of, and its registration."""
    assert {"Finding", "Remedy", "remedy"} <= set(moveready.fixer.__all__)
