"""The values that `fleet.html` prints: a run and its past, grouped, counted and sorted. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.findings.controls import kb_of
from moveready.findings.outcomes import Result, WaiverState, WaiverUse
from moveready.findings.standing import pools_of, standings_of, worst_standing
from moveready.findings.verdicts import WORST_FIRST, Standing
from moveready.reporting.fleet_counts import changes_of, controls_of, counts_of
from moveready.reporting.fleet_evidence import shortened
from moveready.reporting.fleet_servers import Mark, detail_of, mark_of, mark_of_result, waiver_lines
from moveready.reporting.html import lists_all
from moveready.reporting.summary import summary_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moveready.findings.changes import Past
    from moveready.findings.outcomes import CheckedServer, Outcome, PlainTest, Run
    from moveready.findings.standing import PoolStanding, ServerStanding
    from moveready.reporting.fleet_counts import ChangeKind, ControlCount, VerdictCount
    from moveready.reporting.fleet_servers import ServerDetail, WaiverLine
    from moveready.reporting.summary import Summary

MOST_EVIDENCE = 500
"""Of so many servers the page has the evidence; of further ones run.json alone."""
MOST_DETAILS = 1_000
"""So many servers that are not ready are told in full; where nobody could reach 5,000, a row for each is enough."""
_NOT_ASKED = Mark("not-asked", "not asked")
_WORST_KIND_FIRST = ("not-ready", "unknown", "waived", "ready")


@dataclass(frozen=True, slots=True)
class Row:
    """A server in the matrix.

    Attributes:
        number: Its place in the inventory, from 0.
        anchor: The id of its details on this page, or "".
        cells: One of each KB, in the order of the KBs.
        next_steps: What to do, the most urgent first.
    """

    number: int
    server: CheckedServer
    anchor: str
    mark: Mark
    cells: tuple[Mark, ...]
    next_steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The servers of one pool at one site, or those of a site that are in no pool.

    Attributes:
        pool: Its name, or "".
        mark: Of the whole pool, wherever its servers are.
        ready: How many of its servers here are ready.
        servers: How many servers it has here.
        elsewhere: How many more it has at other sites.
        rows: The worst first; of a large fleet without those that are ready.
        ready_names: Those without a row: number in the inventory, and name.
    """

    pool: str
    mark: Mark
    ready: int
    servers: int
    elsewhere: int
    rows: tuple[Row, ...]
    ready_names: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Site:
    """The groups of one site, the worst first; `name` is "" for servers without a site."""

    name: str
    mark: Mark
    ready: int
    servers: int
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPage:
    """All that the page prints beside the run itself.

    Attributes:
        mark: Of the run as a whole.
        kbs: The KBs that were asked.
        is_large: Whether ready servers are only named.
        unfinished: Details of the servers that are not ready, the worst first.
        ready: Details of the others; empty where the fleet is large.
        anchors: By FQDN, the id of a server's details.
        controls: What was asked.
        plain_tests: Tests without a control that did not pass.
        unchecked: Servers of the inventory that were not checked.
        unverified: Servers whose certificate was not verified.
        unlisted: Servers that Exchange has and the inventory has not.
        left_out: How many servers that are not ready have a row, but no details.
        most_evidence: Of how many servers there is evidence on the page at most.
    """

    summary: Summary
    mark: Mark
    kbs: tuple[str, ...]
    is_large: bool
    counts: tuple[VerdictCount, ...]
    changes: tuple[ChangeKind, ...]
    sites: tuple[Site, ...]
    unfinished: tuple[ServerDetail, ...]
    ready: tuple[ServerDetail, ...]
    anchors: dict[str, str]
    waivers: tuple[WaiverLine, ...]
    controls: tuple[ControlCount, ...]
    plain_tests: tuple[tuple[Mark, PlainTest], ...]
    unchecked: tuple[str, ...]
    unverified: tuple[str, ...]
    unlisted: tuple[str, ...]
    left_out: int
    most_evidence: int = MOST_EVIDENCE


def page_of(run: Run, past: Past) -> FleetPage:
    """The whole page."""
    summary = summary_of(run)
    standings = sorted(standings_of(run), key=_badness)
    kbs = tuple(sorted({kb_of(outcome.control) for outcome in run.outcomes}))
    is_large = not lists_all(len(standings))
    numbers = {server.name: number for number, server in enumerate(run.servers)}
    shown = [each for each in standings if not is_large or each.standing is not Standing.READY]
    details = _details_of(shown[:MOST_DETAILS], numbers, run, past)
    anchors = {detail.server.name: detail.anchor for detail in details}
    rows = {each.server.name: _row_of(each, numbers[each.server.name], anchors, kbs) for each in standings}
    return FleetPage(
        summary=summary,
        mark=mark_of(summary.standing),
        kbs=kbs,
        is_large=is_large,
        counts=counts_of(standings),
        changes=changes_of(past.changes),
        sites=sites_of(standings, rows),
        unfinished=tuple(one for one in details if one.mark.kind != "ready"),
        ready=tuple(one for one in details if one.mark.kind == "ready"),
        anchors=anchors,
        waivers=waiver_lines(run.waivers),
        controls=controls_of(run.outcomes),
        plain_tests=tuple((_mark_of_test(test), test) for test in run.plain_tests if test.result != "passed"),
        unchecked=tuple(server.name for server in run.servers if server.name not in rows),
        unverified=run.unverified,
        unlisted=tuple(map(shortened, run.unlisted or ())),
        left_out=max(len(shown) - MOST_DETAILS, 0),
    )


def sites_of(standings: Sequence[ServerStanding], rows: dict[str, Row]) -> tuple[Site, ...]:
    """The sites, the worst first; `standings` are in that order already. Ready rows of a large fleet are left out."""
    pools = {pool.name: pool for pool in pools_of(standings)}
    places: dict[str, dict[str, list[ServerStanding]]] = {}
    for each in standings:
        places.setdefault(each.server.site or "", {}).setdefault(each.server.pool or "", []).append(each)
    sites = [_site_of(name, groups, pools, rows) for name, groups in places.items()]
    return tuple(sorted(sites, key=lambda site: (_rank(site.mark), site.ready / site.servers, site.name)))


def _site_of(
    name: str, members: dict[str, list[ServerStanding]], pools: dict[str, PoolStanding], rows: dict[str, Row]
) -> Site:
    groups = [_group_of(pools.get(pool), those, rows) for pool, those in members.items()]
    those = [each for group in members.values() for each in group]
    return Site(
        name,
        mark_of(worst_standing(each.standing for each in those)),
        _ready_in(those),
        len(those),
        tuple(sorted(groups, key=lambda group: (_rank(group.mark), group.ready / group.servers, group.pool))),
    )


def _group_of(pool: PoolStanding | None, members: list[ServerStanding], rows: dict[str, Row]) -> Group:
    in_full = lists_all(len(rows))
    standing = pool.standing if pool else worst_standing(each.standing for each in members)
    named = [] if in_full else [each for each in members if each.standing is Standing.READY]
    return Group(
        pool=pool.name if pool else "",
        mark=mark_of(standing),
        ready=_ready_in(members),
        servers=len(members),
        elsewhere=len(pool.servers) - len(members) if pool else 0,
        rows=tuple(rows[each.server.name] for each in members if in_full or each.standing is not Standing.READY),
        ready_names=tuple((rows[each.server.name].number, each.server.name) for each in named),
    )


def _row_of(each: ServerStanding, number: int, anchors: dict[str, str], kbs: tuple[str, ...]) -> Row:
    outcomes: dict[str, list[Outcome]] = {kb: [] for kb in kbs}
    for outcome in each.outcomes:
        outcomes[kb_of(outcome.control)].append(outcome)
    return Row(
        number=number,
        server=each.server,
        anchor=anchors.get(each.server.name, ""),
        mark=mark_of(each.standing),
        cells=tuple(_cell_of(each.server, kb, outcomes[kb]) for kb in kbs),
        next_steps=_next_steps(each),
    )


def _cell_of(server: CheckedServer, kb: str, outcomes: list[Outcome]) -> Mark:
    """The KB's verdict; where it has none, or says `ready` of a server with a finding, the worst of its outcomes."""
    verdict = server.verdict_of(kb)
    if not outcomes:
        return _NOT_ASKED
    worst = min(map(mark_of_result, outcomes), key=lambda mark: _WORST_KIND_FIRST.index(mark.kind))
    if verdict is None or (verdict.standing is Standing.READY and worst.kind in {"not-ready", "waived"}):
        return worst
    if verdict.standing is Standing.NOT_READY and worst.kind == "waived":
        return Mark("waived", f"{shortened(verdict.description)}, waived")
    return Mark(_kind(verdict.standing), shortened(verdict.description))


def _next_steps(each: ServerStanding) -> tuple[str, ...]:
    wanted = sorted(each.server.verdicts, key=lambda verdict: verdict.standing.rank)
    steps = [verdict.next_step for verdict in wanted if verdict.standing is not Standing.READY and verdict.next_step]
    return tuple(dict.fromkeys(steps))


def _details_of(
    shown: Iterable[ServerStanding], numbers: dict[str, int], run: Run, past: Past
) -> tuple[ServerDetail, ...]:
    uses: dict[str, list[WaiverUse]] = {}
    for use in run.waivers:
        for name in use.waiver.servers:
            uses.setdefault(name, []).append(use)
    return tuple(
        detail_of(
            each,
            numbers[each.server.name],
            _with_those_of(each.outcomes, uses.get(each.server.name, [])),
            past.servers.get(each.server.name, ()),
            has_evidence=place < MOST_EVIDENCE,
        )
        for place, each in enumerate(shown)
    )


def _mark_of_test(test: PlainTest) -> Mark:
    return Mark({"failed": "not-ready", "error": "unknown"}.get(test.result, "not-asked"), test.result)


def _with_those_of(outcomes: Iterable[Outcome], uses: list[WaiverUse]) -> list[WaiverUse]:
    """The waivers of a server, with those that only its outcomes know."""
    known = {use.waiver for use in uses}
    others = {
        one.waiver: WaiverState.EXPIRED if one.result is Result.FAILED else WaiverState.ACTIVE
        for one in outcomes
        if one.waiver and one.waiver not in known
    }
    return [*uses, *(WaiverUse(waiver, state) for waiver, state in others.items())]


def _badness(each: ServerStanding) -> tuple[int, int, int]:
    """By standing; of several that are not ready, those whose findings are all waived come last, the gravest first."""
    failed = each.having(Result.FAILED)
    gravest = failed[0].severity.rank if failed else len(WORST_FIRST) + 1
    return each.standing.rank, gravest, -len(failed)


def _ready_in(standings: Iterable[ServerStanding]) -> int:
    return sum(each.standing is Standing.READY for each in standings)


def _kind(standing: Standing) -> str:
    return mark_of(standing).kind


def _rank(mark: Mark) -> int:
    return [_kind(standing) for standing in WORST_FIRST].index(mark.kind)
