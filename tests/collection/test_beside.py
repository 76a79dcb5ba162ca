"""What is begun beside is not done again when its turn comes."""

from __future__ import annotations

import threading

from moveready.collection.beside import Once


def test_it_is_done_when_its_turn_comes() -> None:
    """In the thread of whoever finishes it."""
    seen: list[threading.Thread] = []
    Once(lambda: seen.append(threading.current_thread())).finish()

    assert seen == [threading.current_thread()]


def test_it_is_begun_at_once_where_somebody_asks_for_it() -> None:
    """However often, and it is not done again: who finishes it waits for it."""
    begun, released, done = threading.Event(), threading.Event(), list[str]()

    def work() -> None:
        begun.set()
        released.wait(30)
        done.append("once")

    once = Once(work)
    once.begin_beside()
    once.begin_beside()
    assert begun.wait(30)
    threading.Timer(0.1, released.set).start()
    once.finish()
    assert done == ["once"]


def test_it_is_not_begun_after_its_turn() -> None:
    """A call that comes too late does nothing."""
    done: list[str] = []
    once = Once(lambda: done.append("once"))
    once.finish()

    once.begin_beside()
    assert done == ["once"]
