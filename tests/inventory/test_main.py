"""Guards `moveready.inventory.__main__`: the command that makes schema.json."""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING

from moveready.inventory import inventory_schema

if TYPE_CHECKING:
    import pytest


def test_the_module_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """In a form that any encoding can hold, for shells that choose one of their own."""
    runpy.run_module("moveready.inventory", run_name="__main__")

    printed = capsys.readouterr().out
    assert json.loads(printed) == inventory_schema()
    assert printed.isascii()
