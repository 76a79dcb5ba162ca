"""(c): a loop over the servers as people write it: a function that opens a session, asks one thing and closes it.

`python -m benchmarks.sequential TARGET`. May import only `bare`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.bare import exchange_pool, mrsproxy_is_off, outputs_of, print_work, read_target, windows_pool

if TYPE_CHECKING:
    from benchmarks.bare import Target


def ask_all(target: Target) -> int:
    """Ask one server after the other, one thing after the other; return how many have MRSProxy off."""
    off = 0
    for host in target.servers:
        with exchange_pool(target, host) as pool:
            outputs_of(pool, target.directory_of(host))
        for question in target.questions:
            with windows_pool(target, host) as pool:
                outputs_of(pool, question)
        off += mrsproxy_is_off(target, host)
    return off


if __name__ == "__main__":
    print_work(lambda: ask_all(read_target(sys.argv[1])))
