"""Events 1309 count when they are newer than the worker process; a log that is too short proves nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import MissingObjectError, ShortLogError, UnexpectedAnswerError
from moveready.evidence.events import MOST_EVENTS, MrsProxyEvents, ask_events, read_events
from moveready.questions import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = timedelta(hours=24)
NONE_FOUND = RemoteError(
    "No events were found", "NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand"
)


def event(at: datetime, kind: str = "HttpException", message: str = "MRS proxy service is disabled\n at X()") -> str:
    """An event 1309 as `ToXml` gives it; synthetic, in the order of ASP.NET's data values."""
    values = [*[""] * 17, kind, message, *[""] * 11]
    data = "".join(f"<Data>{value}</Data>" for value in values)
    xml = (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>1309</EventID>"
        f"<TimeCreated SystemTime='{at.isoformat()}'/></System><EventData>{data}</EventData></Event>"
    )
    return "<S>" + xml.replace("&", "&amp;").replace("<", "&lt;") + "</S>"


def worker(at: datetime) -> str:
    """A worker process as `Select-Object` gives it."""
    return f'<Obj RefId="0"><MS><U32 N="ProcessId">4</U32><DT N="CreationDate">{at.isoformat()}</DT></MS></Obj>'


class Log:
    """A server's log at noon: how many hours ago its worker started, its events came, its oldest record was written."""

    def __init__(self, noon: datetime, answer: Callable[..., Any]) -> None:
        """Build answers with `answer`, asked at noon."""
        self.noon, self.answer = noon, answer

    def ago(self, hours: float) -> datetime:
        """That many hours before noon."""
        return self.noon - timedelta(hours=hours)

    def read(self, *events: float, worker_started: float = 48, oldest: float = 72) -> MrsProxyEvents:
        """What the reader makes of it."""
        texts = [event(self.ago(hours)) for hours in events]
        return self.read_texts(*texts, worker_started=worker_started, oldest=oldest)

    def read_texts(
        self,
        *texts: str,
        worker_started: float = 48,
        oldest: float = 72,
        errors: tuple[RemoteError, ...] = (),
    ) -> MrsProxyEvents:
        """The same with events as texts."""
        workers = self.answer(worker(self.ago(worker_started)))
        return read_events(workers, self.answer(*texts, errors=errors), self.answer(event(self.ago(oldest))), DAY)


@pytest.fixture
def log(noon: datetime, cmdlet_answer: Callable[..., Any]) -> Log:
    """A log to fill."""
    return Log(noon, cmdlet_answer)


def test_event_after_the_worker_started_is_live(log: Log) -> None:
    """It proves what the running process has read."""
    assert len(log.read(1, worker_started=2).live) == 1


def test_event_at_the_very_start_is_live(log: Log) -> None:
    """The limit itself belongs to the running process."""
    assert len(log.read(2, worker_started=2).live) == 1


def test_event_before_the_worker_started_is_past(log: Log) -> None:
    """A restart makes history of it: shown, not judged."""
    read = log.read(3, worker_started=2)

    assert (len(read.live), len(read.past)) == (0, 1)


def test_eldest_of_two_workers_counts(log: Log, noon: datetime, cmdlet_answer: Callable[..., Any]) -> None:
    """While an old worker still serves beside the new one, its events are live."""
    workers = cmdlet_answer(worker(log.ago(1)), worker(log.ago(5)))
    read = read_events(workers, cmdlet_answer(event(log.ago(3))), cmdlet_answer(event(log.ago(72))), DAY)

    assert len(read.live) == 1


@pytest.mark.parametrize(
    ("kind", "message"),
    [("HttpException", "File does not exist."), ("SqlException", "MRS proxy service is disabled")],
)
def test_other_exceptions_are_not_ours(log: Log, kind: str, message: str) -> None:
    """Any ASP.NET application writes 1309; type and message must both be MRSProxy's."""
    read = log.read_texts(event(log.ago(1), kind, message))

    assert (read.live, read.past) == ((), ())


def test_event_with_few_values_is_not_ours(log: Log) -> None:
    """The values are told apart by their place, so they must all be there."""
    short = event(log.ago(1)).replace("&lt;Data>&lt;/Data>", "", 1)

    assert log.read_texts(short).live == ()


def test_no_match_is_an_empty_answer(log: Log) -> None:
    """Get-WinEvent tells "none" as an error."""
    assert log.read_texts(errors=(NONE_FOUND,)).live == ()


def test_other_error_is_not_an_empty_answer(log: Log) -> None:
    """A refused read is not "no events"."""
    with pytest.raises(UnexpectedAnswerError, match="Access is denied"):
        log.read_texts(errors=(RemoteError("Access is denied", "System.UnauthorizedAccessException"),))


@pytest.mark.parametrize(("worker_started", "oldest"), [(48, 25), (2, 3), (48, 24), (2, 2)])
def test_log_that_reaches_back_far_enough_proves_absence(log: Log, worker_started: float, oldest: float) -> None:
    """Needed since the later of window start and worker start."""
    assert log.read(worker_started=worker_started, oldest=oldest).live == ()


@pytest.mark.parametrize(("worker_started", "oldest"), [(48, 23), (2, 1)])
def test_short_log_proves_nothing(log: Log, worker_started: float, oldest: float) -> None:
    """A rolled-over log is an error, not a pass."""
    with pytest.raises(ShortLogError, match="cannot say"):
        log.read(worker_started=worker_started, oldest=oldest)


def test_live_event_in_a_short_log_still_counts(log: Log) -> None:
    """Presence needs no complete log."""
    assert len(log.read(0.5, worker_started=48, oldest=1).live) == 1


def test_as_many_events_as_were_asked_for_may_hide_one(log: Log) -> None:
    """Where the newest 200 end before the needed time, an older live one may have been cut off."""
    flood = [event(log.ago(0.01), message="File does not exist.")] * MOST_EVENTS

    with pytest.raises(ShortLogError):
        log.read_texts(*flood)


def test_no_worker_is_unknown(log: Log, cmdlet_answer: Callable[..., Any]) -> None:
    """Without a worker process there is nothing an event could be live against."""
    with pytest.raises(MissingObjectError, match="MSExchangeServicesAppPool"):
        read_events(cmdlet_answer(), cmdlet_answer(), cmdlet_answer(event(log.ago(72))), DAY)


def test_empty_log_is_unknown(log: Log, cmdlet_answer: Callable[..., Any]) -> None:
    """A log without a single record was not read."""
    with pytest.raises(MissingObjectError, match="no record"):
        read_events(cmdlet_answer(worker(log.ago(2))), cmdlet_answer(), cmdlet_answer(errors=(NONE_FOUND,)), DAY)


@pytest.mark.parametrize("text", ["<S>no xml</S>", "<S>&lt;Event/></S>", "<I32>1</I32>"])
def test_unreadable_event_is_told(log: Log, text: str) -> None:
    """What is no event is an error, not nothing."""
    with pytest.raises(UnexpectedAnswerError, match="cannot be judged"):
        log.read_texts(text)


def test_event_without_zone_is_told(log: Log) -> None:
    """A time without a zone cannot be compared."""
    with pytest.raises(UnexpectedAnswerError, match="without a time"):
        log.read_texts(event(log.ago(1).replace(tzinfo=None)))


def test_unreadable_worker_is_told(log: Log, cmdlet_answer: Callable[..., Any]) -> None:
    """A worker without a start is an error."""
    with pytest.raises(UnexpectedAnswerError, match="CreationDate"):
        read_events(cmdlet_answer("<Obj><MS/></Obj>"), cmdlet_answer(), cmdlet_answer(event(log.ago(72))), DAY)


def test_sentence_names_the_newest(log: Log) -> None:
    """The sentence counts, and says since when and how lately."""
    assert log.read(1, 2, worker_started=3).told() == (
        "2 event(s) 1309 'MRS proxy service is disabled' on ex01.contoso.com since its worker process started at"
        " 2026-03-02 09:00Z, the newest at 2026-03-02 11:00Z; there should be none."
    )


def test_question_filters_on_the_server() -> None:
    """The window goes to the server in milliseconds; both providers are named."""
    question = str(ask_events(timedelta(hours=1)))

    assert "timediff(@SystemTime) &lt;= 3600000" in question
    assert "ASP.NET 2.0.50727.0" in question
