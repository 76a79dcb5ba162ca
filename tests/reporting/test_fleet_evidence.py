"""Evidence as words, whatever a server answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.reporting.fleet_evidence import LONGEST_TEXT, MOST_VALUES, evidence_of, shortened
from tests.builders import ews_directory

if TYPE_CHECKING:
    from collections.abc import Callable


def fields_of(outcome: Callable[..., Any], **answer: object) -> dict[str, tuple[str, ...]]:
    """The fields of one answer."""
    (item,) = evidence_of([outcome(evidence={"some_subject": answer})])
    return {field.label: field.values for field in item.fields}


def test_question_and_time_stand_apart(outcome: Callable[..., Any]) -> None:
    """Of a dataclass as a run has it, the other fields follow in its order; the server is known."""
    (item,) = evidence_of([outcome(evidence={"ews_directory": ews_directory(enabled=False)})])

    assert (item.subject, item.question) == ("ews directory", "Get-WebServicesVirtualDirectory")
    assert item.asked_at == "2026-03-02 12:00:00 UTC"
    assert [field.label for field in item.fields] == ["identity", "mrsproxy enabled", "version"]


def test_what_several_controls_were_judged_on_is_told_once(outcome: Callable[..., Any]) -> None:
    """Another answer on the same subject is another answer."""
    told = evidence_of([outcome(evidence={"a": {"b": number}}) for number in (1, 1, 2)])

    assert [item.fields[0].values for item in told] == [("1",), ("2",)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, ("none",)),
        (True, ("yes",)),
        (False, ("no",)),
        (1, ("1",)),
        (0, ("0",)),
        (2.5, ("2.5",)),
        ([], ("none",)),
        ({}, ("none",)),
        ("Stopped", ("Stopped",)),
        ("", ("empty",)),
        (["NTLM", "Basic"], ("NTLM", "Basic")),
        ([{"at_all": 1, "run": None}], ("at all: 1; run: none",)),
        ({"a": [1, [2, 3]]}, ("a: 1, 2, 3",)),
        ("2026-10-27T00:12:23.372221+01:00", ("2026-10-26 23:12:23 UTC",)),
        ("2026-99-27T00:12:23Z", ("2026-99-27T00:12:23Z",)),
        ("0001-01-01T00:00:00+14:00", ("0001-01-01T00:00:00+14:00",)),
    ],
)
def test_values_become_words(outcome: Callable[..., Any], answer: object, words: tuple[str, ...]) -> None:
    """What looks like a time and is none stays as it is."""
    assert fields_of(outcome, it=answer) == {"it": words}


def test_answer_without_fields_is_shown(outcome: Callable[..., Any]) -> None:
    """Evidence of somebody's own check may be a word."""
    (item,) = evidence_of([outcome(evidence={"own": "Stopped"})])

    assert (item.question, item.fields[0].label, item.fields[0].values) == ("", "answer", ("Stopped",))


def test_long_list_ends_with_a_count(outcome: Callable[..., Any]) -> None:
    """Of a thousand events the first ones."""
    values = fields_of(outcome, events=list(range(MOST_VALUES + 1_234)))["events"]

    assert (len(values), values[-1]) == (MOST_VALUES + 1, "and 1,234 more")


def test_long_text_is_cut_with_a_mark() -> None:
    """And a text that is just not too long is not."""
    assert shortened("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    assert shortened("x" * 10_000).endswith("x [cut here: 10,000 characters in all]")
