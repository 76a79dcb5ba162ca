"""Event 1309: what ASP.NET wrote of a disabled MRSProxy, if it still counts. May import errors, inventory, questions.

An event counts as live when it is newer than the start of the worker process that serves EWS: the process keeps what it
read at its start (KB 3063913, cause 2; DOMAIN: inferred). Older ones are history. Matching is on the event's data
values, never on the rendered message, which is localised. The order of those values is ASP.NET's own (its published
reference source); the MRS event as a whole was not found in public.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from moveready.errors import MissingObjectError, ShortLogError, UnexpectedAnswerError
from moveready.evidence.clixml import object_from, text_from
from moveready.questions import Channel, Cmdlet, Pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moveready.questions import CmdletAnswer

MOST_EVENTS = 200
"""Newest events asked for. One application writes at most one a minute; more than this is told as an error."""

_WORKER_FILTER = """Name = 'w3wp.exe' AND CommandLine LIKE '%-ap "MSExchangeServicesAppPool"%'"""
ASK_WORKERS = Pipeline.of(
    Cmdlet("Get-CimInstance", ClassName="Win32_Process", Filter=_WORKER_FILTER),
    Cmdlet("Select-Object", Property=("ProcessId", "CreationDate")),
)
ASK_OLDEST_RECORD = Pipeline.of(
    Cmdlet("Get-WinEvent", LogName="Application", Oldest=None, MaxEvents=1),
    Cmdlet("ForEach-Object", MemberName="ToXml"),
)

_NO_MATCH = "NoMatchingEventsFound"
_NAMESPACE = {"e": "http://schemas.microsoft.com/win/2004/08/events/event"}
_EXCEPTION_TYPE, _EXCEPTION_MESSAGE, _DATA_VALUES = 17, 18, 30
_SIGNS = ("HttpException", "MRS proxy service is disabled")


def ask_events(since: timedelta) -> Pipeline:
    """The question for the events 1309 with an HttpException of the last `since`, newest first.

    The filter runs on the server. Both providers are named: `ASP.NET 2.0.50727.0` is Exchange 2010's.
    """
    milliseconds = int(since.total_seconds() * 1000)
    condition = (
        "*[System[Provider[@Name='ASP.NET 4.0.30319.0' or @Name='ASP.NET 2.0.50727.0'] and (EventID=1309)"
        f" and TimeCreated[timediff(@SystemTime) &lt;= {milliseconds}]] and EventData[Data='HttpException']]"
    )
    select = f'<Select Path="Application">{condition}</Select>'
    query = f'<QueryList><Query Id="0" Path="Application">{select}</Query></QueryList>'
    return Pipeline.of(
        Cmdlet("Get-WinEvent", FilterXml=query, MaxEvents=MOST_EVENTS),
        Cmdlet("ForEach-Object", MemberName="ToXml"),
    )


@dataclass(frozen=True, slots=True)
class MrsProxyEvent:
    """One event 1309 that says `MRS proxy service is disabled`."""

    recorded_at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class MrsProxyEvents:
    """The events of the look-back window, told apart by the start of the worker process."""

    server: str
    live: tuple[MrsProxyEvent, ...]
    past: tuple[MrsProxyEvent, ...]
    worker_started_at: datetime
    oldest_record_at: datetime
    needed_since: datetime
    question: str
    asked_at: datetime

    def told(self) -> str:
        """One sentence about the newest live event."""
        newest = max(event.recorded_at for event in self.live)
        return (
            f"{len(self.live)} event(s) 1309 'MRS proxy service is disabled' on {self.server} since its worker process"
            f" started at {_minute(self.worker_started_at)}, the newest at {_minute(newest)}; there should be none."
        )


def read_events(workers: CmdletAnswer, events: CmdletAnswer, oldest: CmdletAnswer, since: timedelta) -> MrsProxyEvents:
    """The events of one server, live and past.

    Raises:
        MissingObjectError: No worker process of `MSExchangeServicesAppPool`, or no record in the log.
        ShortLogError: No live event was found, and the answer does not cover the time it would have to cover.
        UnexpectedAnswerError: Something in the answers cannot be read.
    """
    found = tuple(filter(None, map(_event_from, _xml_of(events))))
    started = worker_start(workers)
    needed_since = max(started, events.asked_at - since)
    evidence = MrsProxyEvents(
        server=events.server,
        live=tuple(event for event in found if event.recorded_at >= started),
        past=tuple(event for event in found if event.recorded_at < started),
        worker_started_at=started,
        oldest_record_at=_oldest_record(oldest),
        needed_since=needed_since,
        question=events.question,
        asked_at=events.asked_at,
    )
    if not evidence.live:
        _must_cover(evidence, _xml_of(events))
    return evidence


def _must_cover(evidence: MrsProxyEvents, fetched: Sequence[ET.Element]) -> None:
    """Raise unless "no live event" is proved: by the log's reach, and by the number of events fetched."""
    reach = max([evidence.oldest_record_at, *_reach_of(fetched)])
    if reach > evidence.needed_since:
        raise ShortLogError(
            evidence.server,
            Channel.WINDOWS.value,
            f"the Application log was read back to {_minute(reach)} and is needed since"
            f" {_minute(evidence.needed_since)}, so it cannot say that there was no event 1309",
            "Enlarge the log (wevtutil sl Application /ms:104857600); until then trust the endpoint control.",
        )


def _reach_of(fetched: Sequence[ET.Element]) -> list[datetime]:
    """Where the fetched events end, if there may be more than were asked for."""
    return [min(map(_recorded_at, fetched))] if len(fetched) >= MOST_EVENTS else []


def worker_start(answer: CmdletAnswer) -> datetime:
    """The start of the eldest worker process: while two overlap, either may have served the request.

    Raises:
        MissingObjectError: There is none.
        UnexpectedAnswerError: Its start cannot be read.
    """
    try:
        starts = [object_from(worker).moment("CreationDate") for worker in answer.objects]
    except ValueError as error:
        raise _unreadable(answer, str(error)) from None
    if not starts:
        raise MissingObjectError(
            answer.server,
            Channel.WINDOWS.value,
            "no worker process of MSExchangeServicesAppPool is visible",
            "Is the application pool started, and may the account see other users' processes (local Administrators)?",
        )
    return min(starts)


def _oldest_record(answer: CmdletAnswer) -> datetime:
    records = _xml_of(answer)
    if not records:
        raise MissingObjectError(
            answer.server,
            Channel.WINDOWS.value,
            "the Application log gave no record at all",
            "May the account read it (group Event Log Readers)?",
        )
    return min(map(_recorded_at, records))


def _xml_of(answer: CmdletAnswer) -> list[ET.Element]:
    """The events of the answer. `NoMatchingEventsFound` is Get-WinEvent's way to give none; any other error is told."""
    refused = [error for error in answer.errors if not error.error_id.startswith(_NO_MATCH)]
    if refused:
        raise _unreadable(answer, f"Get-WinEvent said: {refused[0].message}")
    try:
        return [_checked(ET.fromstring(text_from(event))) for event in answer.objects]  # noqa: S314 - see clixml
    except (ValueError, ET.ParseError) as error:
        raise _unreadable(answer, str(error)) from None


def _checked(event: ET.Element) -> ET.Element:
    _recorded_at(event)
    return event


def _recorded_at(event: ET.Element) -> datetime:
    created = event.find("e:System/e:TimeCreated", _NAMESPACE)
    moment = datetime.fromisoformat(created.get("SystemTime", "")) if created is not None else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("an event without a time")
    return moment


def _event_from(event: ET.Element) -> MrsProxyEvent | None:
    """The event if it is MRSProxy's, by the exception's type and the start of its message."""
    values = [data.text or "" for data in event.iterfind("e:EventData/e:Data", _NAMESPACE)]
    if len(values) < _DATA_VALUES:
        return None
    kind, message = values[_EXCEPTION_TYPE], values[_EXCEPTION_MESSAGE].strip()
    if kind != _SIGNS[0] or not message.startswith(_SIGNS[1]):
        return None
    return MrsProxyEvent(_recorded_at(event), message.splitlines()[0])


def _unreadable(answer: CmdletAnswer, happened: str) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        answer.server,
        Channel.WINDOWS.value,
        f"the answer cannot be judged: {happened}",
        f"Ask the server itself: {answer.question}",
    )


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}{'Z' if not moment.utcoffset() else moment.strftime('%z')}"
