"""Clocks: Kerberos refuses logins where two clocks differ by more than five minutes (its default in Windows). Pure."""

from __future__ import annotations

from datetime import timedelta

from moveready.doctor.finding import Finding, Result

MOST_APART = timedelta(minutes=5)
"""`Maximum tolerance for computer clock synchronization`, a policy of the domain: five minutes by default."""

_MINUTE = timedelta(minutes=1)


def is_close(ahead: timedelta) -> bool:
    """Whether a clock that is so much ahead of ours is near enough for Kerberos."""
    return abs(ahead) <= MOST_APART


def clock_finding(whose: str, ahead: timedelta) -> Finding:
    """What it means that this clock is so much ahead of ours."""
    if is_close(ahead):
        return Finding(whose, Result.GOOD, "its clock and this machine's are within five minutes of each other")
    return Finding(
        whose,
        Result.PROBLEM,
        f"its clock is {apart_text(ahead)} this machine's; Kerberos allows five minutes",
        "Set the wrong one of the two; is the time service (Windows Time, chrony) running on both?",
    )


def apart_text(ahead: timedelta) -> str:
    """`12 minutes ahead of`, `3 hours behind`."""
    minutes = abs(ahead) // _MINUTE
    length = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"  # noqa: PLR2004 - two hours
    return f"{length} {'ahead of' if ahead > timedelta() else 'behind'}"
