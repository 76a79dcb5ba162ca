"""A run in one sentence and in a few counts; every report and the gate tell the same. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.findings.outcomes import Result
from moveready.findings.standing import standings_of, worst_standing
from moveready.findings.verdicts import Standing
from moveready.reporting.words import plural

if TYPE_CHECKING:
    from moveready.findings.outcomes import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts of a run.

    Attributes:
        standing: The worst of all servers; of a run that is incomplete or has judged nothing, never `ready`.
        ready: Servers that are ready.
        not_ready: Servers that are not, those with a waived finding included.
        unknown: Servers of which nobody knows.
        findings: Controls that failed.
        servers_with_findings: Servers that have them.
        errors: Controls that could not be evaluated.
        waived: Findings that are waived.
        unlisted: Servers that the inventory has not, where they count as findings.
    """

    standing: Standing
    ready: int
    not_ready: int
    unknown: int
    findings: int
    servers_with_findings: int
    errors: int
    waived: int
    unlisted: int = 0

    @property
    def servers(self) -> int:
        """All servers that were checked."""
        return self.ready + self.not_ready + self.unknown

    @property
    def sentence(self) -> str:
        """Such as `11 of 13 servers are ready for moves; 2 are not ready.`."""
        if not self.servers:
            return "No server was checked."
        verb = "is" if 1 in {self.ready, self.servers} else "are"
        others = [
            f"{number:,} {'is' if number == 1 else 'are'} {word}"
            for number, word in ((self.not_ready, "not ready"), (self.unknown, "unknown"))
            if number
        ]
        first = f"{self.ready:,} of {self.servers:,} {plural(self.servers, 'server')} {verb} ready for moves"
        return f"{'; '.join([first, *([' and '.join(others)] if others else [])])}."

    @property
    def counts(self) -> str:
        """Such as `NOT READY - 9 findings on 5 servers, 3 servers unknown`."""
        told = []
        if self.findings:
            on = f"{self.servers_with_findings:,} {plural(self.servers_with_findings, 'server')}"
            told.append(f"{self.findings:,} {plural(self.findings, 'finding')} on {on}")
        if self.waived:
            told.append(f"{self.waived:,} waived")
        if self.unlisted:
            told.append(f"{self.unlisted:,} {plural(self.unlisted, 'server')} not in the inventory")
        if self.unknown:
            told.append(f"{self.unknown:,} {plural(self.unknown, 'server')} unknown")
        if not told and self.not_ready:
            told.append(f"{self.not_ready:,} {plural(self.not_ready, 'server')} not ready")
        if not told:
            told.append(f"{self.servers:,} {plural(self.servers, 'server')}")
        return f"{self.standing.value.upper()} - {', '.join(told)}"


def summary_of(run: Run) -> Summary:
    """Count."""
    servers = standings_of(run)
    counted = Counter(server.standing for server in servers)
    failed = [outcome for outcome in run.outcomes if outcome.result is Result.FAILED]
    known = [server.standing for server in servers] or [Standing.UNKNOWN]
    unlisted = run.unlisted_findings
    if unlisted != ():
        known.append(Standing.NOT_READY if unlisted else Standing.UNKNOWN)
    return Summary(
        standing=worst_standing([*known, *([] if run.complete else [Standing.UNKNOWN])]),
        ready=counted[Standing.READY],
        not_ready=counted[Standing.NOT_READY],
        unknown=counted[Standing.UNKNOWN],
        findings=len(failed),
        servers_with_findings=len({outcome.server for outcome in failed}),
        errors=run.count(Result.ERROR),
        waived=run.count(Result.WAIVED),
        unlisted=len(unlisted or ()),
    )
