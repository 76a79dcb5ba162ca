"""Answers are counted off as they come, from whatever thread."""

from __future__ import annotations

from moveready.collection.tally import Progress, Tally


def test_nothing_expected_is_over() -> None:
    """Whoever waits for nothing does not wait."""
    progress = Tally().wait(60)

    assert progress == Progress(servers=0, done=0, failing=0, slowest=None, slowest_seconds=0.0)
    assert progress.is_over


def test_server_is_done_with_its_last_answer() -> None:
    """One of two is not enough."""
    tally = Tally()
    tally.expect("ex01", 2)
    tally.count_off("ex01", failed=False)

    assert not tally.wait(0).is_over
    tally.count_off("ex01", failed=False)
    assert tally.wait(60).is_over


def test_more_may_be_expected_later() -> None:
    """A server is counted once, and owes again."""
    tally = Tally()
    tally.expect("ex01", 1)
    tally.count_off("ex01", failed=False)
    tally.expect("ex01", 1)

    assert tally.wait(0) == Progress(servers=1, done=0, failing=0, slowest=None, slowest_seconds=0.0)
    tally.count_off("ex01", failed=False)
    assert tally.wait(60).done == 1


def test_server_that_owes_twice_is_one_server() -> None:
    """Log and endpoint may be expected one after the other."""
    tally = Tally()
    tally.expect("ex01", 1)
    tally.expect("ex01", 1)
    for _ in range(2):
        tally.count_off("ex01", failed=False)

    assert (tally.wait(0).servers, tally.wait(0).done) == (1, 1)


def test_nothing_new_is_no_server() -> None:
    """A server of which nothing is asked is not in the line that people see."""
    tally = Tally()
    tally.expect("ex01", 0)

    assert tally.wait(60).servers == 0


def test_failures_are_counted_by_server() -> None:
    """Two failures of one server are one failing server."""
    tally = Tally()
    for name, answers, failed in (("ex01", 2, True), ("ex02", 1, True), ("ex03", 1, False)):
        tally.expect(name, answers)
        for _ in range(answers):
            tally.count_off(name, failed=failed)

    assert tally.wait(60) == Progress(servers=3, done=3, failing=2, slowest=None, slowest_seconds=0.0)


def test_slowest_is_who_began_first() -> None:
    """Only while it is under way."""
    tally = Tally()
    tally.expect("ex01", 1)
    with tally.under_way("ex01"), tally.under_way("ex02"):
        assert tally.wait(0).slowest == "ex01"

    assert tally.wait(0).slowest is None
