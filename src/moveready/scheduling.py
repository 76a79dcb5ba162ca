"""Hands tests to pytest-xdist's workers, each server's to the worker that asks it. May import sharding.

(`--dist loadgroup`, xdist's own way, does nothing on pytest 9.2 with xdist 3.8 and appends to node ids elsewhere.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

from moveready.sharding import server_of, worker_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController


class ServerScheduling(LoadScopeScheduling):
    """Gives each worker its share of the servers as one piece of work; a crashed worker's rest goes to any other."""

    def __init__(self, config: pytest.Config, servers: Sequence[str], log: Producer) -> None:
        """Know the servers, in the inventory's order."""
        super().__init__(config, log)
        self._worker_of = {server: index % self.numnodes for index, server in enumerate(servers)}

    def schedule(self) -> None:
        """Assign the shares; xdist drops surplus workers from the end, so the highest numbers stand there."""
        self.assigned_work = dict(sorted(self.assigned_work.items(), key=lambda node: _number(node[0])))
        super().schedule()

    def remove_node(self, node: WorkerController) -> str | None:
        """Give a crashed worker's rest to others, without the item that crashed it: xdist would run it for ever."""
        workload = self.assigned_work[node]
        crashed = next((item for unit in workload.values() for item, done in unit.items() if not done), None)
        if crashed is None:
            return super().remove_node(node)
        del self.assigned_work[node]
        for scope, unit in workload.items():
            rest: dict[str, bool] = {item: done for item, done in unit.items() if not done and item != crashed}
            if rest:
                self.workqueue[scope] = rest
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed

    def _split_scope(self, nodeid: str) -> str:
        server = server_of(nodeid, self._worker_of)
        return super()._split_scope(nodeid) if server is None else _share_name(self._worker_of[server])

    def _assign_work_unit(self, node: WorkerController) -> None:
        own = _share_name(_number(node))
        if own in self.workqueue:
            self.workqueue.move_to_end(own, last=False)
        super()._assign_work_unit(node)


def _number(node: WorkerController) -> int:
    return worker_number(node.gateway.id)


def _share_name(worker: int) -> str:
    return f"share-{worker}"
