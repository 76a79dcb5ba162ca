"""Hands tests to pytest-xdist's workers, each server's to the worker that asks it.

(`--dist loadgroup`, xdist's own way, does nothing on pytest 9.2 with xdist 3.8 and appends to node ids elsewhere.)
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

    from moveready.plugin.sharding import Shares

_SHARE = "share "
"""Begins the name of a piece of work that is a share; a path of tests without a server does not begin so."""

MOST_DEATHS = 2
"""A share whose workers died so often without running a test is given up: what kills them would kill the next."""


class ServerScheduling(LoadScopeScheduling):
    """Gives each worker its share of the servers as one piece of work, and to nobody else.

    What a dead worker has left waits for its replacement, which asks all of it together; any other worker would ask one
    server after the other. Tests without a server go where there is room.
    """

    def __init__(self, config: pytest.Config, shares: Shares, lose: Callable[[str, str], None], log: Producer) -> None:
        """Know who has which share; `lose` is called with the id of each test that is given up, and why."""
        super().__init__(config, log)
        self._shares = shares
        self._lose = lose
        self._begun: set[str] = set()
        self._deaths: Counter[str] = Counter()

    def begin(self, nodeid: str) -> None:
        """A worker runs this test now."""
        self._begun.add(nodeid)

    def open_servers(self, share: int) -> tuple[str, ...]:
        """The servers of a share whose tests have not all been run; all of them before the tests are known."""
        servers = self._shares.servers_of(share)
        if self.collection is None:
            return servers
        still_open = {self._shares.server_of(nodeid) for nodeid in self.workqueue.get(f"{_SHARE}{share}", ())}
        return tuple(server for server in servers if server in still_open)

    def schedule(self) -> None:
        """Assign the shares; xdist drops surplus workers from the end, so those without work stand there."""
        known = next(iter(self.registered_collections.values()))
        work = {self._split_scope(nodeid) for nodeid in known}
        self.assigned_work = dict(sorted(self.assigned_work.items(), key=lambda node: self._own(node[0]) not in work))
        super().schedule()

    def remove_node(self, node: WorkerController) -> str | None:
        """Keep a dead worker's rest for its replacement, without the test that it ran: xdist would run it for ever.

        Where it ran none, it died while servers were asked, and nothing is lost.
        """
        own = self._own(node)
        workload = self.assigned_work.pop(node)
        left = [nodeid for unit in workload.values() for nodeid, is_done in unit.items() if not is_done]
        crashed = next((nodeid for nodeid in left if nodeid in self._begun), None)
        if left and crashed is None and self._is_hopeless(own):
            for nodeid in left:
                self._lose(nodeid, "its worker process died while servers were asked, and so did its replacement")
        else:
            self._put_back(workload, crashed)
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed

    def _is_hopeless(self, own: str) -> bool:
        self._deaths[own] += 1
        return self._deaths[own] >= MOST_DEATHS

    def _put_back(self, workload: dict[str, dict[str, bool]], crashed: str | None) -> None:
        for scope, unit in workload.items():
            rest = [nodeid for nodeid, is_done in unit.items() if not is_done and nodeid != crashed]
            if rest:
                self.workqueue[scope] = dict.fromkeys(rest, False)

    def _split_scope(self, nodeid: str) -> str:
        share = self._shares.of_test(nodeid)
        return super()._split_scope(nodeid) if share is None else f"{_SHARE}{share}"

    def _own(self, node: WorkerController) -> str:
        return f"{_SHARE}{self._shares.of_worker(node.gateway.id)}"

    def _next_for(self, node: WorkerController) -> str | None:
        """What the worker may be given next: its share, or tests without a server."""
        own = self._own(node)
        if own in self.workqueue:
            return own
        return next((scope for scope in self.workqueue if not scope.startswith(_SHARE)), None)

    def _reschedule(self, node: WorkerController) -> None:
        if self._next_for(node) is None and not node.shutting_down:
            node.shutdown()
        else:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        scope = self._next_for(node)
        if scope is not None:
            self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)
