"""(e) and (c1): the calls of the suite's visits by pypsrp alone, in bare threads or in one.

`python -m benchmarks.floor TARGET THREADS`. One session to one Exchange server reads the organization; each server gets
one session with three pipelines and one GET. May import only `bare`.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from benchmarks.bare import (
    Host,
    Target,
    exchange_pool,
    mrsproxy_is_off,
    outputs_of,
    print_work,
    read_target,
    windows_pool,
)


def ask_all(target: Target, threads: int) -> int:
    """Ask the whole fleet; return how many servers have MRSProxy off.

    Raises:
        RuntimeError: Directory and endpoints disagree, so one of them was not asked as it should be.
    """
    with ThreadPoolExecutor(threads) as pool:
        listing = pool.submit(_flags_off, target)
        refused = sum(pool.map(lambda host: _visit(target, host), target.servers))
    if listing.result() != refused:
        raise RuntimeError(f"{listing.result()} flags are off, and {refused} endpoints refuse")
    return refused


def _flags_off(target: Target) -> int:
    with exchange_pool(target, target.servers[0]) as pool:
        directories = outputs_of(pool, target.directories)
    return sum(not directory.extended_properties["MRSProxyEnabled"] for directory in directories)


def _visit(target: Target, host: Host) -> bool:
    with windows_pool(target, host) as pool:
        for question in target.questions:
            outputs_of(pool, question)
    return mrsproxy_is_off(target, host)


if __name__ == "__main__":
    print_work(lambda: ask_all(read_target(sys.argv[1]), int(sys.argv[2])))
