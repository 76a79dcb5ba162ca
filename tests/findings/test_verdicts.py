"""A verdict is what one KB concludes, and never more than was proved."""

from __future__ import annotations

from moveready.findings.verdicts import Standing, failed_verdict, incomplete_verdict, not_diagnosed
from moveready.kb.kb3063913.verdicts import Conclusion
from tests.builders import verdict_of


def test_what_is_wrong_stands_although_not_all_was_judged() -> None:
    """The rest can only add to it."""
    stale = verdict_of(Conclusion.STALE)

    assert incomplete_verdict("KB3063913", "ex01", stale) is stale


def test_ready_is_proved_by_all_controls() -> None:
    """Nor does a verdict that was never made become one."""
    for known in (None, verdict_of(Conclusion.READY), not_diagnosed("KB3063913", "ex01")):
        verdict = incomplete_verdict("KB3063913", "ex01", known)

        assert (verdict.description, verdict.standing) == ("not diagnosed (incomplete)", Standing.UNKNOWN)


def test_failure_of_our_own_blames_no_server() -> None:
    """And offers nothing to repair."""
    verdict = failed_verdict("KB3063913", "ex01")

    assert (verdict.description, verdict.resolution) == ("unknown (moveready failed)", "")
