"""Guards `moveready.inventory.__main__`: the command that makes schema.json."""

from __future__ import annotations

import json
import subprocess
import sys

from moveready.inventory import inventory_schema


def test_the_module_prints_the_schema() -> None:
    """In a form that any encoding can hold, for shells that choose one of their own."""
    printed = subprocess.run([sys.executable, "-m", "moveready.inventory"], check=True, capture_output=True).stdout

    assert json.loads(printed) == inventory_schema()
    assert printed.isascii()
