"""`results.csv` of a `Run`: one record for each control and server, for Excel, Power BI and databases. Pure.

A server that Exchange has and the inventory has not has a record of its own, without a control.

What is promised: the columns keep their names, their order and their meaning; a new one comes at the end. The first
record is the names. The file is UTF-8 with a byte order mark, its separator is the comma, its records end with CR LF.

- `run_id`, `time`: the run, and when it started, in UTC, as ISO 8601.
- `server`, `group`, `site`, `pool`, `phase`: the server, as the inventory has it; empty for a test without a control.
- `kb`, `control`, `title`, `severity`: the control; of a test without one, `title` alone, which is pytest's name of it.
- `result`: `passed`, `failed`, `error`, `waived` or `fixed`; `unlisted` of a server that the inventory has not; of a
  test without a control, pytest's word.
- `verdict`, `next_step`: what the control's KB concludes about the server, and what to do.
- `sentence`: what is and what should be, or why it could not be evaluated; empty where it passed.
- `repair`: what repairs it, in lines; the only cell that has line feeds.
- `waived_until`, `waiver_reason`, `ticket`: the waiver that covers the finding. Where `result` is `failed`, that waiver
  has expired.
- `seconds`: how long it took.
- `run_complete`: `false` where the run was interrupted, so that controls are missing or are errors; else `true`.
- `certificate_verified`: `false` where the server's certificate was not checked, so that nobody knows who answered;
  else `true`; empty without a server of the inventory.

A cell that a spreadsheet would take for a formula begins with an apostrophe. A cell that Excel could not hold is cut.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC
from io import StringIO
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.findings.controls import kb_of
from moveready.reporting.words import UNLISTED_SENTENCE

if TYPE_CHECKING:
    from moveready.findings.outcomes import CheckedServer, Outcome, PlainTest, Run

COLUMNS = (
    "run_id",
    "time",
    "server",
    "group",
    "site",
    "pool",
    "phase",
    "kb",
    "control",
    "title",
    "severity",
    "result",
    "verdict",
    "sentence",
    "next_step",
    "repair",
    "waived_until",
    "waiver_reason",
    "ticket",
    "seconds",
    "run_complete",
    "certificate_verified",
)
LONGEST_CELL = 32_000
"""Excel holds 32,767 characters in a cell, and puts the rest into the next rows."""
_CUT = "..."
# The signs that begin a formula, and their wide forms, which East Asian editions of Excel take as well.
_SIGN = "[-=+@\uff0d\uff1d\uff0b\uff20]"
_FORMULA_CELL = re.compile(rf"\A(?=\s*{_SIGN}|[\t\r\n])")
# Where the list separator of Windows is the semicolon, Excel begins a new cell there, and a new row at a line feed; a
# pair of quotes at the beginning of such a cell is dropped.
_FORMULA_INSIDE = re.compile(rf'(?<=[;\t\n])([ "]*)(?={_SIGN})')


def results_csv(run: Run) -> bytes:
    """The bytes of a `results.csv`: outcomes by server and control, then what has no control."""
    servers = {server.name: server for server in run.servers}
    about = {
        "run_id": run.id,
        "time": run.started_at.astimezone(UTC).isoformat(timespec="seconds"),
        "run_complete": str(run.complete).lower(),
    }
    records = [_of_outcome(outcome, servers.get(outcome.server)) for outcome in run.outcomes]
    records += [_of_unlisted(name) for name in run.unlisted or ()]
    records += [_of_plain_test(test) for test in run.plain_tests]
    paper = StringIO(newline="")
    writer = csv.DictWriter(paper, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows({name: _cell(name, text) for name, text in (about | record).items()} for record in records)
    return paper.getvalue().encode("utf-8-sig")


def _of_outcome(outcome: Outcome, server: CheckedServer | None) -> dict[str, str]:
    return {
        "server": outcome.server,
        "kb": kb_of(outcome.control),
        "control": outcome.control,
        "title": outcome.title,
        "severity": outcome.severity.value,
        "result": outcome.word,
        "sentence": outcome.sentence,
        "repair": outcome.resolution,
        "seconds": f"{outcome.seconds:.3f}",
        **_of_server(server, kb_of(outcome.control)),
        **_of_waiver(outcome),
    }


def _of_server(server: CheckedServer | None, kb: str) -> dict[str, str]:
    if server is None:
        return {}
    place = {
        "group": server.group or "",
        "site": server.site or "",
        "pool": server.pool or "",
        "phase": server.phase,
        "certificate_verified": str(server.verified).lower(),
    }
    verdict = server.verdict_of(kb)
    if verdict is None:
        return place
    return place | {"verdict": verdict.description, "next_step": verdict.next_step}


def _of_waiver(outcome: Outcome) -> dict[str, str]:
    waiver = outcome.waiver
    if waiver is None:
        return {}
    return {"waived_until": waiver.until.isoformat(), "waiver_reason": waiver.reason, "ticket": waiver.ticket}


def _of_unlisted(name: str) -> dict[str, str]:
    return {"server": name, "result": "unlisted", "sentence": UNLISTED_SENTENCE}


def _of_plain_test(test: PlainTest) -> dict[str, str]:
    return {
        "title": test.nodeid,
        "result": test.result,
        "sentence": test.sentence,
        "seconds": f"{test.seconds:.3f}",
    }


def _cell(column: str, text: str) -> str:
    """The text, which no spreadsheet takes for a formula, and which Excel can hold."""
    lines = cleaned(text)
    shown = lines if column == "repair" else lines.replace("\n", " ")
    inert = _FORMULA_INSIDE.sub(r"\1'", _FORMULA_CELL.sub("'", shown))
    return inert if len(inert) <= LONGEST_CELL else inert[: LONGEST_CELL - len(_CUT)] + _CUT
