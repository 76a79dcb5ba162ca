"""Waivers on outcomes: which finding somebody has accepted, and what became of each waiver. Pure.

A waiver never hides an `error`, and one that has expired hides nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from moveready.findings.outcomes import Outcome, Result, WaiverState, WaiverUse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from moveready.inventory import Waiver


def with_waiver(outcome: Outcome, waivers: Iterable[Waiver], now: datetime) -> Outcome:
    """The outcome, `waived` where it failed and a waiver that counts covers it; an expired one is only noted.

    Of several that cover it, the one with the latest end counts.
    """
    covering = [waiver for waiver in waivers if waiver.covers(outcome.control, outcome.server)]
    if outcome.result is not Result.FAILED or not covering:
        return outcome
    latest = max(covering, key=lambda waiver: waiver.until)
    return replace(outcome, result=Result.FAILED if latest.has_expired(now) else Result.WAIVED, waiver=latest)


def uses_of(
    waivers: Iterable[Waiver],
    outcomes: Iterable[Outcome],
    now: datetime,
    not_judged: Collection[tuple[str, str]] = (),
) -> tuple[WaiverUse, ...]:
    """Each waiver with what became of it.

    Args:
        waivers: Those of the inventory.
        outcomes: Those of the run, each as its waiver has left it.
        now: The time at which waivers count.
        not_judged: Servers and controls that this run knows nothing about; a waiver of one of them may be needed.
    """
    known = list(outcomes)
    return tuple(WaiverUse(waiver, _state_of(waiver, known, now, not_judged)) for waiver in waivers)


def _state_of(
    waiver: Waiver, outcomes: Iterable[Outcome], now: datetime, not_judged: Iterable[tuple[str, str]]
) -> WaiverState:
    covered = [outcome for outcome in outcomes if waiver.covers(outcome.control, outcome.server)]
    if waiver.has_expired(now):
        return WaiverState.EXPIRED
    if not covered:
        return WaiverState.NOT_ASKED
    is_whole = not any(waiver.covers(control, server) for server, control in not_judged)
    if is_whole and all(outcome.result is Result.PASSED for outcome in covered):
        return WaiverState.NOT_NEEDED
    return WaiverState.ENDS_SOON if waiver.ends_soon(now) else WaiverState.ACTIVE
