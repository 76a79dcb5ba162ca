"""`summary.md` of a `Run`: what a pipeline shows beside its steps, in GitHub's Markdown. Pure.

It fits on a few screens, at most `MOST_LINES` lines; the rest is counted. GitHub takes at most 1 MiB.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moveready.reporting.digest import Limits, digest_of

if TYPE_CHECKING:
    from moveready.findings.changes import Past
    from moveready.findings.outcomes import Run
    from moveready.reporting.digest import Digest, FirstOf

MOST_LINES = 60
_LIMITS = Limits(servers=20)
# As references no parser takes them for its own, in a cell of a table or elsewhere.
_MARKUP = str.maketrans({mark: f"&#{ord(mark)};" for mark in "\\`*_[]|~$&<>"})
# What would make a heading, the underline of one, or an entry of a list.
_OPENING = re.compile(r"\A(?:[-+#=]|[0-9](?=[0-9]*[.)]))")


def summary_markdown(run: Run, past: Past) -> bytes:
    """The bytes of a `summary.md`."""
    digest = digest_of(run, past, _LIMITS)
    sections = [
        *(f"**{escaped(warning)}**" for warning in digest.warnings),
        f"## {escaped(digest.summary.counts)}",
        escaped(digest.summary.sentence),
        escaped(digest.about),
        *_servers(digest),
        *_changes(digest),
        *_waivers(digest.waivers),
        *_line_if(digest.unlisted, "**Exchange has servers that the inventory has not:** "),
        *_line_if(digest.cost, ""),
    ]
    return ("\n\n".join(sections) + "\n").encode()


def escaped(text: str) -> str:
    """A line of a digest as Markdown that shows exactly this text, also where a line begins with it."""
    return _OPENING.sub(lambda mark: f"&#{ord(mark[0])};", text.translate(_MARKUP))


def _servers(digest: Digest) -> list[str]:
    if not digest.servers.shown:
        return []
    rows = [
        "| Server | Diagnosis | Next step |",
        "| --- | --- | --- |",
        *(_row(line.name, line.diagnosis, line.next_step) for line in digest.servers.shown),
    ]
    others = digest.servers.others
    return ["\n".join(rows), *([f"{others} more: see fleet.html."] if others else [])]


def _row(*cells: str) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"


def _changes(digest: Digest) -> list[str]:
    lines = [f"- {change.title} ({change.number}): {escaped(change.names)}" for change in digest.changes]
    return [escaped(digest.comparison), *(["\n".join(lines)] if lines else [])]


def _waivers(waivers: FirstOf[str]) -> list[str]:
    if not waivers.shown:
        return []
    more = [f"- {waivers.others} more"] if waivers.others else []
    return ["**Waivers to look at:**", "\n".join([*(f"- {escaped(waiver)}" for waiver in waivers.shown), *more])]


def _line_if(text: str, before: str) -> list[str]:
    return [f"{before}{escaped(text)}"] if text else []
