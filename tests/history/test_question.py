"""What is asked is found by the names that people use, or refused with a hint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.history.errors import HistoryError
from moveready.history.question import Question, refuse_unknown_control, servers_asked_for
from tests.history.days import EX01, day, run_on

if TYPE_CHECKING:
    from moveready.history.store import History


@pytest.fixture
def filled(history: History) -> History:
    """Of ex01 to ex06, and an ex01 of another domain."""
    history.add(run_on(1, {f"ex0{number}": ".F" for number in range(1, 7)} | {"ex01.north": "."}))
    return history


@pytest.mark.parametrize(
    ("server", "found"),
    [
        ("ex02", ["ex02.contoso.com"]),
        ("EX02.Contoso.com", ["ex02.contoso.com"]),
        ("ex01", [EX01, "ex01.north.contoso.com"]),
        ("ex01.contoso", [EX01]),
    ],
)
def test_servers_are_found_by_name(filled: History, server: str, found: list[str]) -> None:
    """With the domain, with a part of it, and without."""
    assert servers_asked_for(filled, Question(now=day(2), server=server)) == found


@pytest.mark.parametrize(
    ("server", "hint"),
    [
        ("ex2", r"no run has asked server ex2\. Did you mean ex\d2\?"),
        ("zz", r"It has ex01\.contoso\.com, .* and others\."),
        ("ex0", "Did you mean ex0"),
    ],
)
def test_unknown_servers_are_refused(filled: History, server: str, hint: str) -> None:
    """With the nearest name, or some of the names that there are."""
    with pytest.raises(HistoryError, match=hint):
        servers_asked_for(filled, Question(now=day(2), server=server))


@pytest.mark.parametrize("control", ["", "KB1-2", "kb1-2", "KB1"])
def test_known_controls_are_not_refused(filled: History, control: str) -> None:
    """By their id, or by that of their KB."""
    question = Question(now=day(2), control=control)
    refuse_unknown_control(filled, question)

    assert question.is_about("KB1-2")


def test_an_unknown_control_is_refused(filled: History) -> None:
    """A KB's id is no beginning of another's."""
    question = Question(now=day(2), control="KB")
    with pytest.raises(HistoryError, match=r"no run has asked control KB\. "):
        refuse_unknown_control(filled, question)

    assert not question.is_about("KB1-2")


def test_an_empty_history_has_no_runs(history: History) -> None:
    """A server is refused; a control may come yet."""
    with pytest.raises(HistoryError, match="It has no runs yet"):
        servers_asked_for(history, Question(now=day(2), server="ex01"))
    refuse_unknown_control(history, Question(now=day(2), control="KB1"))


def test_what_was_removed_is_unknown(filled: History) -> None:
    """The names of servers and controls whose last run is too old."""
    filled.add(run_on(900, {"ex09": "."}), keep=timedelta(days=1))
    with pytest.raises(HistoryError):
        servers_asked_for(filled, Question(now=day(2), server="ex02"))
    with pytest.raises(HistoryError):
        refuse_unknown_control(filled, Question(now=day(2), control="KB1-2"))


@pytest.mark.parametrize(
    ("since", "usual", "begin"),
    [
        (None, None, datetime.min.replace(tzinfo=UTC)),
        (None, timedelta(days=7), day(3)),
        (timedelta(days=2), timedelta(days=7), day(8)),
        (timedelta(days=999_999), None, datetime.min.replace(tzinfo=UTC)),
    ],
    ids=["ever", "usual", "given", "longer than ever"],
)
def test_how_far_back(since: timedelta | None, usual: timedelta | None, begin: datetime) -> None:
    """As far as is said, else as far as is usual."""
    assert Question(now=day(10), since=since).begin(usual) == begin
