"""What the terminal shows about each server that is not fine, and how it ends: the result in one line. Pure.

A text that several controls of a server share stands there once, and so do the commands that repair it. Commands are
never wrapped: whoever copies them must get them whole.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.findings.judging import waived_sentence
from moveready.findings.outcomes import Result, WaiverState
from moveready.findings.standing import standings_of, worst_first
from moveready.findings.verdicts import Standing
from moveready.reporting.summary import summary_of
from moveready.reporting.table import shared_domain, short_name
from moveready.reporting.words import plural, unverified_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moveready.findings.outcomes import Outcome, Run, WaiverUse
    from moveready.findings.standing import ServerStanding

SERVERS_IN_FULL = 100
"""Of more servers with findings or errors the rest is counted: nobody reads 5,000 texts in a terminal."""
LINES_OF_THE_RESULT = 40
_SHOWN = (Result.FAILED, Result.ERROR, Result.WAIVED)
_NEWSWORTHY = (WaiverState.ENDS_SOON, WaiverState.EXPIRED, WaiverState.NOT_NEEDED)


def findings_text(run: Run, width: int) -> str:
    """A paragraph for each server with findings or errors, in the order of the table; "" where there is none."""
    concerned = [one for one in worst_first(standings_of(run)) if any(map(one.having, _SHOWN))]
    paragraphs = [_paragraph_of(one, width) for one in concerned[:SERVERS_IN_FULL]]
    if (more := len(concerned) - SERVERS_IN_FULL) > 0:
        paragraphs.append(f"... and {more} more servers: see fleet.html")
    return "\n\n".join(paragraphs)


def result_text(run: Run, exit_words: str, width: int) -> str:
    """The result in one line with how the run exits, a line for each finding, and what else must be known."""
    shown = worst_first(standings_of(run))
    domain = shared_domain(run)
    lines = _finding_lines([outcome for one in shown for outcome in _in_order(one, Result.FAILED)], domain)
    warnings = [] if run.complete else [f"INCOMPLETE: {run.incomplete}"]
    if run.unverified:
        warnings.append(_wrapped(unverified_sentence(run.unverified), width, "  "))
    head = f"Result: {summary_of(run).counts} ({exit_words})"
    notes = [*_unknown(shown, domain), *_not_asked(run), *_unlisted(run), *map(waiver_sentence, _noted(run))]
    wrapped = [_wrapped(cleaned(note), width, "  ") for note in notes]
    return "\n".join([*warnings, _wrapped(head, width, "  "), *lines, *wrapped])


def waiver_sentence(use: WaiverUse) -> str:
    """That a waiver ends soon, has expired, or is no longer needed, and where it stands."""
    waiver = use.waiver
    on = f"{len(waiver.servers)} {plural(len(waiver.servers), 'server')}"
    happened = {
        WaiverState.ENDS_SOON: f"ends on {waiver.until}",
        WaiverState.EXPIRED: f"has expired on {waiver.until}",
        WaiverState.NOT_NEEDED: "is no longer needed: all that it covers has passed",
        WaiverState.NOT_ASKED: "covers nothing that this run has asked: is its `control` right?",
    }.get(use.state, use.state.value)
    return f"Waiver of {waiver.control} on {on} {happened} ({waiver.file}:{waiver.line})."


def _paragraph_of(one: ServerStanding, width: int) -> str:
    diagnosis = one.server.diagnosis.description if one.server.diagnosis else one.standing.value
    lines = [cleaned(f"{one.server.name}: {diagnosis}")]
    for (result, sentence), outcomes in _by_text(one).items():
        controls = [f"{outcome.control} {outcome.title}" for outcome in outcomes]
        lines.append(_wrapped(f"  {result.value}: {cleaned('; '.join(controls))}", width, "    "))
        lines.append(_wrapped(f"    {cleaned(sentence)}", width, "    "))
    repairs = dict.fromkeys(outcome.resolution for outcome in one.having(Result.FAILED) if outcome.resolution)
    if repairs:
        lines.append("  Repair:")
        lines += [f"    {cleaned(line)}" for repair in repairs for line in repair.splitlines()]
    return "\n".join(lines)


def _by_text(one: ServerStanding) -> dict[tuple[Result, str], list[Outcome]]:
    """The outcomes that are shown, those of one text together."""
    found: dict[tuple[Result, str], list[Outcome]] = {}
    for result in _SHOWN:
        for outcome in _in_order(one, result):
            text = waived_sentence(outcome) if result is Result.WAIVED else outcome.sentence
            found.setdefault((result, text), []).append(outcome)
    return found


def _finding_lines(findings: list[Outcome], domain: str) -> list[str]:
    """A line for each, in columns; a domain that all servers share is left out, as in the table."""
    shown = [(short_name(one.server, domain), one) for one in findings[:LINES_OF_THE_RESULT]]
    server = max((len(name) for name, _ in shown), default=0)
    control = max((len(one.control) for _, one in shown), default=0)
    lines = [cleaned(f"  {name:{server}}  {one.control:{control}}  {one.title}{_expired(one)}") for name, one in shown]
    more = len(findings) - len(shown)
    return [*lines, f"  ... and {more} more: see fleet.html"] if more else lines


def _expired(outcome: Outcome) -> str:
    return f" (waiver expired on {outcome.waiver.until})" if outcome.waiver else ""


def _in_order(one: ServerStanding, result: Result) -> list[Outcome]:
    return sorted(one.having(result), key=lambda outcome: outcome.control)


def _unknown(shown: Iterable[ServerStanding], domain: str) -> list[str]:
    names = [short_name(one.server.name, domain) for one in shown if one.standing is Standing.UNKNOWN]
    return [f"Unknown: {', '.join(names)}"] if 0 < len(names) <= LINES_OF_THE_RESULT else []


def _not_asked(run: Run) -> list[str]:
    """What a selection has left out, so that nobody takes `ready` for more than it is."""
    left_out = sorted({control for controls in run.not_asked.values() for control in controls})
    return [f"Not asked on {len(run.not_asked)} server(s): {', '.join(left_out)}"] if left_out else []


def _unlisted(run: Run) -> list[str]:
    """Of a limited run too: the inventory was read as a whole."""
    if not run.unlisted:
        return []
    more = len(run.unlisted) - LINES_OF_THE_RESULT
    names = [*run.unlisted[:LINES_OF_THE_RESULT], *([f"and {more} more"] if more > 0 else [])]
    return [f"Exchange has servers that the inventory has not: {', '.join(names)}"]


def _noted(run: Run) -> list[WaiverUse]:
    """Those that somebody must look after; one that a whole run has not asked for may have a misspelled control."""
    is_whole = not run.scope.controls and not run.scope.limit
    return [
        use
        for use in run.waivers
        if use.state in _NEWSWORTHY or (is_whole and run.complete and use.state is WaiverState.NOT_ASKED)
    ]


def _wrapped(text: str, width: int, indent: str) -> str:
    return textwrap.fill(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )
