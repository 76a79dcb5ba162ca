"""What speaks for a credential and what against it."""

from __future__ import annotations

import base64
import struct

import pytest

from moveready.remoting.trials import (
    TrialRecord,
    TrialResult,
    carries_credential,
    ending_of,
    is_last_word,
    proves_who_we_are,
)

BASIC = "Basic c3ZjOnNlY3JldA=="


def ntlm(kind: int, scheme: str = "NTLM", before: bytes = b"") -> str:
    """A header with an NTLM message of that type."""
    return f"{scheme} {base64.b64encode(before + b'NTLMSSP' + bytes(1) + struct.pack('<I', kind) + bytes(20)).decode()}"


def after(*endings: TrialResult) -> TrialRecord:
    """What is known of a credential that was sent to ex1, ex2, ... with these results."""
    record = TrialRecord()
    for number, ending in enumerate(endings, 1):
        record = record.begun("trial", f"ex{number}", 1e12).ended("trial", f"ex{number}", ending)
    return record


REFUSED, UNANSWERED, ACCEPTED, OPEN = (
    TrialResult.REFUSED,
    TrialResult.UNANSWERED,
    TrialResult.ACCEPTED,
    TrialResult.OPEN,
)


@pytest.mark.parametrize(
    ("header", "proves"),
    [
        (None, False),
        (ntlm(1), False),
        (ntlm(1, "Negotiate", b"\x60\x40spnego"), False),
        (ntlm(3), True),
        (ntlm(3, "Negotiate", b"\xa1\x40spnego"), True),
        (BASIC, True),
        ("Negotiate YIIF/kerberos+ticket==", True),
        ("Kerberos YIIF", True),
        ("Negotiate %%", True),
    ],
)
def test_a_login_begins_with_the_message_that_proves_who_we_are(header: str | None, proves: bool) -> None:
    """What only opens a handshake cannot lock anybody; what cannot be read is taken for the worst."""
    assert carries_credential(header) == proves


@pytest.mark.parametrize(
    ("header", "proves"),
    [
        (None, False),
        ("", False),
        ("Negotiate", False),
        ("Negotiate %%", False),
        ("Negotiate YIIFx", False),
        (ntlm(1), False),
        (ntlm(2), False),
        (ntlm(3)[:16], False),
        (ntlm(3), True),
        (ntlm(3, "Negotiate", b"\xa1\x40spnego"), True),
        (BASIC, True),
        ("Kerberos YIIF", True),
    ],
)
def test_a_login_is_proved_by_a_whole_credential_only(header: str | None, proves: bool) -> None:
    """What cannot be read, and what is no last message of NTLM, proves no login."""
    assert proves_who_we_are(header) == proves


@pytest.mark.parametrize(
    ("status", "challenge", "header", "ending"),
    [
        (401, "Negotiate, NTLM", ntlm(3), REFUSED),
        (401, "Negotiate oWwwaqADCgEDoQwG", ntlm(3), REFUSED),
        (401, 'Basic realm="WSMAN"', BASIC, REFUSED),
        (401, "Negotiate", "Negotiate YIIF", REFUSED),
        (401, "Negotiate oWwwaqADCgEDoQwG", "Negotiate YIIF", OPEN),
        (200, "", ntlm(3), ACCEPTED),
        (403, "", ntlm(3), ACCEPTED),
        (400, "Negotiate oRswGaADCgEA", ntlm(3), ACCEPTED),
        (500, "", ntlm(3), ACCEPTED),
        (302, "", BASIC, UNANSWERED),
        (503, "", BASIC, UNANSWERED),
        (999, "", ntlm(3), ACCEPTED),
    ],
)
def test_the_answer_says_what_became_of_the_credential(
    status: int, challenge: str, header: str, ending: TrialResult
) -> None:
    """401 is a refusal where nothing can follow; what no one looked at is neither."""
    assert ending_of(status, challenge, is_last_word=is_last_word(header)) is ending


@pytest.mark.parametrize(
    ("record", "may_be_tried", "is_given_up"),
    [
        (after(), True, False),
        (after(REFUSED), True, False),
        (after(REFUSED, REFUSED), False, True),
        (after(UNANSWERED, UNANSWERED), True, False),
        (after(UNANSWERED, UNANSWERED, UNANSWERED), True, False),
        (after(UNANSWERED, UNANSWERED, UNANSWERED, UNANSWERED), False, True),
        (after(UNANSWERED, UNANSWERED, REFUSED, REFUSED), False, True),
        (after(OPEN, OPEN, OPEN, REFUSED), True, False),
        (after(REFUSED, ACCEPTED), False, False),
        (after(UNANSWERED, UNANSWERED, UNANSWERED, ACCEPTED), False, False),
    ],
)
def test_two_refusals_are_enough_and_four_are_ever_sent(
    record: TrialRecord, may_be_tried: bool, is_given_up: bool
) -> None:
    """Two that are never answered are free, further ones count like refusals; one acceptance ends the counting."""
    assert (record.may_be_tried, record.is_given_up) == (may_be_tried, is_given_up)


@pytest.mark.parametrize(("held_against", "at_once"), [((), 2), ((REFUSED,), 1), ((UNANSWERED, UNANSWERED), 2)])
def test_no_more_are_under_way_than_may_be_refused(held_against: tuple[TrialResult, ...], at_once: int) -> None:
    """Even if all of them come back refused, it is two refusals."""
    record = after(*held_against)
    for number in range(5):
        record = record.begun(str(number), f"ex{number}", 1e12)

    assert len(record.under_way) == at_once


def test_a_trial_that_takes_long_is_taken_for_unanswered() -> None:
    """It must not hold its place for ever; its process may be dead."""
    record = TrialRecord().begun("trial", "ex1", until=100.0)

    assert (record.at(99.0), record.at(101.0).unanswered_by) == (record, ("ex1",))


@pytest.mark.parametrize("ending", list(TrialResult))
def test_a_late_answer_takes_the_place_of_none(ending: TrialResult) -> None:
    """A slow server is slow and no more: what it says in the end is what counts."""
    in_time = TrialRecord().begun("trial", "ex1", 100.0).ended("trial", "ex1", ending)

    assert TrialRecord().begun("trial", "ex1", 100.0).at(101.0).ended("trial", "ex1", ending) == in_time


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (after(REFUSED, REFUSED), "was refused by ex1 and ex2"),
        (
            after(UNANSWERED, REFUSED, UNANSWERED, REFUSED),
            "was refused by ex2 and ex4 and was not answered by ex1 and ex3",
        ),
        (after(*[UNANSWERED] * 4), "was not answered by ex1, ex2, ex3 and ex4"),
    ],
)
def test_it_is_told_who_refused(record: TrialRecord, told: str) -> None:
    """By the names that people use."""
    assert record.message() == told
