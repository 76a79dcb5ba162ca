"""How the first visits of a run are spread."""

from __future__ import annotations

import pytest

from moveready.collection.bounds import Bounds


@pytest.mark.parametrize(("servers", "seconds"), [(1, 0.01), (12, 0.12), (64, 0.64), (5000, 0.64)])
def test_start_is_spread_over_the_first_visits(servers: int, seconds: float) -> None:
    """A hundred logins a second; a large fleet starts no slower than its first wave."""
    assert Bounds().start_spread(servers) == pytest.approx(seconds)


def test_workers_together_start_no_faster() -> None:
    """Each of four has a quarter of the threads and four times the pause."""
    alone, one_of_four = Bounds(concurrency=64), Bounds(concurrency=16, pause_seconds=0.04)

    assert one_of_four.start_spread(1000) == alone.start_spread(1000)
