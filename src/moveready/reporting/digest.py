"""What the short reports say, `summary.md` and `mail.html`: the verdict, and lists that are cut to a few entries. Pure.

Each text is one line of limited length, in which no mail program and no GitHub finds an address or a name to link or to
notify. To escape it for its format is up to the report.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from moveready.cleaning import cleaned
from moveready.findings.outcomes import WaiverState
from moveready.reporting.summary import summary_of
from moveready.reporting.table import costs_of, table_of
from moveready.reporting.words import plural, time_text, unverified_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moveready.findings.changes import Change, Changes, Past
    from moveready.findings.outcomes import Run, WaiverUse
    from moveready.reporting.summary import Summary
    from moveready.reporting.table import Row

Item = TypeVar("Item")
Source = TypeVar("Source")
LONGEST_TEXT = 200
_FINDINGS_SHOWN = 3
_NAMES_SHOWN = 3
_ENDING = {
    WaiverState.EXPIRED: "expired on",
    WaiverState.ENDS_SOON: "ends on",
    WaiverState.NOT_NEEDED: "is no longer needed; it ends on",
}
"""What people must hear of, the most urgent first."""
_LINKED = re.compile(r"@|:(?=//)|\bwww(?=\.)|#(?=\d)", re.IGNORECASE)
_INVISIBLE_SPACE = "\u200b"
_CUT = "\u2026"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many entries a report has room for."""

    servers: int
    waivers: int = 5
    unlisted: int = 5


@dataclass(frozen=True, slots=True)
class FirstOf(Generic[Item]):
    """The first entries of a list, and how many it has besides."""

    shown: tuple[Item, ...]
    others: int


@dataclass(frozen=True, slots=True)
class ServerLine:
    """A server that is not ready, or of which nobody knows."""

    name: str
    diagnosis: str
    next_step: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One kind of change: what it is, how often, and the names of the first with the number of the others."""

    title: str
    number: int
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The content of a short report.

    Attributes:
        warnings: What a reader must know before all else; first that the run is incomplete.
        summary: The verdict, its sentence and its counts.
        about: Organization, time, run and version.
        servers: Those that are not ready, then those that are unknown.
        comparison: What `changes` are compared with, or that there is nothing to compare with.
        changes: Only kinds that have any; new findings first.
        waivers: A sentence for each waiver that has ended, ends soon or is no longer needed.
        unlisted: Servers that Exchange has and the inventory has not, as `ChangeLine.names`; "" for none.
        cost: What the run asked of the servers; "" where nothing was asked.
    """

    warnings: tuple[str, ...]
    summary: Summary
    about: str
    servers: FirstOf[ServerLine]
    comparison: str
    changes: tuple[ChangeLine, ...]
    waivers: FirstOf[str]
    unlisted: str
    cost: str


def digest_of(run: Run, past: Past, limits: Limits) -> Digest:
    """The content of a short report of this run."""
    summary = summary_of(run)
    return Digest(
        warnings=tuple(line_of(warning) for warning in _warnings(run)),
        summary=summary,
        about=_about(run),
        servers=_server_lines(run, limits.servers),
        comparison=_comparison(past.changes),
        changes=_change_lines(past.changes),
        waivers=_first_of(_ending(run.waivers), limits.waivers, _waiver_line),
        unlisted=_listed(run.unlisted or (), limits.unlisted),
        cost=_cost(run),
    )


def line_of(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text on one line, cut, without harmful characters; nothing in it becomes a link or a mention."""
    line = " ".join(cleaned(text).split())
    if len(line) > longest:
        line = line[: longest - 1] + _CUT
    return _LINKED.sub(rf"\g<0>{_INVISIBLE_SPACE}", line)


def _about(run: Run) -> str:
    number = [f"run {run.id}"] if run.id else []
    parts = [run.organization, time_text(run.started_at), *number, f"moveready {run.version}"]
    return ", ".join(map(line_of, parts))


def _first_of(items: Sequence[Source], most: int, shown: Callable[[Source], Item]) -> FirstOf[Item]:
    return FirstOf(tuple(shown(item) for item in items[:most]), max(0, len(items) - most))


def _listed(names: Sequence[str], most: int) -> str:
    first = _first_of(names, most, line_of)
    return "; ".join([*first.shown, *([f"{first.others} more"] if first.others else [])])


def _warnings(run: Run) -> list[str]:
    """That the run is incomplete, then what its verdict says nothing about."""
    warnings = [] if run.complete else [f"INCOMPLETE: {run.incomplete or 'not every control was judged'}."]
    if run.unverified:
        warnings.append(unverified_sentence(run.unverified))
    counted = Counter(test.result for test in run.plain_tests)
    bad = [f"{counted[word]} {word}" for word in ("failed", "error") if counted[word]]
    if bad:
        warnings.append(f"Of the tests without a control: {', '.join(bad)}.")
    return warnings


def _server_lines(run: Run, most: int) -> FirstOf[ServerLine]:
    """The servers that are not ready, as the table has them, with their whole names."""
    table = table_of(run)
    ending = f".{table.domain}" if table.domain else ""
    return _first_of([row for row in table.rows if not row.is_ready], most, lambda row: _server_line(row, ending))


def _server_line(row: Row, ending: str) -> ServerLine:
    shown = row.findings[:_FINDINGS_SHOWN]
    steps = dict.fromkeys(finding.next_step for finding in shown if finding.next_step)
    return ServerLine(
        line_of(f"{row.server}{ending}"),
        diagnosis="; ".join(line_of(finding.diagnosis) for finding in shown),
        next_step="; ".join(map(line_of, steps)),
    )


def _comparison(changes: Changes | None) -> str:
    if changes is None:
        return "There is no earlier run to compare with."
    when = time_text(changes.earlier_started_at)
    return f"Since the run of {when}:" if changes.are_any else f"Nothing has changed since the run of {when}."


def _change_lines(changes: Changes | None) -> tuple[ChangeLine, ...]:
    if changes is None:
        return ()
    kinds: dict[str, Sequence[str]] = {
        "New findings": [_name_of(change) for change in changes.new],
        "Findings that were fixed": [_name_of(change) for change in changes.fixed],
        "Can no longer be evaluated": [_name_of(change) for change in changes.unknown],
        "Newly waived": [_name_of(change) for change in changes.waived],
        "New servers": changes.added,
        "Servers that are no longer checked": changes.gone,
    }
    return tuple(ChangeLine(title, len(names), _listed(names, _NAMES_SHOWN)) for title, names in kinds.items() if names)


def _name_of(change: Change) -> str:
    return f"{change.server} {change.control} {change.title}"


def _ending(waivers: Sequence[WaiverUse]) -> list[WaiverUse]:
    return [use for state in _ENDING for use in waivers if use.state is state]


def _waiver_line(use: WaiverUse) -> str:
    waiver = use.waiver
    ticket = f" ({waiver.ticket})" if waiver.ticket else ""
    covered = waiver.servers[0] if len(waiver.servers) == 1 else _counted(len(waiver.servers), "server")
    return line_of(f"{waiver.control} on {covered} {_ENDING[use.state]} {waiver.until}{ticket}: {waiver.reason}")


def _cost(run: Run) -> str:
    if not run.costs:
        return ""
    cost = costs_of(run)[-1]
    asked = f"{cost.sessions} sessions, {cost.requests} requests, {cost.kilobytes} kB"
    return f"What the run cost the servers: {asked}, {cost.seconds} s of their time"


def _counted(number: int, noun: str) -> str:
    return f"{number} {plural(number, noun)}"
