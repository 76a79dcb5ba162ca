"""A pytest-xdist worker follows its controller: it stops asking when told so, and ends when the controller is gone.

xdist's own channel is not listened to while servers are asked; this one is, on a thread of execnet's.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import plain_from
from moveready.plugin.interruption import ignore_signals
from moveready.plugin.selection import selection_of, server_of_item

if TYPE_CHECKING:
    from moveready.plugin.suite import Suite

_GONE = None
"""What a channel gives last: the controller closed it, or died."""


class Follower:
    """A pytest plugin of a worker."""

    def __init__(self, suite: Suite, channel: Any) -> None:  # noqa: ANN401 - execnet's
        """Do not listen yet."""
        self._suite = suite
        self._channel = channel
        self._is_over = threading.Event()

    def follow(self) -> None:
        """Leave signals to the controller, and listen to it."""
        ignore_signals()
        self._channel.setcallback(self._hear, endmarker=_GONE)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say what is to be judged here, so that nothing of it is missing whatever happens to this process."""
        own = [item for item in session.items if self._suite.is_asked_here(server_of_item(item))]
        self._channel.send(plain_from(selection_of(own)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """The process ends by itself."""
        self._is_over.set()

    def _hear(self, word: object) -> None:
        """Called on execnet's thread, which nothing may hold up."""
        does = self._leave if word is _GONE else self._suite.interrupt
        # Not a daemon as execnet's thread is: the process ends no sooner than its sessions are closed.
        threading.Thread(target=does, name="moveready-following", daemon=False).start()

    def _leave(self) -> None:
        """Close the sessions and end the process, whatever the main thread waits for."""
        if self._is_over.is_set():
            return
        _be_silent()
        self._suite.logins.inherit()
        self._suite.abandon()
        self._suite.logins.close()
        os._exit(1)


def _be_silent() -> None:
    """Whatever fails from now on, nobody is there to read it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
