"""What the conversations of one collector share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from moveready.collection.sharing import Costs, OpenDeadlines
from moveready.remoting.deadline import Deadline


def test_all_open_deadlines_are_cut_and_every_later_one() -> None:
    """Whoever leaves waits for nothing."""
    deadlines = OpenDeadlines(10)
    with deadlines.opened(60) as first:
        deadlines.cut()
        with deadlines.opened(60) as second:
            assert (first.is_over, second.is_over) == (True, True)


def test_closing_is_waited_for() -> None:
    """As long as it takes, and no longer."""
    deadlines, opened, release = OpenDeadlines(10), threading.Event(), threading.Event()

    def converse() -> None:
        with deadlines.opened(60):
            opened.set()
            release.wait(30)

    with ThreadPoolExecutor(2) as pool:
        talking = pool.submit(converse)
        assert opened.wait(30)
        waiting = pool.submit(deadlines.wait_closed, 30)
        assert not waiting.done()
        release.set()
        waiting.result(30)
        talking.result(30)


def test_costs_of_several_deadlines_are_one_conversation() -> None:
    """What was counted before is not counted again."""
    costs, first, second = Costs(), Deadline(60), Deadline(60)
    first.meter.requests, second.meter.requests = 2, 3
    costs.add("contoso.com", monotonic(), first, second)
    first.meter.requests += 1
    costs.add("contoso.com", monotonic(), first, second)

    assert costs.so_far()["contoso.com"].requests == 6
