"""What a step is carried out with."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixer.conftest import Bench


def test_nothing_in_it_can_be_exchanged(bench: Callable[..., Bench]) -> None:
    """The threads of several pools share one."""
    context = bench("enable").context

    with pytest.raises(FrozenInstanceError):
        context.timeout_seconds = 1.0  # type: ignore[misc] # that is the point
