"""A history to write to and to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.history.store import History

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the history is, or will be."""
    return tmp_path / "history.sqlite"


@pytest.fixture
def history(file: Path) -> Iterator[History]:
    """An open history without runs."""
    with History(file) as opened:
        yield opened
