"""The message about a run: a subject and a plain text, the most urgent first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.findings.outcomes import Result, WaiverState
from moveready.reporting.summary import summary_of
from moveready.reporting.words import unverified_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from moveready.findings.changes import Change, Changes, Past
    from moveready.findings.outcomes import Run, WaiverUse

LONGEST_SUBJECT = 120
_LONGEST_LINE = 200
_LONGEST_NAME = 40
"""Of the organization in the subject, so that there is always room for the counts."""
_LONGEST_LIST = 20
"""A message is read on a phone; the reports have the rest."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to every channel.

    Attributes:
        subject: One line.
        text: Plain text, for every channel that shows no HTML.
        html: A page for mail, or "" where mail gets the text too.
    """

    subject: str
    text: str
    html: str = ""


def is_worth_telling(past: Past, run: Run) -> bool:
    """Whether people need a message: something changed, nobody knows what changed, or the run is incomplete."""
    return not run.complete or past.changes is None or past.changes.are_any


def message_of(run: Run, past: Past, link: str | None) -> Message:
    """The message about this run.

    Args:
        run: What came out.
        past: What earlier runs say.
        link: Where the reports are, an address or a folder; None where the message need not say it.
    """
    blocks = (_opening(run, link), *_findings(run, past.changes), *_waivers(run.waivers), _origin(run))
    return Message(_subject(run, past.changes), "\n\n".join("\n".join(block) for block in blocks) + "\n")


def _subject(run: Run, changes: Changes | None) -> str:
    incomplete = "" if run.complete else "INCOMPLETE, "
    unverified = "NOT VERIFIED, " if run.unverified else ""
    new = f", {len(changes.new)} new" if changes and changes.new else ""
    name = _one_line(run.organization, _LONGEST_NAME)
    return _one_line(f"moveready {name}: {incomplete}{unverified}{summary_of(run).counts}{new}", LONGEST_SUBJECT)


def _opening(run: Run, link: str | None) -> Iterator[str]:
    """Chats that cut long messages keep their beginning, so the link is here."""
    if not run.complete:
        yield _one_line(f"The run is incomplete: {run.incomplete or 'not everything was judged'}.")
    if run.unverified:
        yield unverified_sentence(run.unverified)
    summary = summary_of(run)
    yield summary.sentence
    yield summary.counts
    if link:
        yield f"Reports: {_one_line(link, None)}"


def _findings(run: Run, changes: Changes | None) -> Iterator[list[str]]:
    """What changed, new findings first; where there is nothing to compare with, all findings."""
    if changes is None:
        failed = [outcome for outcome in run.outcomes if outcome.result is Result.FAILED]
        worst_first = sorted(failed, key=lambda outcome: outcome.severity.rank)
        yield ["There is no earlier run to compare with."]
        yield from _block(
            "Findings (rules that are not met)", [f"{each.server}: {each.control} {each.title}" for each in worst_first]
        )
        return
    yield [f"Compared with the run of {_moment(changes.earlier_started_at)}:"]
    yield from _block("New findings (rules that are not met)", _sentences(changes.new))
    yield from _block("Fixed", _sentences(changes.fixed))
    if changes.still:
        yield [f"Still failing: {len(changes.still)}"]
    yield from _block("Can no longer be evaluated", _sentences(changes.unknown))
    yield from _block("Newly waived", _sentences(changes.waived))
    yield from _block("Servers that are new", changes.added)
    yield from _block("Servers that are no longer checked", changes.gone)
    if not (changes.are_any or changes.still):
        yield ["Nothing has changed."]


def _waivers(uses: Iterable[WaiverUse]) -> Iterator[list[str]]:
    """Those that somebody must renew or remove."""
    known = tuple(uses)
    yield from _block("Waivers that have expired", _of_state(known, WaiverState.EXPIRED))
    yield from _block("Waivers that end soon", _of_state(known, WaiverState.ENDS_SOON))


def _of_state(uses: Iterable[WaiverUse], state: WaiverState) -> list[str]:
    chosen = sorted((use.waiver for use in uses if use.state is state), key=lambda waiver: waiver.until)
    return [f"{each.control} until {each.until} on {len(each.servers)} server(s): {each.reason}" for each in chosen]


def _origin(run: Run) -> list[str]:
    version = f" {run.version}" if run.version else ""
    return [_one_line(f"moveready{version}, {run.organization}, run of {_moment(run.started_at)}")]


def _sentences(changes: Iterable[Change]) -> list[str]:
    return [f"{change.server}: {change.control} {change.title}" for change in changes]


def _block(title: str, lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines under their title with their number, the first of many; no block of none."""
    if lines:
        rest = len(lines) - _LONGEST_LIST
        more = [f"- and {rest} more"] if rest > 0 else []
        yield [f"{title}: {len(lines)}", *(f"- {_one_line(line)}" for line in lines[:_LONGEST_LIST]), *more]


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()


def _one_line(text: str, longest: int | None = _LONGEST_LINE) -> str:
    """Harmless, on one line, and cut where it is too long."""
    line = " ".join(cleaned(text).split())
    return line if longest is None or len(line) <= longest else f"{line[: longest - 3]}..."
