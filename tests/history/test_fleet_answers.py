"""What changed last week: the state before the week against the state now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.history.errors import HistoryError
from moveready.history.fleet_answers import RUNS_LISTED, compared_runs, fleet_answers
from moveready.history.question import Question
from moveready.history.runs import stored_runs
from tests.history.days import EX01, EX02, day, run_on

if TYPE_CHECKING:
    from moveready.findings.outcomes import Run
    from moveready.history.store import History

WHOLE: dict[str, object] = {}
PART: dict[str, object] = {"limit": "ex01"}
CUT: dict[str, object] = {"complete": False}


@pytest.mark.parametrize(
    ("runs", "wanted"),
    [
        ({}, None),
        ({1: WHOLE}, None),
        ({11: WHOLE}, None),
        ({1: WHOLE, 2: WHOLE}, None),
        ({1: WHOLE, 11: WHOLE}, (1, 11)),
        ({1: WHOLE, 2: WHOLE, 11: WHOLE, 12: WHOLE}, (2, 12)),
        ({11: WHOLE, 12: WHOLE, 13: WHOLE}, (11, 13)),
        ({10: WHOLE, 12: WHOLE}, (10, 12)),
        ({1: WHOLE, 2: PART, 11: WHOLE, 12: PART, 13: CUT}, (1, 11)),
        ({11: PART, 12: PART, 13: CUT}, (11, 12)),
        ({1: WHOLE, 12: PART}, (1, 12)),
    ],
    ids=str,
)
def test_which_two_runs_are_compared(
    history: History, runs: dict[int, dict[str, object]], wanted: tuple[int, int] | None
) -> None:
    """Since day 10: from the last before it, or the first since, to the newest."""
    for number, changes in runs.items():
        history.add(run_on(number, **changes))
    found = compared_runs(stored_runs(history), day(10))

    assert (found and tuple(int(stored.id, 16) for stored in found)) == wanted


def answer_after(history: History, *runs: Run, control: str = "") -> tuple[object, ...]:
    """What changed by day 10."""
    for run in runs:
        history.add(run)
    (answer,) = fleet_answers(history, Question(now=day(10), control=control))
    changes = answer.changes
    assert changes is not None
    kinds = (changes.new, changes.fixed, changes.still, changes.unknown, changes.waived)
    return tuple(tuple((one.server, one.control, one.since) for one in kind) for kind in kinds)


def test_changes_have_the_time_since_when_it_fails(history: History) -> None:
    """Now; of what is repaired, since when it had failed."""
    runs = [run_on(0, {"ex01": "F.F.", "ex02": "F"}), run_on(5, {"ex01": "FF..", "ex02": "F"})]
    answer = answer_after(history, *runs, run_on(9, {"ex01": ".FFE", "ex02": "W"}))

    assert answer == (
        ((EX01, "KB1-2", day(5)),),
        ((EX01, "KB1-1", day(0)),),
        ((EX01, "KB1-3", day(9)),),
        ((EX01, "KB1-4", None),),
        ((EX02, "KB1-1", day(0)),),
    )


def test_changes_of_one_control(history: History) -> None:
    """The others are left out."""
    runs = [run_on(0, {"ex01": ".."}), run_on(9, {"ex01": "FF"})]

    assert answer_after(history, *runs, control="kb1-2") == (((EX01, "KB1-2", day(9)),), (), (), (), ())


def test_servers_that_came_and_went(history: History) -> None:
    """Between the two runs."""
    history.add(run_on(0, {"ex01": "."}))
    history.add(run_on(9, {"ex02": "."}))
    (answer,) = fleet_answers(history, Question(now=day(10)))

    assert answer.changes is not None
    assert (answer.changes.added, answer.changes.gone) == ((EX02,), (EX01,))
    assert (answer.changes.earlier_id, answer.later_id, answer.later_started_at) == ("00000000", "00000009", day(9))


def test_runs_are_counted(history: History) -> None:
    """The oldest first, with what they left out."""
    history.add(run_on(1, {"ex01": "FW", "ex02": "FE", "ex03": "E", "ex04": "."}))
    history.add(run_on(2, limit="ex01", complete=False))
    (answer,) = fleet_answers(history, Question(now=day(3)))
    first, second = answer.runs

    assert (first.ready, first.not_ready, first.unknown) == (1, 2, 1)
    assert (first.findings, first.waived, first.errors, first.note) == (2, 1, 2, "")
    assert (second.id, second.started_at, second.ready, second.note) == ("00000002", day(2), 1, "incomplete, limited")


def test_each_inventory_has_its_own_answer(history: History) -> None:
    """By organization, phase and path; a question about a week without runs is answered with the runs alone."""
    history.add(run_on(1, inventory="b.yaml"))
    history.add(run_on(2, inventory="a.yaml"))
    history.add(run_on(3, inventory="a.yaml", phase="idle"))
    history.add(run_on(4, organization="adatum"))
    answers = fleet_answers(history, Question(now=day(100), since=timedelta(days=1)))

    assert [(answer.organization, answer.phase, answer.inventory) for answer in answers] == [
        ("adatum", "", "prod.yaml"),
        ("contoso", "", "a.yaml"),
        ("contoso", "", "b.yaml"),
        ("contoso", "idle", "a.yaml"),
    ]
    assert [answer.changes for answer in answers] == [None] * 4


def test_only_the_newest_runs_are_listed(history: History) -> None:
    """A history of a year is longer than a screen."""
    for number in range(RUNS_LISTED + 2):
        history.add(run_on(number))
    (answer,) = fleet_answers(history, Question(now=day(100)))

    assert [run.started_at for run in answer.runs] == [day(number) for number in range(2, RUNS_LISTED + 2)]


def test_an_empty_history_answers_nothing(history: History) -> None:
    """And a control that was never asked is refused."""
    assert fleet_answers(history, Question(now=day(1))) == ()
    history.add(run_on(1))
    with pytest.raises(HistoryError, match="no run has asked control KB9"):
        fleet_answers(history, Question(now=day(1), control="KB9"))
