"""What `moveready history` prints: text that fits the terminal, and JSON for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from moveready.history.command import CHANGES_LISTED, history_json, history_text
from moveready.history.errors import HistoryError
from moveready.history.question import Question
from tests.history.days import checked, day, outcome, run_on

if TYPE_CHECKING:
    from moveready.history.store import History

FLEET = Question(now=day(5))
EX02 = Question(now=day(5), server="ex02")
HOSTILE = "<b>\x1b[31m\u202e[red]" + "x" * 300 + " a\nb" * 3000


@pytest.fixture
def filled(history: History) -> History:
    """Of two servers: ex01 is repaired on day 2, ex02 fails since then, and ex03 is new."""
    history.add(run_on(0, {"ex01": "F.", "ex02": ".W"}))
    history.add(run_on(1, {"ex02": "."}, limit="ex02", complete=False))
    history.add(run_on(2, {"ex01": "..", "ex02": "FW", "ex03": "."}))
    return history


def test_text_of_a_fleet(filled: History) -> None:
    """A line a run, then what changed."""
    assert history_text(filled, FLEET, 80) == (
        "contoso, prod.yaml\n"
        "started (UTC)     run       ready  not ready  unknown  findings  note\n"
        "2026-03-02 12:00  00000000  0      2          0        1\n"
        "2026-03-03 12:00  00000001  1      0          0        0         incomplete,\n"
        "                                                                 limited\n"
        "2026-03-04 12:00  00000002  2      1          0        1\n"
        "\n"
        "Changed from 2026-03-02 12:00 (run 00000000) to 2026-03-04 12:00 (run 00000002),\n"
        "  in UTC:\n"
        "  new: ex02.contoso.com KB1-1 Title of KB1-1, failing since 2026-03-04 12:00\n"
        "  fixed: ex01.contoso.com KB1-1 Title of KB1-1, had failed since 2026-03-02\n"
        "    12:00\n"
        "  new server: ex03.contoso.com"
    )


def test_text_of_a_server(filled: History) -> None:
    """How each control stands, then its periods."""
    assert history_text(filled, EX02, 80) == (
        "ex02.contoso.com of contoso, last asked 2026-03-04 12:00; all times are in UTC\n"
        "  KB1-1 Title of KB1-1: failing since 2026-03-04 12:00\n"
        "    ex02.contoso.com failed.\n"
        "  KB1-2 Title of KB1-2: failing since 2026-03-02 12:00, waived since 2026-03-02\n"
        "    12:00\n"
        "    ex02.contoso.com waived.\n"
        "\n"
        "control  result  since (UTC)       until (UTC)       runs\n"
        "KB1-1    passed  2026-03-02 12:00  2026-03-04 12:00  2\n"
        "KB1-1    failed  2026-03-04 12:00                    1\n"
        "KB1-2    waived  2026-03-02 12:00                    2"
    )


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("..", "passed since 2026-03-02 12:00"),
        ("EE", "could not be evaluated since 2026-03-02 12:00"),
        (".E", "could not be evaluated since 2026-03-03 12:00"),
        ("FF", "failing since 2026-03-02 12:00"),
        ("FE", "could not be evaluated since 2026-03-03 12:00; as far as is known failing since 2026-03-02 12:00"),
        ("FW", "failing since 2026-03-02 12:00, waived since 2026-03-03 12:00"),
    ],
)
def test_how_a_control_stands(history: History, letters: str, words: str) -> None:
    """In words; an error is no pass, and a waiver repairs nothing."""
    for number, letter in enumerate(letters):
        history.add(run_on(number, {"ex02": letter}))

    assert f"  KB1-1 Title of KB1-1: {words}\n" in history_text(history, EX02, 200)


def test_a_control_that_was_asked_earlier_says_when(history: History) -> None:
    """Than the others."""
    history.add(run_on(0, {"ex02": ".."}))
    history.add(run_on(1, {"ex02": "."}))

    assert "KB1-2: passed since 2026-03-02 12:00; last asked 2026-03-02 12:00\n" in history_text(history, EX02, 200)


def test_what_still_fails_is_counted(history: History) -> None:
    """It is no change."""
    for number in range(3):
        history.add(run_on(number, {"ex01": "FF"}))
    text = history_text(history, FLEET, 80)

    assert "Nothing changed from 2026-03-02 12:00" in text
    assert text.endswith("Still failing: 2, the oldest since 2026-03-02 12:00.")


def test_many_changes_are_cut(history: History) -> None:
    """And it is said how many there are more."""
    names = [f"ex{number:03d}" for number in range(CHANGES_LISTED + 3)]
    history.add(run_on(0, dict.fromkeys(names, ".")))
    history.add(run_on(1, dict.fromkeys(names, "F")))
    text = history_text(history, FLEET, 80)

    assert text.count("\n  new: ex") == CHANGES_LISTED
    assert "\n  new: 3 more; --json has all of them" in text
    assert len(json.loads(history_json(history, FLEET))["fleets"][0]["changes"]["new"]) == len(names)


@pytest.mark.parametrize("question", [FLEET, EX02], ids=["fleet", "server"])
@pytest.mark.parametrize("width", [80, 120])
def test_words_stay_whole(filled: History, question: Question, width: int) -> None:
    """Every line fits, and every word of the widest text is in the narrow one."""
    text = history_text(filled, question, width)

    assert max(map(len, text.splitlines())) <= width
    assert set(history_text(filled, question, 500).split()) == set(text.split())


@pytest.mark.parametrize("question", [FLEET, EX02], ids=["fleet", "server"])
def test_hostile_text_is_harmless(history: History, question: Question) -> None:
    """It neither drives the terminal nor is read as markup, and a long sentence is cut."""
    bad = outcome(f"KB1-{HOSTILE[:40]}", "ex02.contoso.com", title=HOSTILE, sentence=HOSTILE)
    names = {"organization": HOSTILE[:40], "inventory": HOSTILE[:40]}
    history.add(run_on(0, {"ex02": "."}, **names))
    history.add(
        run_on(1, servers=(checked("ex02", group=HOSTILE),), outcomes=(replace(bad, title=HOSTILE[:40]),), **names)
    )
    text = history_text(history, question, 80)

    assert "<b>\ufffd[31m\ufffd[red]" in text
    assert not {"\x1b", "\u202e"} & set(text)
    assert len(text) < 5000
    assert not {"\x1b", "\u202e"} & set(history_json(history, question))


def test_json_of_a_fleet(filled: History) -> None:
    """Times in UTC, and what the text leaves out."""
    answer = json.loads(history_json(filled, FLEET))
    (fleet,) = answer["fleets"]

    assert answer["schema"] == 1
    assert fleet["runs"][1] == {
        "id": "00000001",
        "started_at": "2026-03-03T12:00:00Z",
        "ready": 1,
        "not_ready": 0,
        "unknown": 0,
        "findings": 0,
        "waived": 0,
        "errors": 0,
        "note": "incomplete, limited",
    }
    assert fleet["changes"]["new"] == [
        {"server": "ex02.contoso.com", "control": "KB1-1", "title": "Title of KB1-1", "since": "2026-03-04T12:00:00Z"}
    ]
    assert (fleet["later_id"], fleet["later_started_at"]) == ("00000002", "2026-03-04T12:00:00Z")


def test_json_of_a_server(filled: History) -> None:
    """Each control with its periods."""
    (server,) = json.loads(history_json(filled, EX02))["servers"]
    first = server["controls"][0]

    assert (first["control"], first["result"], first["failing_since"]) == ("KB1-1", "failed", "2026-03-04T12:00:00Z")
    assert first["periods"][0] == {
        "result": "passed",
        "since": "2026-03-02T12:00:00Z",
        "until": "2026-03-04T12:00:00Z",
        "runs": 2,
        "sentence": "",
    }


def test_an_empty_history_says_so(history: History) -> None:
    """In JSON by an empty list."""
    assert history_text(history, FLEET, 80) == "The history has no runs yet."
    assert json.loads(history_json(history, FLEET))["fleets"] == []


def test_what_cannot_be_answered(filled: History) -> None:
    """A control that was never asked of this server; one run alone; a server that nobody knows."""
    filled.add(run_on(3, {"ex04": ".-."}, inventory="other.yaml"))

    assert history_text(filled, replace(EX02, control="KB1-3"), 80) == "The control was never asked of this server."
    assert "\nNo two runs of that time can be compared." in history_text(filled, FLEET, 80)
    with pytest.raises(HistoryError):
        history_text(filled, replace(EX02, server="ex77"), 80)


def test_the_phase_is_named(history: History) -> None:
    """Where `--phase` was given."""
    history.add(run_on(0, {"ex02": "F"}, phase="idle"))

    assert history_text(history, FLEET, 80).startswith("contoso, prod.yaml, with --phase idle\n")
    assert history_text(history, EX02, 80).startswith("ex02.contoso.com of contoso, with --phase idle, last asked")
