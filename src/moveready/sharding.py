"""Which pytest-xdist worker takes which server. May import nothing of moveready.

A server's controls all run on one worker, so it is asked once. Which worker is known from its number alone: server i
goes to worker i modulo N, so that each worker can ask its own share before the first test. Node ids stay as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")

_PARAMETERS = re.compile(r"\[(?P<parameters>[^\[\]]+)\]$")


def share_of(items: Sequence[Item], worker: int, workers: int) -> tuple[Item, ...]:
    """The items that worker number `worker` of `workers` takes, counted from 0."""
    return tuple(items[worker::workers])


def worker_number(worker_id: str) -> int:
    """The number of a worker `gw3`; of a replacement `gw7` in a run of four workers it is above them all."""
    return int(worker_id.removeprefix("gw"))


def server_of(nodeid: str, servers: Sequence[str] | dict[str, int]) -> str | None:
    """The server in a node id's parameters, or None where it names none."""
    match = _PARAMETERS.search(nodeid)
    return next((part for part in _candidates(match["parameters"]) if part in servers), None) if match else None


def _candidates(parameters: str) -> list[str]:
    """Every run of `-`-joined parts: server names hold hyphens, and pytest joins parameters with them."""
    parts = parameters.split("-")
    return ["-".join(parts[i:j]) for i in range(len(parts)) for j in range(len(parts), i, -1)]
