"""`mail.html` of a `Run`, and the subject of the mail: what a team reads on its day without a look at the report. Pure.

Readable in Outlook, which draws with Word: layout by tables, styles at the elements, no script, style sheet, link or
image. Gmail shows 102 kB of a mail, so it has at most `MOST_BYTES`; what finds no room is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.findings.verdicts import Standing
from moveready.reporting.digest import Limits, digest_of
from moveready.reporting.summary import summary_of
from moveready.reporting.templates import template_named

if TYPE_CHECKING:
    from moveready.findings.changes import Past
    from moveready.findings.outcomes import Run
    from moveready.reporting.digest import Digest
    from moveready.reporting.summary import Summary

MOST_BYTES = 100_000
LONGEST_SUBJECT = 120
_SERVERS = (40, 20, 10, 5)
"""How many are listed; fewer where their texts are so long that the mail would be too large. With five it never is."""
_COLOURS = {
    Standing.READY: ("#1a6b2d", "#ffffff"),
    Standing.NOT_READY: ("#b3261e", "#ffffff"),
    Standing.UNKNOWN: ("#ffd166", "#000000"),
}


def mail_html(run: Run, past: Past) -> bytes:
    """The bytes of a `mail.html`, at most `MOST_BYTES`."""
    subject = mail_subject(run, past)
    pages = (_page(digest_of(run, past, Limits(servers)), subject) for servers in _SERVERS)
    return next(page for page in pages if len(page) <= MOST_BYTES)


def mail_subject(run: Run, past: Past) -> str:
    """The subject, one line of at most `LONGEST_SUBJECT` characters: the verdict, what is new, the organization."""
    incomplete = "" if run.complete else "INCOMPLETE: "
    unverified = "NOT VERIFIED: " if run.unverified else ""
    new = f", {len(past.changes.new)} new" if past.changes and past.changes.new else ""
    subject = f"{incomplete}{unverified}{summary_of(run).counts}{new}: moveready, {run.organization}"
    return " ".join(cleaned(subject).split())[:LONGEST_SUBJECT]


def _page(digest: Digest, subject: str) -> bytes:
    summary = digest.summary
    page = template_named("mail.html.j2").render(
        subject=subject, digest=digest, counts=_counts(summary), colours=_COLOURS[summary.standing]
    )
    return page.encode()


def _counts(summary: Summary) -> tuple[tuple[str, int], ...]:
    return (
        ("Ready", summary.ready),
        ("Not ready", summary.not_ready),
        ("Unknown", summary.unknown),
        ("Findings", summary.findings),
        ("Errors", summary.errors),
        ("Waived", summary.waived),
    )
