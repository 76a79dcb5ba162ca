"""Results as values; and the folder that `python -m benchmarks` is run from, for a plain `pytest tests`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# The benchmarks are no part of the package, and `pytest`, unlike `python -m pytest`, does not look into this folder.
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases import Contender
from benchmarks.results import Result

ResultOf = Callable[..., Result]


@pytest.fixture
def result_of() -> ResultOf:
    """Build what a contender took for 200 servers, 50 ms a response."""

    def build(contender: Contender = Contender.SUITE, servers: int = 200, **changes: Any) -> Result:
        figures: dict[str, Any] = {
            "asked": servers,
            "latency_ms": 50,
            "transport": "ntlm",
            "wall_seconds": servers * 0.05,
            "cpu_seconds": servers * 0.04,
            "peak_mb": 100.0,
        }
        return Result(contender.value, servers, **{**figures, **changes})

    return build
