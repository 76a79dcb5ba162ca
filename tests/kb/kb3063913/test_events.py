"""Events 1309 count when they are newer than the worker process; a log that is too short proves nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import MissingObjectError, ShortLogError, UnexpectedAnswerError
from moveready.evidence.questions import RemoteError
from moveready.kb.kb3063913.events import MOST_EVENTS, MrsProxyEvents, ask_events, read_events

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = timedelta(hours=24)
NONE_FOUND = RemoteError(
    "No events were found", "NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand"
)


NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
MESSAGE = "MRS proxy service is disabled\n at X()"


def values_of(
    message: str = MESSAGE,
    path: str = "/EWS/mrsproxy.svc",
    query: str = "",
    kind: str = "HttpException",
    process: str = "8",
) -> list[str]:
    """The 30 data values in ASP.NET's order, as far as they matter."""
    url, application = f"https://ex01.contoso.com:443{path}{query}", "/" + path.split("/")[1]
    return ["3005", *[""] * 9, application, *[""] * 3, process, "", "", kind, message, url, path, *[""] * 9]


def event(at: datetime, values: list[str] | None = None, computer: str = "ex01.contoso.com", number: int = 1309) -> str:
    """An event 1309 as `ToXml` gives it; synthetic."""
    data = "".join(f"<Data>{value}</Data>" for value in (values_of() if values is None else values))
    xml = (
        f"<Event xmlns='{NAMESPACE}'><System><Provider Name='ASP.NET 4.0.30319.0'/><EventID>{number}</EventID>"
        f"<TimeCreated SystemTime='{at:%Y-%m-%dT%H:%M:%S.%f}000Z'/><Computer>{computer}</Computer></System>"
        f"<EventData>{data}</EventData></Event>"
    )
    return "<S>" + xml.replace("&", "&amp;").replace("<", "&lt;") + "</S>"


def worker(at: datetime, computer: str = "EX01") -> str:
    """A worker process as `Select-Object` gives it."""
    return (
        f'<Obj RefId="0"><MS><U32 N="ProcessId">4</U32><DT N="CreationDate">{at.isoformat()}</DT>'
        f'<S N="CSName">{computer}</S></MS></Obj>'
    )


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
        errors: tuple[RemoteError, ...] | None = None,
    ) -> MrsProxyEvents:
        """The same with events as texts; without any, the error that says so."""
        workers = self.answer(worker(self.ago(worker_started)))
        told = (() if texts else (NONE_FOUND,)) if errors is None else errors
        return read_events(workers, self.answer(*texts, errors=told), self.answer(event(self.ago(oldest))), DAY)


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


def test_no_match_is_an_empty_answer(log: Log) -> None:
    """Get-WinEvent tells "none" as an error."""
    assert log.read_texts(errors=(NONE_FOUND,)).live == ()


def test_silence_is_not_an_empty_answer(log: Log) -> None:
    """Without the error that says so, nobody knows whether anything was looked for."""
    with pytest.raises(UnexpectedAnswerError, match="0 events and 0 times"):
        log.read_texts(errors=())


def test_events_beside_no_match_are_contradictory(log: Log) -> None:
    """One of the two is not true."""
    with pytest.raises(UnexpectedAnswerError, match="1 events and 1 times"):
        log.read_texts(event(log.ago(1)), errors=(NONE_FOUND,))


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
    flood = [event(log.ago(0.01), values_of("File does not exist.", "/owa/x.aspx"))] * MOST_EVENTS

    with pytest.raises(ShortLogError):
        log.read_texts(*flood)


def test_no_worker_is_unknown(log: Log, cmdlet_answer: Callable[..., Any]) -> None:
    """Without a worker process there is nothing an event could be live against."""
    with pytest.raises(MissingObjectError, match="MSExchangeServicesAppPool"):
        read_events(cmdlet_answer(), cmdlet_answer(), cmdlet_answer(event(log.ago(72))), DAY)


def test_empty_log_is_unknown(log: Log, cmdlet_answer: Callable[..., Any]) -> None:
    """A log without a single record was not read."""
    none = cmdlet_answer(errors=(NONE_FOUND,))

    with pytest.raises(MissingObjectError, match="no record"):
        read_events(cmdlet_answer(worker(log.ago(2))), none, none, DAY)


@pytest.mark.parametrize("text", ["<S>no xml</S>", "<S>&lt;Event/></S>", "<I32>1</I32>"])
def test_unreadable_event_is_told(log: Log, text: str) -> None:
    """What is no event is an error, not nothing."""
    with pytest.raises(UnexpectedAnswerError, match="cannot be judged"):
        log.read_texts(text)


def test_event_without_zone_is_told(log: Log) -> None:
    """A time without a zone cannot be compared."""
    with pytest.raises(UnexpectedAnswerError, match="not one in UTC"):
        log.read_texts(event(log.ago(1)).replace("Z'/>", "'/>"))


def test_old_event_of_a_process_that_still_runs_is_told(log: Log) -> None:
    """Its time, or that of the process, cannot be right; a pass would rest on it."""
    with pytest.raises(UnexpectedAnswerError, match="names a worker process that started later, at 2026-03-02 10:00Z"):
        log.read_texts(event(log.ago(3), values_of(process="4")), worker_started=2)


@pytest.mark.parametrize("hours", [24.2, 26280])
def test_event_from_before_the_window_is_told(log: Log, hours: float) -> None:
    """The server's filter lets none through; clocks may differ by five minutes."""
    assert log.read(24.05, worker_started=2).past
    with pytest.raises(UnexpectedAnswerError, match="none from before 2026-03-01 12:00Z was asked for"):
        log.read(hours, worker_started=2)


def test_unreadable_worker_is_told(log: Log, cmdlet_answer: Callable[..., Any]) -> None:
    """A worker without a start is an error."""
    with pytest.raises(UnexpectedAnswerError, match="CreationDate"):
        read_events(cmdlet_answer("<Obj><MS/></Obj>"), cmdlet_answer(), cmdlet_answer(event(log.ago(72))), DAY)


def test_sentence_names_the_newest(log: Log) -> None:
    """The sentence counts, and says since when and how lately."""
    assert log.read(1, 2, worker_started=3).message() == (
        "2 event(s) 1309 'MRS proxy service is disabled' on ex01.contoso.com since its worker process started at"
        " 2026-03-02 09:00Z, the newest at 2026-03-02 11:00Z; there should be none."
    )


def test_question_filters_on_the_server() -> None:
    """The window goes to the server in milliseconds; both providers are named."""
    question = str(ask_events(timedelta(hours=1)))

    assert "timediff(@SystemTime) &lt;= 3600000" in question
    assert "ASP.NET 2.0.50727.0" in question


def test_own_events_do_not_count(log: Log) -> None:
    """What our own probes have caused is shown as ours, of whichever run, and is nobody's failed move."""
    own = event(log.ago(1), values_of(query="?moveready=0123abcd"))
    read = log.read_texts(own, event(log.ago(2)), worker_started=3)

    assert ([found.run for found in read.own], len(read.live)) == (["0123abcd"], 1)
    assert "(1 more are of moveready's own probes and do not count)" in read.message()


def test_own_event_does_not_shorten_the_proof(log: Log) -> None:
    """Without anybody else's event the log must still reach back far enough."""
    with pytest.raises(ShortLogError):
        log.read_texts(event(log.ago(1), values_of(query="?moveready=0123abcd")), worker_started=3, oldest=2)


def test_live_event_that_cannot_be_placed_is_told(log: Log) -> None:
    """Silence about it could be a missed finding."""
    with pytest.raises(UnexpectedAnswerError, match=r"2026-03-02 11:00Z cannot be placed: .* says `Deaktiviert`"):
        log.read_texts(event(log.ago(1), values_of("Deaktiviert")))


def test_past_event_that_cannot_be_placed_is_shown(log: Log) -> None:
    """It is history whatever it says, and must not keep a repaired server from passing."""
    read = log.read_texts(event(log.ago(3), values_of("Deaktiviert")), worker_started=2)

    assert [found.message for found in read.past] == ["another text"]


def test_event_of_another_application_is_left_out(log: Log) -> None:
    """It is neither live nor past."""
    read = log.read_texts(event(log.ago(1), values_of("File does not exist.", "/owa/x.aspx")))

    assert (read.live, read.past, read.own) == ((), (), ())


@pytest.mark.parametrize("computer", ["EX01", "ex01", "Ex01.Contoso.COM"])
def test_server_is_known_by_either_name(
    log: Log, noon: datetime, cmdlet_answer: Callable[..., Any], computer: str
) -> None:
    """Windows writes the FQDN or the NetBIOS name."""
    workers, found = cmdlet_answer(worker(log.ago(2), computer)), cmdlet_answer(event(log.ago(1), computer=computer))

    assert read_events(workers, found, cmdlet_answer(event(log.ago(72), computer=computer)), DAY).live


@pytest.mark.parametrize("place", ["worker", "event", "oldest"])
@pytest.mark.parametrize("computer", ["EX02", "ex02.contoso.com", "ex01.fabrikam.com", "ex1", "ex01x"])
def test_another_server_is_told(log: Log, cmdlet_answer: Callable[..., Any], place: str, computer: str) -> None:
    """Its worker process, its events and its oldest record say nothing about the one that was asked."""
    named = {place: computer}
    workers = cmdlet_answer(worker(log.ago(2), named.get("worker", "EX01")))
    found = cmdlet_answer(event(log.ago(1), computer=named.get("event", "EX01")))
    oldest = cmdlet_answer(event(log.ago(72), computer=named.get("oldest", "EX01")))

    with pytest.raises(UnexpectedAnswerError, match=r"answered, not (EX01|ex01.contoso.com).*load balancer") as told:
        read_events(workers, found, oldest, DAY)
    assert ("renamed" in str(told.value)) == (place != "worker")


def test_another_server_without_exchange_is_told(log: Log, cmdlet_answer: Callable[..., Any]) -> None:
    """Its log names it, where no worker process does."""
    with pytest.raises(UnexpectedAnswerError, match="WEB7 answered, not EX01"):
        read_events(
            cmdlet_answer(), cmdlet_answer(), cmdlet_answer(event(log.ago(72), computer="web7.contoso.com")), DAY
        )


@pytest.mark.parametrize("hours", [-0.05, 0])
def test_clocks_may_differ_a_little(log: Log, hours: float) -> None:
    """Three minutes ahead of ours is no contradiction."""
    assert log.read(worker_started=hours).live == ()


@pytest.mark.parametrize("hours", [-0.1, -24])
def test_worker_of_the_future_is_told(log: Log, hours: float) -> None:
    """No event could be newer than it, so every log would pass."""
    with pytest.raises(UnexpectedAnswerError, match="later than now"):
        log.read(1, worker_started=hours)


def test_event_of_the_future_is_told(log: Log) -> None:
    """With such a clock nothing is older or newer than anything."""
    with pytest.raises(UnexpectedAnswerError, match="later than now"):
        log.read(-1)
