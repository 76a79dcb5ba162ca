"""pytest-xdist's workers as the controller sees them.

Each worker is told which servers to ask, and has a channel to the controller beside xdist's own: over it the worker
says what it is to judge, and hears of an interruption while it asks servers, when it does not listen to xdist.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from moveready.findings.outcomes import value_from
from moveready.plugin.passwords import tell_when_asked
from moveready.plugin.selection import Selection
from moveready.plugin.sharding import Shares

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from moveready.plugin.interruption import Interruption
    from moveready.plugin.results import Results
    from moveready.plugin.scheduling import ServerScheduling
    from moveready.plugin.suite import Suite

INTERRUPTED = "interrupted"
"""What a worker hears when it shall ask nothing more."""

LONGEST_SILENCE_SECONDS = 10.0
"""After an interruption, how long to wait for any word of any worker."""


class Workers:
    """A pytest plugin of the controller; its hooks are called in runs with workers only."""

    def __init__(self, suite: Suite, results: Results, interruption: Interruption, tell: Callable[[], None]) -> None:
        """There is no worker yet; `tell` says to people that the run was interrupted."""
        self._suite = suite
        self._results = results
        self._interruption = interruption
        self._tell = tell
        self._channels: list[Any] = []
        self._shares: Shares | None = None
        self._scheduling: ServerScheduling | None = None
        self._is_interrupted = False
        self._ended = threading.Event()
        self._heard = monotonic()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - xdist is not typed
        """Hand a worker the inventory, its servers and the channels."""
        if self._shares is None:
            names = [server.name for server in self._suite.inventory.servers]
            self._shares = Shares(names, int(node.workerinput["workercount"]))
        channel = node.gateway.newchannel()
        channel.setcallback(lambda plain: self._results.expect(value_from(plain, Selection)))
        self._channels.append(channel)
        servers = self._servers_for(node.gateway.id)
        passwords = node.gateway.newchannel()
        tell_when_asked(passwords, self._suite.inventory)
        handed_over = self._suite.handed_over(servers)
        node.workerinput["moveready"] = {**handed_over, "channel": channel, "passwords": passwords}

    def _servers_for(self, worker: str) -> list[str]:
        assert self._shares is not None  # noqa: S101 - made above
        share = self._shares.take(worker)
        if share is None or self._is_interrupted:
            return []
        return list(self._scheduling.open_servers(share) if self._scheduling else self._shares.servers_of(share))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> object | None:  # noqa: ANN401 - as above
        """One worker a server; with another --dist than the default xdist decides."""
        if config.getoption("dist") != "load" or self._shares is None:
            return None
        from moveready.plugin.scheduling import ServerScheduling  # noqa: PLC0415 - takes 40 ms to import

        self._scheduling = ServerScheduling(config, self._shares, self._results.lose, log)
        return self._scheduling

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Know which test a worker runs."""
        self._heard = monotonic()
        if self._scheduling is not None:
            self._scheduling.begin(nodeid)

    def pytest_runtest_logreport(self) -> None:
        """A word of a worker."""
        self._heard = monotonic()

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ANN401 - as above
        """Keep a dead worker's share for its replacement."""
        self._heard = monotonic()
        if error and self._shares is not None:
            self._shares.lose(node.gateway.id)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Let a signal end the run through its workers: they judge what has answered."""
        dsession: Any = session.config.pluginmanager.get_plugin("dsession")
        if dsession is None:
            return (yield)
        with self._interruption.first_calls(lambda: self._interrupt(dsession)):
            try:
                result = yield
            finally:
                self._ended.set()
        if self._is_interrupted:
            raise session.Interrupted(f"interrupted by {self._interruption.name}")
        return result

    def _interrupt(self, dsession: Any) -> None:  # noqa: ANN401 - as above
        """Tell the workers, and end without them if they say nothing."""
        self._is_interrupted = True
        for channel in tuple(self._channels):
            # A worker that is gone need not be told.
            with suppress(OSError):
                channel.send(INTERRUPTED)
        dsession.shouldstop = f"interrupted by {self._interruption.name}"
        self._tell()
        self._heard = monotonic()
        while (left := self._heard + LONGEST_SILENCE_SECONDS - monotonic()) > 0:
            if self._ended.wait(left):
                return
        self._interruption.repeat()
