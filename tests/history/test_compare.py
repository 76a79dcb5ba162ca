"""`--compare` names an earlier run in one of three ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import RunFileError
from moveready.findings.outcomes import Result
from moveready.findings.run_file import json_from
from moveready.history.compare import earlier_from_run, earlier_named
from moveready.history.errors import HistoryError
from tests.history.days import EX01, EX02, day, run_on

if TYPE_CHECKING:
    from pathlib import Path

    from moveready.history.store import History

NOW = run_on(9)


@pytest.fixture
def filled(history: History) -> History:
    """Of three runs: 00000001, 00000002 and abcd0003."""
    for number in (1, 2):
        history.add(run_on(number))
    history.add(run_on(3, id="abcd0003"))
    return history


def test_a_run_json_is_compared_as_it_was_read() -> None:
    """Its servers are those that it has asked."""
    earlier = earlier_from_run(run_on(1, {"ex01": "F", "ex02": "-", "ex03": "."}, limit="ex*"))

    assert (earlier.id, earlier.started_at, earlier.is_limited) == ("00000001", day(1), True)
    assert earlier.servers == {EX01, "ex03.contoso.com"}
    assert earlier.results == {(EX01, "KB1-1"): Result.FAILED, ("ex03.contoso.com", "KB1-1"): Result.PASSED}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("", "abcd0003"), ("00000001", "00000001"), ("a", "abcd0003"), ("abcd0003", "abcd0003")],
    ids=["previous", "id", "beginning", "whole"],
)
def test_runs_of_the_history(filled: History, text: str, wanted: str) -> None:
    """The one before, or by its id as far as it is the only one."""
    earlier = earlier_named(filled, text, NOW)

    assert earlier is not None
    assert earlier.id == wanted


@pytest.mark.parametrize("has_history", [True, False], ids=["history", "none"])
def test_a_file(filled: History, tmp_path: Path, has_history: bool) -> None:
    """It needs no history."""
    file = tmp_path / "Run.JSON"
    file.write_bytes(json_from(run_on(5, {"ex02": "F"})))
    earlier = earlier_named(filled if has_history else None, str(file), NOW)

    assert earlier is not None
    assert earlier.servers == {EX02}


def test_a_file_that_is_not_there(filled: History, tmp_path: Path) -> None:
    """It was meant as a file."""
    with pytest.raises(RunFileError, match=r"gone\.json: cannot be read"):
        earlier_named(filled, str(tmp_path / "gone.json"), NOW)


def test_an_unknown_id_is_answered_with_those_that_there_are(filled: History) -> None:
    """The newest first."""
    with pytest.raises(
        HistoryError, match=r"has no run 7\. Its last runs are abcd0003 \(2026-03-05 12:00 UTC\), 00000002"
    ):
        earlier_named(filled, "7", NOW)


def test_several_that_begin_so_are_listed(filled: History) -> None:
    """One has to be chosen."""
    with pytest.raises(HistoryError, match=r"2 runs begin with 0000: 00000002 .*, 00000001 .*\. Give the whole id"):
        earlier_named(filled, "0000", NOW)


def test_of_two_with_one_id_the_newer_counts(filled: History) -> None:
    """An id may come again after years."""
    filled.add(run_on(5, id="00000001"))
    earlier = earlier_named(filled, "00000001", NOW)

    assert earlier is not None
    assert earlier.started_at == day(5)


def test_an_id_in_an_empty_history(history: History) -> None:
    """There is nothing to list."""
    with pytest.raises(HistoryError, match=r"has no run 7\. It has no runs yet\. Give the id of a run"):
        earlier_named(history, "7", NOW)
    assert earlier_named(history, "", NOW) is None


def test_an_id_without_a_history() -> None:
    """Nothing could look it up."""
    with pytest.raises(HistoryError, match=r"7: is no run\.json, and there is no history"):
        earlier_named(None, "7", NOW)
    assert earlier_named(None, "", NOW) is None


def test_a_hostile_id_is_harmless(filled: History) -> None:
    """It may come from a pipeline's variable."""
    with pytest.raises(HistoryError) as caught:
        earlier_named(filled, "%' OR 1=1 --\x1b[31m", NOW)
    assert "\x1b" not in str(caught.value)
