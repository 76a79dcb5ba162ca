"""What `fleet.html` says about one server: why, what repairs it, evidence, waivers, repairs made and past. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.findings.outcomes import Result, WaiverState
from moveready.reporting.fleet_evidence import evidence_of, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from moveready.findings.changes import PastStanding
    from moveready.findings.outcomes import CheckedServer, Outcome, WaiverUse
    from moveready.findings.standing import ServerStanding
    from moveready.findings.verdicts import Standing, Verdict
    from moveready.reporting.fleet_evidence import EvidenceItem

_WEB = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as people see it: the name of its shape and colour, and the word that stands beside it."""

    kind: str
    word: str


_MARK_OF_RESULT = {
    Result.FAILED: Mark("not-ready", "failed"),
    Result.ERROR: Mark("unknown", "not evaluated"),
    Result.WAIVED: Mark("waived", "waived"),
    Result.PASSED: Mark("ready", "passed"),
}
"""The worst first."""
_KIND_OF_WAIVER = {
    WaiverState.EXPIRED: "not-ready",
    WaiverState.ENDS_SOON: "unknown",
    WaiverState.NOT_NEEDED: "unknown",
    WaiverState.ACTIVE: "waived",
    WaiverState.NOT_ASKED: "not-asked",
}
"""Those that somebody must do something about first."""


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """What one KB concludes."""

    mark: Mark
    kb: str
    description: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Repair:
    """What repairs something: commands that can be copied, or words; `of` is the KB or the control."""

    of: str
    text: str
    is_commands: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Controls that did not pass for one and the same reason; `severity` is the worst of theirs."""

    mark: Mark
    controls: tuple[str, ...]
    severity: str
    sentence: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """A waiver, and what became of it."""

    mark: Mark
    use: WaiverUse


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """What a server was in one run."""

    started_at: datetime
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDetail:
    """One server in full.

    Attributes:
        number: Its place in the inventory, from 0.
        fixed: What the fixer repaired in this run, with what it did, a line each.
        passed: The controls that passed.
        has_evidence: Whether its evidence is on the page.
        history: Its last runs, oldest first; this one is not among them.
    """

    number: int
    server: CheckedServer
    mark: Mark
    verdicts: tuple[VerdictLine, ...]
    findings: tuple[Finding, ...]
    repairs: tuple[Repair, ...]
    fixed: tuple[tuple[str, tuple[str, ...]], ...]
    passed: tuple[str, ...]
    has_evidence: bool
    evidence: tuple[EvidenceItem, ...]
    waivers: tuple[WaiverLine, ...]
    history: tuple[HistoryLine, ...]

    @property
    def anchor(self) -> str:
        """The id of its place on the page."""
        return f"server-{self.number}"


def detail_of(
    each: ServerStanding,
    number: int,
    uses: Iterable[WaiverUse],
    past: Iterable[PastStanding],
    *,
    has_evidence: bool,
) -> ServerDetail:
    """One server in full; `uses` are the waivers that name it."""
    passed = each.having(Result.PASSED)
    return ServerDetail(
        number=number,
        server=each.server,
        mark=mark_of(each.standing),
        verdicts=tuple(map(_verdict_line, _worst_verdicts(each.server))),
        findings=findings_of(each.outcomes),
        repairs=repairs_of(each),
        fixed=tuple((_named(outcome), outcome.story) for outcome in passed if outcome.story),
        passed=tuple(_named(outcome) for outcome in passed if not outcome.story),
        has_evidence=has_evidence,
        evidence=evidence_of(each.outcomes) if has_evidence else (),
        waivers=waiver_lines(uses),
        history=tuple(HistoryLine(one.started_at, mark_of(one.standing)) for one in past),
    )


def mark_of(standing: Standing) -> Mark:
    """The mark of a server or a pool."""
    return Mark(standing.value.replace(" ", "-"), standing.value)


def mark_of_result(outcome: Outcome) -> Mark:
    """The mark of a control on a server."""
    mark = _MARK_OF_RESULT[outcome.result]
    return Mark(mark.kind, outcome.word) if outcome.result is Result.PASSED else mark


def findings_of(outcomes: Iterable[Outcome]) -> tuple[Finding, ...]:
    """What did not pass, the worst first; a sentence that several controls share stands there once."""
    grouped: dict[tuple[Result, str], list[Outcome]] = {}
    for outcome in sorted(outcomes, key=_badness):
        if outcome.result is not Result.PASSED:
            grouped.setdefault((outcome.result, outcome.sentence), []).append(outcome)
    return tuple(
        Finding(
            mark=mark_of_result(members[0]),
            controls=tuple(map(_named, members)),
            severity=members[0].severity.value,
            sentence=shortened(sentence),
            sources=tuple(dict.fromkeys(one.source for one in members if one.source.startswith(_WEB))),
        )
        for (_, sentence), members in grouped.items()
    )


def repairs_of(each: ServerStanding) -> tuple[Repair, ...]:
    """Each text once: what the verdicts say, then what controls say beyond that.

    Nobody knows whether the words of a control are commands; they are shown so that they can be copied.
    """
    said = [(one.kb, one.resolution, one.has_commands) for one in _worst_verdicts(each.server)]
    said += [(one.control, one.resolution, True) for one in sorted(each.outcomes, key=_badness)]
    found: dict[str, Repair] = {}
    for of, text, is_commands in said:
        if text.strip():
            found.setdefault(text.strip(), Repair(of, text.strip(), is_commands))
    return tuple(found.values())


def waiver_lines(uses: Iterable[WaiverUse]) -> tuple[WaiverLine, ...]:
    """The waivers, first those that somebody must do something about."""
    states = list(_KIND_OF_WAIVER)
    in_order = sorted(uses, key=lambda use: (states.index(use.state), use.waiver.until))
    return tuple(WaiverLine(Mark(_KIND_OF_WAIVER[use.state], use.state.value), use) for use in in_order)


def _worst_verdicts(server: CheckedServer) -> list[Verdict]:
    known = server.verdicts or ((server.diagnosis,) if server.diagnosis else ())
    return sorted(known, key=lambda verdict: verdict.standing.rank)


def _verdict_line(verdict: Verdict) -> VerdictLine:
    return VerdictLine(mark_of(verdict.standing), verdict.kb, shortened(verdict.description), verdict.next_step)


def _named(outcome: Outcome) -> str:
    return f"{outcome.control} {outcome.title}"


def _badness(outcome: Outcome) -> tuple[int, int]:
    return list(_MARK_OF_RESULT).index(outcome.result), outcome.severity.rank
