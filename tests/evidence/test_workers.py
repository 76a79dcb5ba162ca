"""The worker process that serves EWS: its start, and whose it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import MissingObjectError, UnexpectedAnswerError
from moveready.evidence.workers import minute, worker_start, workers_in

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = Callable[..., Any]


def worker(at: datetime, computer: str = "EX01") -> str:
    """A worker process as `Select-Object` gives it."""
    return (
        f"<Obj><MS><U32 N='ProcessId'>4728</U32><DT N='CreationDate'>{at.isoformat()}</DT>"
        f"<S N='CSName'>{computer}</S></MS></Obj>"
    )


def test_the_eldest_counts(cmdlet_answer: Answer, noon: datetime) -> None:
    """While two overlap, either may have served the request."""
    elder = noon - timedelta(hours=5)

    assert worker_start(cmdlet_answer(worker(noon), worker(elder))) == elder


def test_all_of_them_are_known_by_their_process_ids(cmdlet_answer: Answer, noon: datetime) -> None:
    """An event of any of them is one of the running application."""
    two = cmdlet_answer(worker(noon), worker(noon).replace("4728", "4732"))

    assert workers_in(two).process_ids == {4728, 4732}


def test_none_is_no_start(cmdlet_answer: Answer) -> None:
    """With what to look at."""
    with pytest.raises(MissingObjectError, match="no worker process of MSExchangeServicesAppPool"):
        worker_start(cmdlet_answer())


@pytest.mark.parametrize(
    ("minutes", "computer", "told"),
    [(6, "EX01", "later than now"), (0, "EX02", "EX02 answered")],
    ids=["future", "another server"],
)
def test_what_cannot_be_believed_is_an_error(
    cmdlet_answer: Answer, noon: datetime, minutes: int, computer: str, told: str
) -> None:
    """A clock that is wrong, or another computer."""
    with pytest.raises(UnexpectedAnswerError, match=told):
        worker_start(cmdlet_answer(worker(noon + timedelta(minutes=minutes), computer)))


def test_moments_are_read_in_utc() -> None:
    """To the minute."""
    assert minute(datetime(2026, 3, 2, 12, 0, 59, tzinfo=UTC)) == "2026-03-02 12:00Z"
