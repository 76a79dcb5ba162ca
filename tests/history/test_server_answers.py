"""Since when is ex02 failing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.findings.outcomes import Result
from moveready.history.errors import HistoryError
from moveready.history.question import Question
from moveready.history.server_answers import server_answers
from tests.history.days import EX02, day, run_on

if TYPE_CHECKING:
    from moveready.history.store import History

ASKED = Question(now=day(10), server="ex02")


@pytest.fixture
def filled(history: History) -> History:
    """Of ex02: the first control fails since day 2, the second was repaired on day 3, the third was asked once."""
    for number, letters in enumerate(["..", ".F.", "FF", "F."]):
        history.add(run_on(number, {"ex01": "F", "ex02": letters}))
    return history


def test_each_control_has_its_own_history(filled: History) -> None:
    """By its id: how it stands, since when it fails, when it was asked."""
    (answer,) = server_answers(filled, ASKED)

    assert (answer.server, answer.organization, answer.phase) == (EX02, "contoso", "")
    assert [(one.control, one.result, one.failing_since, one.last_asked_at) for one in answer.controls] == [
        ("KB1-1", Result.FAILED, day(2), day(3)),
        ("KB1-2", Result.PASSED, None, day(3)),
        ("KB1-3", Result.PASSED, None, day(1)),
    ]


def test_periods_say_until_when(filled: History) -> None:
    """The oldest first."""
    (answer,) = server_answers(filled, replace(ASKED, control="KB1-2"))
    (control,) = answer.controls

    assert [(period.result, period.since, period.until) for period in control.periods] == [
        (Result.PASSED, day(0), day(1)),
        (Result.FAILED, day(1), day(3)),
        (Result.PASSED, day(3), None),
    ]


def test_periods_that_ended_before_are_left_out(filled: History) -> None:
    """A period that began earlier, and lasts into the time that is asked about, is kept whole."""
    (answer,) = server_answers(filled, replace(ASKED, control="KB1-2", since=timedelta(days=8)))
    (control,) = answer.controls

    assert [period.since for period in control.periods] == [day(1), day(3)]


def test_titles_are_those_of_the_last_run(filled: History) -> None:
    """A control may have been called otherwise."""
    run = run_on(5, {"ex02": "F"})
    filled.add(replace(run, outcomes=(replace(run.outcomes[0], title="New title"),)))
    (answer,) = server_answers(filled, replace(ASKED, control="KB1-1"))

    assert [control.title for control in answer.controls] == ["New title"]


def test_every_server_of_that_name_and_every_series(filled: History) -> None:
    """A history may hold several organizations, and runs in the other phase."""
    filled.add(run_on(5, {"ex02": "F"}, phase="idle"))
    filled.add(run_on(6, {"ex02": "F"}, organization="fabrikam"))
    filled.add(run_on(7, {"ex02.north": "."}))
    answers = server_answers(filled, ASKED)

    assert [(answer.server, answer.organization, answer.phase, len(answer.controls)) for answer in answers] == [
        (EX02, "contoso", "", 3),
        (EX02, "contoso", "idle", 1),
        (EX02, "fabrikam", "", 1),
        ("ex02.north.contoso.com", "contoso", "", 1),
    ]


def test_a_control_that_was_asked_of_others_only(filled: History) -> None:
    """It is known, so it is no mistake; there is nothing to answer."""
    assert server_answers(filled, Question(now=day(10), server="ex01", control="KB1-3")) == ()


@pytest.mark.parametrize(("server", "control"), [("ex77", ""), ("ex02", "KB9")], ids=["server", "control"])
def test_what_was_never_asked_is_refused(filled: History, server: str, control: str) -> None:
    """With the file's name."""
    with pytest.raises(HistoryError, match=r"history\.sqlite: no run has asked"):
        server_answers(filled, replace(ASKED, server=server, control=control))
