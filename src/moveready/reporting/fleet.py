"""`fleet.html`: the state of a fleet on one page for those who decide; it needs no script and no network. Pure.

The page forbids the browser everything but its own style and script, which it names by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC
from typing import TYPE_CHECKING

from moveready.evidence.cost import Cost
from moveready.findings.changes import TrendPoint
from moveready.reporting.fleet_counts import DRAWING_HEIGHT, DRAWING_WIDTH, bars_of
from moveready.reporting.fleet_evidence import shortened
from moveready.reporting.fleet_view import page_of
from moveready.reporting.templates import template_named
from moveready.reporting.words import time_text

if TYPE_CHECKING:
    from datetime import datetime

    from moveready.findings.changes import Past
    from moveready.findings.outcomes import Run
    from moveready.reporting.summary import Summary

STYLE, SCRIPT = "fleet.css", "fleet.js"
MOST_POINTS = 30
"""So many runs, this one included, are drawn and listed."""
MOST_COSTS = 500
"""So many servers have a row in the table of costs, those that took longest first."""


def fleet_html(run: Run, past: Past) -> bytes:
    """The bytes of `fleet.html`."""
    page = page_of(run, past)
    text = template_named("fleet.html.j2").render(
        run=run,
        past=past,
        page=page,
        policy=policy_of(template_named(STYLE).render(), template_named(SCRIPT).render()),
        bars=bars_of([*past.trend, _point_of(run, page.summary)][-MOST_POINTS:]),
        drawing=(DRAWING_WIDTH, DRAWING_HEIGHT),
        costs=costs_of(run),
        total=sum(run.costs.values(), Cost()),
        time=time_text,
        day=day_text,
        shortened=shortened,
    )
    return text.encode()


def policy_of(style: str, script: str) -> str:
    """The Content-Security-Policy that allows this style and this script inside the page, and nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src 'sha256-{_hash_of(style)}'",
            f"script-src 'sha256-{_hash_of(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def costs_of(run: Run) -> list[tuple[str, Cost]]:
    """What was asked of the directory and of each server, the longest first."""
    return sorted(run.costs.items(), key=lambda item: -item[1].seconds)[:MOST_COSTS]


def day_text(moment: datetime) -> str:
    """Such as `2026-03-02`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _point_of(run: Run, counted: Summary) -> TrendPoint:
    return TrendPoint(
        id=run.id,
        started_at=run.started_at,
        ready=counted.ready,
        not_ready=counted.not_ready,
        unknown=counted.unknown,
    )


def _hash_of(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
