"""What the terminal shows of the gate: a line a server that is not ready, a line a pool, then the verdict. Pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from moveready.gate.decision import LONGEST_TEXT, State, decision_of, one_line
from moveready.reporting.words import NOBODY_KNOWS, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moveready.findings.outcomes import Run
    from moveready.gate.decision import GateDecision, Pool

_WORST_FIRST = (State.NOT_READY, State.UNKNOWN)
_INDENT = "    "


def gate_lines(run: Run, width: int) -> list[str]:
    """The lines, each broken between words where it is wider than the terminal.

    A server that is idle and rightly so has no line, since nothing is to be done about it: the verdict counts such.
    """
    decision = decision_of(run)
    lines = [f"INCOMPLETE: {decision.incomplete}"] if not decision.complete else []
    lines += [*_server_lines(decision), *(_pool_line(name, pool, decision) for name, pool in decision.pools.items())]
    return [part for line in [*lines, verdict_line(decision)] for part in _wrapped(line, width)]


def verdict_line(decision: GateDecision) -> str:
    """Such as `Gate: OPEN - all 13 servers are ready`."""
    words = _open_words(decision) if decision.is_open else _closed_words(decision)
    asked_only = f"; only {decision.controls} was asked" if decision.controls else ""
    left_out = f"; only the servers of --limit {decision.limit} were looked at" if decision.limit else ""
    return f"Gate: {'OPEN' if decision.is_open else 'CLOSED'} - {words}{asked_only}{left_out}"


def _server_lines(decision: GateDecision) -> Iterator[str]:
    """Worst first, then in the order of the inventory."""
    for state in _WORST_FIRST:
        for name, reason in decision.not_ready.items():
            if reason.state is state:
                yield f"{one_line(name, len(name))}: {reason.sentence}"


def _pool_line(name: str, pool: Pool, decision: GateDecision) -> str:
    idle = sum(
        decision.not_ready[server].state is State.IDLE for server in pool.servers if server in decision.not_ready
    )
    ready = f"{pool.ready} of {len(pool.servers)} {plural(len(pool.servers), 'server')} ready"
    return f"{one_line(name)}: {ready}{f', {idle} idle' if idle else ''} - {pool.state.value.upper()}"


def _open_words(decision: GateDecision) -> str:
    ready = len(decision.ready)
    idle = len(decision.not_ready)
    moving = " in phase moving" if idle else ""
    words = f"all {ready} servers{moving} are ready" if ready > 1 else f"the only server{moving} is ready"
    return f"{words}{f'; {idle} {_are(idle)} idle' if idle else ''}"


def _closed_words(decision: GateDecision) -> str:
    """All that keeps it closed."""
    if not decision.complete:
        return "the run is incomplete"
    if not decision.phases:
        return "no server was checked"
    counted = Counter(reason.state for reason in decision.not_ready.values())
    others = [f"{number} {_are(number)} {state.value}" for state in State if (number := counted[state])]
    ready, servers = len(decision.ready), len(decision.phases)
    verb = _are(1 if servers == 1 else ready)
    words = [f"{ready} of {servers} {plural(servers, 'server')} {verb} ready", ", ".join(others)]
    failed = len(decision.failed_tests)
    cut = [name for name, pool in decision.pools.items() if _is_cut(pool)]
    words += [f"of {', '.join(map(one_line, cut))} not every server was looked at" if cut else ""]
    words += [f"{failed} {plural(failed, 'test')} without a control failed" if failed else ""]
    words += [unlisted_words(decision)]
    return "; ".join(filter(None, words))


def unlisted_words(decision: GateDecision) -> str:
    """Which servers the inventory has not, where they count; "" where it has all, or they do not count."""
    if decision.unlisted is None:
        return NOBODY_KNOWS[:-1]
    if not decision.unlisted:
        return ""
    return f"Exchange has servers that the inventory has not: {one_line(', '.join(decision.unlisted), LONGEST_TEXT)}"


def _is_cut(pool: Pool) -> bool:
    """Whether all of its servers that were looked at are ready, and it has others."""
    return pool.state is State.UNKNOWN and pool.ready == len(pool.servers)


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
