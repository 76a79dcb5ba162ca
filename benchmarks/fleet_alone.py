"""(f): the suite's own asking, bounds and readers included, without pytest: what is left to (a) is pytest's overhead.

`python -m benchmarks.fleet_alone INVENTORY`. May import moveready.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.bare import tell
from moveready.bounds import Bounds
from moveready.evidence import EndpointKind, Subject
from moveready.fleet import Fleet
from moveready.inventory import load_inventory


def ask_all(inventory_file: Path) -> int:
    """Ask the whole fleet with default settings; how many servers have their MRSProxy off."""
    inventory = load_inventory(inventory_file, {})
    with Fleet(inventory, Bounds()) as fleet:
        fleet.gather(inventory.servers, Subject)
        while not fleet.wait(1.0).is_over:
            pass
        for server in inventory.servers:
            fleet.directory_of(server)
            fleet.events_of(server)
        return sum(fleet.endpoint_of(server).kind is EndpointKind.MRSPROXY_OFF for server in inventory.servers)


if __name__ == "__main__":
    tell(lambda: ask_all(Path(sys.argv[1])))
