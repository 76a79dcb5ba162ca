"""(f): the suite's own asking, limits and readers included, without pytest: the difference to (a) is pytest's overhead.

`python -m benchmarks.fleet_alone INVENTORY`. May import moveready.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.bare import print_work
from moveready.collection.bounds import Bounds
from moveready.collection.collector import Collector
from moveready.inventory import load_inventory
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, KB, EndpointKind


def ask_all(inventory_file: Path) -> int:
    """Ask the whole fleet with default settings; return how many servers have MRSProxy off."""
    inventory = load_inventory(inventory_file, {})
    with Collector(inventory, Bounds()) as collector:
        collector.gather([(server, KB.reads) for server in inventory.servers])
        while not collector.wait(1.0).is_over:
            pass
        answers = [collector.facts_of(server).had(ENDPOINT_ANSWER) for server in inventory.servers]
    return sum(answer is not None and answer.kind is EndpointKind.MRSPROXY_OFF for answer in answers)


if __name__ == "__main__":
    print_work(lambda: ask_all(Path(sys.argv[1])))
