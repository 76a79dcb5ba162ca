"""Which servers a move may use now, as plain data. Pure.

Only a server that is `ready` in every report is ready here, and not all of those are: no move may use one whose phase
is `idle`, as its MRSProxy is off and should be, and none of an incomplete run.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from pydantic import AwareDatetime, ConfigDict

from moveready.cleaning import cleaned
from moveready.findings.outcomes import Result
from moveready.findings.standing import standings_of
from moveready.findings.verdicts import Standing, not_diagnosed, worst_of
from moveready.inventory import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moveready.findings.outcomes import CheckedServer, Run
    from moveready.findings.standing import ServerStanding
    from moveready.findings.verdicts import Verdict
    from moveready.inventory import Waiver

SCHEMA = 1
VALIDITY = timedelta(minutes=60)
"""How long a decision holds, unless another time is given."""
LONGEST_TEXT = 300  # characters; more is for the reports
LONGEST_WORD = 64  # characters; a line of a terminal has room for it
_STRICT = ConfigDict(extra="forbid", strict=True)
_WORST_FIRST = (Result.FAILED, Result.WAIVED, Result.ERROR)


class State(Enum):
    """A server or a pool in one word; the value is what people read."""

    READY = "ready"
    NOT_READY = "not ready"
    UNKNOWN = "unknown"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a server is not ready: its state, what is the matter, and what to do about it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    state: State
    diagnosis: str
    next_step: str

    @property
    def sentence(self) -> str:
        """Such as `not ready - disabled; next: enable, then iisreset`."""
        return f"{self.state.value} - {self.diagnosis}{f'; next: {self.next_step}' if self.next_step else ''}"


@dataclass(frozen=True, slots=True)
class Pool:
    """The checked servers that share one public name. A move may reach any of them: all have to be ready."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    state: State
    ready: int
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UsedWaiver:
    """A waiver that covers a finding of the run, and on which servers it does."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    control: str
    servers: tuple[str, ...]
    until: date
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """What a run says about moves. Every text in it is of one line, harmless and short.

    Attributes:
        run: The id of the run.
        organization: The Exchange organization.
        inventory: The fingerprint of the inventory.
        phases: The phase of each server, by FQDN.
        made_at: When the run ended.
        answers_from: When the oldest answer was asked for that the run is based on.
        valid_until: From then on it says nothing any more; counted from `answers_from`.
        complete: Whether everything that was selected was judged.
        incomplete: Why it was not, or "".
        limit: The value of `--limit`, or "": other servers were not looked at.
        controls: The value of `--control`, or "": other controls were not asked.
        ready: FQDNs of the servers that moves may use.
        not_ready: Every other server of the run, and why.
        pools: By name.
        waivers: Those that cover a finding of this run.
        failed_tests: Tests that failed and belong to no server, so that they may be about any.
        unlisted: Servers that Exchange has and the inventory has not, where `--fail-on-unlisted` makes them count; None
            where they count and Exchange did not say which servers it has.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    run: str
    organization: str
    inventory: str
    phases: dict[str, str]
    made_at: AwareDatetime
    answers_from: AwareDatetime
    valid_until: AwareDatetime
    complete: bool
    incomplete: str
    limit: str
    controls: str
    ready: tuple[str, ...]
    not_ready: dict[str, Reason]
    pools: dict[str, Pool]
    waivers: tuple[UsedWaiver, ...]
    failed_tests: tuple[str, ...]
    unlisted: tuple[str, ...] | None = ()
    schema: int = SCHEMA

    @property
    def is_open(self) -> bool:
        """Whether all servers are ready. One that is idle does not count, unless its pool has others."""
        return (
            self.complete
            and bool(self.ready)
            and not self.failed_tests
            and self.unlisted == ()
            and all(reason.state is State.IDLE for reason in self.not_ready.values())
            and all(pool.state in {State.READY, State.IDLE} for pool in self.pools.values())
        )


def decision_of(run: Run, validity: timedelta = VALIDITY) -> GateDecision:
    """The decision; it holds for `validity` from the oldest answer on."""
    standings = {each.server.name: each for each in standings_of(run)}
    reasons = {server.name: _reason_for(server, standings.get(server.name), run) for server in run.servers}
    asked = [outcome.asked_at for outcome in run.outcomes if outcome.asked_at is not None]
    answers_from = min([*asked, run.finished_at])
    return GateDecision(
        run=one_line(run.id),
        organization=one_line(run.organization),
        inventory=run.scope.fingerprint,
        phases={server.name: server.phase for server in run.servers},
        made_at=run.finished_at,
        answers_from=answers_from,
        valid_until=answers_from + validity,
        complete=run.complete,
        incomplete="" if run.complete else one_line(run.incomplete),
        limit=one_line(run.scope.limit),
        controls=one_line(run.scope.controls),
        ready=tuple(name for name, reason in reasons.items() if reason is None),
        not_ready={name: reason for name, reason in reasons.items() if reason is not None},
        pools=_pools_of(run, reasons),
        waivers=_used_waivers(run),
        failed_tests=_failed_tests(run),
        unlisted=_unlisted(run),
    )


def one_line(text: str, longest_word: int = LONGEST_WORD) -> str:
    """The text as one harmless line of at most `LONGEST_TEXT` characters, cut between words; no word is too long."""
    words = cleaned(text).split()
    kept = " ".join(word if len(word) <= longest_word else "..." for word in words)
    return textwrap.shorten(kept, LONGEST_TEXT, placeholder=" ...")


def _reason_for(server: CheckedServer, checked: ServerStanding | None, run: Run) -> Reason | None:
    """Why the server may not be used; None where it may."""
    if checked is None:
        return Reason(State.UNKNOWN, "not checked", "run the checks again")
    if checked.standing is not Standing.READY:
        return _reason_of(checked)
    if missing := run.not_asked.get(server.name):
        return Reason(State.UNKNOWN, one_line(f"not asked: {', '.join(missing)}"), "run all controls together")
    if server.phase != Phase.MOVING.value:
        return Reason(State.IDLE, "no moves are planned on it", "set its phase to moving, run the checks again")
    return None if run.complete else Reason(State.UNKNOWN, "the run is incomplete", "run the checks again")


def _reason_of(checked: ServerStanding) -> Reason:
    """In the words of the verdict; where that is better than the standing, of the control that makes it so."""
    verdict = _verdict_on(checked.server)
    diagnosis, next_step = verdict.description, verdict.next_step
    if verdict.standing is not checked.standing:
        of_controls = [outcome for result in _WORST_FIRST for outcome in checked.having(result)]
        diagnosis = ", ".join(f"{outcome.title} ({outcome.control}): {outcome.word}" for outcome in of_controls[:1])
        next_step = "see this control in the reports"
    return Reason(State(checked.standing.value), one_line(f"{diagnosis}{_waived_on(checked)}"), one_line(next_step))


def _verdict_on(server: CheckedServer) -> Verdict:
    """Its worst; a server that no KB was asked about is not diagnosed, whatever its controls say."""
    shown = server.diagnosis or not_diagnosed("", server.name)
    return worst_of([*server.verdicts, shown]) or shown


def _waived_on(checked: ServerStanding) -> str:
    """That a finding is waived, and until when; the server is not ready all the same."""
    ends = [outcome.waiver.until for outcome in checked.having(Result.WAIVED) if outcome.waiver is not None]
    return f", waived until {min(ends)}" if ends else ""


def _pools_of(run: Run, reasons: Mapping[str, Reason | None]) -> dict[str, Pool]:
    """Of a pool with servers that the run did not look at nobody knows whether it is ready."""
    members: dict[str, dict[str, State]] = {}
    for server in run.servers:
        if server.pool:
            reason = reasons[server.name]
            members.setdefault(server.pool, {})[server.name] = reason.state if reason else State.READY
    pools = {name: _pool_of(states) for name, states in sorted(members.items())}
    for name in set(run.scope.cut_pools) & set(pools):
        if pools[name].state is not State.NOT_READY:
            pools[name] = replace(pools[name], state=State.UNKNOWN)
    return pools


def _pool_of(states: Mapping[str, State]) -> Pool:
    """As good as its worst server; one that has idle servers and others sends some of the moves to those."""
    found = set(states.values())
    worst = next(state for state in (State.NOT_READY, State.UNKNOWN, State.IDLE, State.READY) if state in found)
    is_mixed = worst is State.IDLE and len(found) > 1
    ready = sum(state is State.READY for state in states.values())
    return Pool(State.NOT_READY if is_mixed else worst, ready, tuple(states))


def _used_waivers(run: Run) -> tuple[UsedWaiver, ...]:
    used: dict[Waiver, dict[str, None]] = {}
    for outcome in run.outcomes:
        if outcome.result is Result.WAIVED and outcome.waiver is not None:
            used.setdefault(outcome.waiver, {})[outcome.server] = None
    return tuple(
        UsedWaiver(one_line(waiver.control), tuple(servers), waiver.until, one_line(waiver.ticket))
        for waiver, servers in used.items()
    )


def _unlisted(run: Run) -> tuple[str, ...] | None:
    names = run.unlisted_findings
    return None if names is None else tuple(one_line(name, LONGEST_TEXT) for name in names)


def _failed_tests(run: Run) -> tuple[str, ...]:
    return tuple(one_line(test.nodeid, LONGEST_TEXT) for test in run.plain_tests if test.has_failed)
