"""A server in one word, out of its verdicts and its outcomes; the same word in every report. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.findings.controls import kb_of
from moveready.findings.outcomes import Result
from moveready.findings.verdicts import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moveready.findings.outcomes import CheckedServer, Outcome, Run


@dataclass(frozen=True, slots=True)
class ServerStanding:
    """One server of a run that was checked, with its outcomes."""

    server: CheckedServer
    standing: Standing
    outcomes: tuple[Outcome, ...]

    def having(self, result: Result) -> list[Outcome]:
        """Its outcomes that ended so, the worst severity first."""
        found = [outcome for outcome in self.outcomes if outcome.result is result]
        return sorted(found, key=lambda outcome: outcome.severity.rank)


def standings_of(run: Run) -> list[ServerStanding]:
    """Every server that was checked, in the inventory's order."""
    outcomes = run.by_server()
    return [
        ServerStanding(server, standing_of(server, outcomes[server.name]), tuple(outcomes[server.name]))
        for server in run.servers
        if server.name in outcomes
    ]


def worst_first(standings: Iterable[ServerStanding]) -> list[ServerStanding]:
    """Those that are not ready, those that are unknown, those that are ready; equals stay in their order."""
    return sorted(standings, key=lambda each: each.standing.rank)


def standing_of(server: CheckedServer, outcomes: Sequence[Outcome]) -> Standing:
    """The worst of its verdicts; a server with a finding, waived or not, is never ready.

    An error of a KB that has come to a verdict all the same is no part of it: the verdict has taken it into account.
    """
    concluded = {verdict.kb for verdict in server.verdicts}
    standings = [verdict.standing for verdict in server.verdicts or [server.diagnosis] if verdict is not None]
    for outcome in outcomes:
        if outcome.result in {Result.FAILED, Result.WAIVED}:
            standings.append(Standing.NOT_READY)
        elif outcome.result is Result.ERROR and kb_of(outcome.control) not in concluded:
            standings.append(Standing.UNKNOWN)
    return worst_standing(standings or [Standing.UNKNOWN])


def worst_standing(standings: Iterable[Standing]) -> Standing:
    """The one that people must see first."""
    return min(standings, key=lambda standing: standing.rank)


@dataclass(frozen=True, slots=True)
class PoolStanding:
    """The servers that share one public name: a move may reach any of them, so the pool is as ready as its worst."""

    name: str
    standing: Standing
    servers: tuple[ServerStanding, ...]

    @property
    def ready(self) -> int:
        """How many of its servers are ready."""
        return sum(server.standing is Standing.READY for server in self.servers)


def pools_of(standings: Iterable[ServerStanding]) -> list[PoolStanding]:
    """The pools of these servers, by name; a server without a pool belongs to none."""
    pools: dict[str, list[ServerStanding]] = {}
    for each in standings:
        if each.server.pool:
            pools.setdefault(each.server.pool, []).append(each)
    return [
        PoolStanding(name, worst_standing(each.standing for each in members), tuple(members))
        for name, members in sorted(pools.items())
    ]
