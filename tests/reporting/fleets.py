"""Fleets of any size for the tests of pages, made of the servers of the sample run, each with a past."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moveready.evidence.cost import Cost
from moveready.findings.changes import Change, Changes, Past, PastStanding, TrendPoint
from moveready.findings.controls import Severity
from moveready.findings.outcomes import (
    CheckedServer,
    Outcome,
    PlainTest,
    Result,
    Run,
    RunScope,
    WaiverState,
    WaiverUse,
    plain_from,
    value_from,
)
from moveready.findings.run_file import read_run
from moveready.findings.standing import standings_of
from moveready.findings.verdicts import Standing, Verdict
from moveready.inventory import Waiver
from moveready.reporting.summary import summary_of
from tests.builders import NOON

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.findings.standing import ServerStanding

SAMPLE = Path(__file__).parents[2] / "reports/sample/run.json"
SITES = ("Frankfurt", "Dublin", "Singapore", "Chicago", "Warszawa", "São Paulo", "Johannesburg", "Sydney")
POOL = 10
"""Servers in one pool; every fourth pool has four that are not ready."""


@cache
def sample() -> Run:
    """The run of the demo that the repository has."""
    return read_run(SAMPLE)


@cache
def fleet_run(servers: int) -> Run:
    """So many servers, a tenth of them not ready or unknown, some findings waived; some servers are not listed."""
    models = standings_of(sample())
    fine = [each for each in models if each.standing is Standing.READY]
    faulty = [each for each in models if each.standing is not Standing.READY]
    made = [
        _copy_of(faulty[number % len(faulty)] if number % (4 * POOL) < 4 else fine[number % len(fine)], number)
        for number in range(servers)
    ]
    outcomes, uses = _with_waivers([outcome for _, outcomes in made for outcome in outcomes], sample().finished_at)
    return replace(
        sample(),
        organization="contoso.com",
        inventory="inventory/prod.yaml",
        servers=tuple(server for server, _ in made),
        outcomes=tuple(outcomes),
        costs={server.name: Cost(2, 21, 50_786, 26_301, 3.2) for server, _ in made},
        scope=RunScope(
            fingerprint="5f" * 32,
            accounts=("CONTOSO\\svc-moveready", "svc-moveready@contoso.com"),
            options={"--concurrency": "64", "--since": "24h"},
        ),
        waivers=uses,
        unlisted=("ex99.contoso.com", "old-mbx-01.corp.contoso.com"),
        id="de636ef7",
    )


def past_of(run: Run) -> Past:
    """A fortnight of daily runs, and changes of every kind."""
    failed = [outcome for outcome in run.outcomes if outcome.result is Result.FAILED]
    passed = [outcome for outcome in run.outcomes if outcome.result is Result.PASSED]
    errors = [outcome for outcome in run.outcomes if outcome.result is Result.ERROR]
    waived = [outcome for outcome in run.outcomes if outcome.result is Result.WAIVED]
    before = run.started_at - timedelta(days=1)
    return Past(
        changes=Changes(
            earlier_id="0a1b2c3d",
            earlier_started_at=before,
            new=_changes(failed[::5]),
            fixed=_changes(passed[:3]),
            still=_changes([one for place, one in enumerate(failed) if place % 5], before - timedelta(days=20)),
            unknown=_changes(errors[:2]),
            waived=_changes(waived[:1]),
            added=(run.servers[0].name,),
            gone=("ex90.contoso.com",),
        ),
        trend=_trend_before(run),
        servers={each.server.name: _history_of(each, run.started_at) for each in standings_of(run)},
    )


def full_waiver(said: str) -> Waiver:
    """A waiver in these words."""
    return Waiver(
        control=said, servers=(said,), reason=said, until=date(2026, 3, 9), ticket=said, approved_by=said, file=said
    )


def full_finding(said: str) -> Outcome:
    """A finding of a server that says this wherever it can."""
    return Outcome(
        control=f"{said}-1",
        title=said,
        severity=Severity.HIGH,
        source=said,
        server=said,
        result=Result.FAILED,
        sentence=said,
        resolution=f"{said}2",
        evidence={said: {said: said, "question": said, "asked_at": said, "list": [said, {said: said}]}},
        seconds=0.1,
        waiver=full_waiver(said),
        crash=said,
    )


def full_server(said: str) -> CheckedServer:
    """A server of that name, with two verdicts in these words."""
    verdict = Verdict(
        kb=said, server=said, verdict=said, standing=Standing.NOT_READY, note=said, next_step=said, resolution=said
    )
    return CheckedServer(said, said, said, said, said, False, said, 1, (verdict, replace(verdict, has_commands=True)))


def full_run(said: str) -> tuple[Run, Past]:
    """A run in which everything that comes from outside is this text."""
    finding = full_finding(said)
    fixed = replace(finding, control=f"{said}-2", result=Result.PASSED, story=(said,))
    change = Change(said, said, said, NOON)
    run = Run(
        organization=said,
        inventory=said,
        started_at=NOON,
        finished_at=NOON,
        servers=(full_server(said),),
        outcomes=(finding, fixed),
        plain_tests=(PlainTest(said, "failed", said, 0.1),),
        costs={said: Cost()},
        version=said,
        complete=False,
        incomplete=said,
        id=said,
        scope=RunScope(fingerprint=said, limit=said, controls=said, phase=said, accounts=(said,), options={said: said}),
        waivers=(WaiverUse(full_waiver(said), WaiverState.EXPIRED),),
        unlisted=(said,),
    )
    changes = Changes(earlier_id=said, earlier_started_at=NOON, new=(change,), added=(said,), gone=(said,))
    point = TrendPoint(id=said, started_at=NOON, ready=1, not_ready=0, unknown=0)
    return run, Past(changes=changes, trend=(point,))


def _copy_of(model: ServerStanding, number: int) -> tuple[CheckedServer, list[Outcome]]:
    """The model under another name, with what it says of itself."""
    short = f"mbx-{number + 1:04d}"
    name = f"{short}.{SITES[number // POOL % len(SITES)][:3].lower()}.contoso.com"
    place: dict[str, Any] = {
        "name": name,
        "site": SITES[number // POOL % len(SITES)],
        "pool": None if number % POOL == POOL - 1 else f"mail-{number // POOL + 1:03d}.contoso.com",
        "line": number * 4 + 5,
    }
    if model.standing is Standing.READY:
        return replace(model.server, **place), [replace(outcome, server=name) for outcome in model.outcomes]
    server = replace(_renamed(model.server, CheckedServer, model, name), **place)
    return server, [_renamed(outcome, Outcome, model, name) for outcome in model.outcomes]


def _renamed(value: object, kind: type[Any], model: ServerStanding, name: str) -> Any:
    """The value with the name of the model replaced wherever it stands."""
    old = model.server.name
    renames = {old: name, old.partition(".")[0].upper(): name.partition(".")[0].upper()}

    def walk(plain: Any) -> Any:
        if isinstance(plain, dict):
            return {key: walk(each) for key, each in plain.items()}
        if isinstance(plain, list):
            return [walk(each) for each in plain]
        if isinstance(plain, str):
            for one, other in renames.items():
                plain = plain.replace(one, other)
        return plain

    return value_from(walk(plain_from(value)), kind)


def _with_waivers(outcomes: list[Outcome], now: datetime) -> tuple[list[Outcome], tuple[WaiverUse, ...]]:
    """Two findings are waived and one waiver has expired; one more is needed no longer."""
    failed = [place for place, outcome in enumerate(outcomes) if outcome.result is Result.FAILED]
    states = (WaiverState.ACTIVE, WaiverState.ENDS_SOON, WaiverState.EXPIRED)
    days = {WaiverState.ACTIVE: 60, WaiverState.ENDS_SOON: 6, WaiverState.EXPIRED: -3}
    uses = []
    for place, state in zip(failed[-3:], states, strict=True):
        until = (now + timedelta(days=days[state])).date()
        found = outcomes[place]
        waiver = Waiver(
            control=found.control,
            servers=(found.server,),
            reason="The rack is replaced in the next quarter; moves go to the other servers of the pool until then.",
            until=until,
            ticket="CHG0041877",
            approved_by="Dana Okafor",
        )
        result = Result.FAILED if state is WaiverState.EXPIRED else Result.WAIVED
        outcomes[place] = replace(found, result=result, waiver=waiver)
        uses.append(WaiverUse(waiver, state))
    unneeded = Waiver(
        control=outcomes[-1].control, servers=(outcomes[-1].server,), reason="Was off by intent.", until=now.date()
    )
    return outcomes, (*uses, WaiverUse(unneeded, WaiverState.NOT_NEEDED))


def _changes(outcomes: list[Outcome], since: datetime | None = None) -> tuple[Change, ...]:
    return tuple(Change(outcome.server, outcome.control, outcome.title, since) for outcome in outcomes)


def _trend_before(run: Run) -> tuple[TrendPoint, ...]:
    now = summary_of(run)
    steps = [(day, min(now.ready, now.ready * day // 20)) for day in range(14, 0, -1)]
    return tuple(
        TrendPoint(
            id=f"run{day}",
            started_at=run.started_at - timedelta(days=day),
            ready=now.ready - lost,
            not_ready=now.not_ready + lost - lost // 3,
            unknown=now.unknown + lost // 3,
        )
        for day, lost in steps
    )


def _history_of(each: ServerStanding, now: datetime) -> tuple[PastStanding, ...]:
    before = (Standing.READY, Standing.READY, Standing.UNKNOWN, each.standing, each.standing)
    return tuple(PastStanding(now - timedelta(days=5 - day), standing) for day, standing in enumerate(before))
