"""Many things at once, each with its limit."""

from __future__ import annotations

import threading
from functools import partial
from time import monotonic

import pytest

from moveready.doctor.parallel import answers_to


def test_answers_keep_their_order() -> None:
    """Whichever ends first."""
    assert answers_to([partial(int, str(number)) for number in range(200)], 60) == list(range(200))


def test_nothing_to_do_is_done() -> None:
    """An inventory may have no name to look up."""
    assert answers_to([], 60) == []


def test_jobs_are_done_at_the_same_time() -> None:
    """Each waits for the other."""
    both = threading.Barrier(2)

    assert sorted(answers_to([partial(both.wait, 60), partial(both.wait, 60)], 120)) == [0, 1]  # type: ignore[type-var] # none is None


def test_never_more_at_once_than_allowed() -> None:
    """The second begins after the first has ended."""
    running: list[int] = []
    most: list[int] = []

    def job() -> None:
        running.append(1)
        most.append(len(running))
        running.pop()

    answers_to([job] * 50, 60, at_once=1)
    assert set(most) == {1}


def test_a_job_that_does_not_end_is_left_behind() -> None:
    """Nobody waits for it, and the others have their answers."""
    over = threading.Event()
    began = monotonic()
    found = answers_to([lambda: over.wait(60), lambda: True], 0.3, at_once=1)
    took = monotonic() - began
    over.set()

    assert found == [None, True]
    assert took < 30


def test_what_a_job_raises_is_raised() -> None:
    """It is a fault of ours."""

    def job() -> None:
        raise LookupError("odd")

    with pytest.raises(LookupError, match="odd"):
        answers_to([job], 60)
