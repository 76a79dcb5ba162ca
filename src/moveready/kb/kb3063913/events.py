"""Event 1309: what ASP.NET logged about a disabled MRSProxy, and whether it still counts.

An event counts as live when it is newer than the start of the worker process that serves EWS: the process keeps what it
read at its start (KB 3063913, cause 2; inferred). Older ones are history, and events of our own probes are not failed
moves. `placing` decides whose event it is.

History is what a pass rests on, so it needs a second proof: the event must not name a worker process that still runs.
If it does, one of two times was misread or changed, and nobody can say which. An event from before the look-back window
was not asked for, so it is an error too.

Three answers name the computer: the worker process gives its present name, and the oldest record and each event name
the computer that wrote them. All of them must be the server that was asked, so the newest record need not be asked for
separately. A log from before the computer was renamed is an error too, until it has rolled over: it cannot be
distinguished from another server's log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from moveready.errors import MissingObjectError, ShortLogError
from moveready.evidence.answering import is_name_of, other_server
from moveready.evidence.clixml import text_from
from moveready.evidence.questions import Channel, Cmdlet, Pipeline
from moveready.evidence.records import record_from
from moveready.evidence.subject import Scope, ServerSubject, declare
from moveready.evidence.workers import ASK_WORKERS, CLOCKS_APART, minute, not_in_the_future, unreadable, workers_in
from moveready.kb.kb3063913.placing import (
    EVENT_ID,
    EXCEPTION,
    PROVIDERS,
    Owner,
    is_written_by,
    message_of,
    own_run,
    owner_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moveready.evidence.questions import CmdletAnswer
    from moveready.evidence.records import Record
    from moveready.evidence.workers import Workers

MOST_EVENTS = 200
"""Newest events asked for. One application writes at most one a minute; more than this is reported as an error."""

ASK_OLDEST_RECORD = Pipeline.of(
    Cmdlet("Get-WinEvent", LogName="Application", Oldest=None, MaxEvents=1),
    Cmdlet("ForEach-Object", MemberName="ToXml"),
)

_NO_MATCH = "NoMatchingEventsFound"
_RENAMED = (
    " Or the computer was renamed after that record: then archive and clear its log (wevtutil cl Application /bu:FILE),"
    " and trust the endpoint control until the new one reaches back far enough."
)


def ask_events(since: timedelta) -> Pipeline:
    """The question for the events 1309 with an HttpException within the last `since`, newest first.

    The filter runs on the server. Both providers are named: `ASP.NET 2.0.50727.0` is Exchange 2010's.
    """
    milliseconds = int(since.total_seconds() * 1000)
    providers = " or ".join(f"@Name='{name}'" for name in PROVIDERS)
    condition = (
        f"*[System[Provider[{providers}] and (EventID={EVENT_ID})"
        f" and TimeCreated[timediff(@SystemTime) &lt;= {milliseconds}]] and EventData[Data='{EXCEPTION}']]"
    )
    select = f'<Select Path="Application">{condition}</Select>'
    query = f'<QueryList><Query Id="0" Path="Application">{select}</Query></QueryList>'
    return Pipeline.of(
        Cmdlet("Get-WinEvent", FilterXml=query, MaxEvents=MOST_EVENTS),
        Cmdlet("ForEach-Object", MemberName="ToXml"),
    )


@dataclass(frozen=True, slots=True)
class MrsProxyEvent:
    """One event 1309 that says `MRS proxy service is disabled`; `run` is the run whose probe caused it, or None."""

    recorded_at: datetime
    message: str
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MrsProxyEvents:
    """The events of the look-back window, divided by the start of the worker process; `own` are those of our probes."""

    server: str
    live: tuple[MrsProxyEvent, ...]
    past: tuple[MrsProxyEvent, ...]
    worker_started_at: datetime
    oldest_record_at: datetime
    needed_since: datetime
    question: str
    asked_at: datetime
    own: tuple[MrsProxyEvent, ...] = ()

    def message(self) -> str:
        """One sentence about the newest live event."""
        newest = max(event.recorded_at for event in self.live)
        own = f" ({len(self.own)} more are of moveready's own probes and do not count)" if self.own else ""
        return (
            f"{len(self.live)} event(s) 1309 'MRS proxy service is disabled' on {self.server} since its worker process"
            f" started at {minute(self.worker_started_at)}, the newest at {minute(newest)}{own};"
            " there should be none."
        )


def read_events(workers: CmdletAnswer, events: CmdletAnswer, oldest: CmdletAnswer, since: timedelta) -> MrsProxyEvents:
    """The events of one server: live, past, and our own.

    Raises:
        MissingObjectError: No worker process of `MSExchangeServicesAppPool`, or no record in the log.
        ShortLogError: No live event was found, and the answer does not cover the necessary time.
        UnexpectedAnswerError: Another server answered, or something in the answers cannot be read or placed.
    """
    if not workers.objects:
        _oldest_record(oldest)  # report first if it is another server, which may not even have Exchange
    running = workers_in(workers)
    started = running.started_at
    oldest_at = _oldest_record(oldest)
    found = _records_of(events)
    _must_be_asked_for(found, events, since)
    owners = [(_owner_of(record, running, events), record) for record in found]
    theirs = [record for owner, record in owners if owner is Owner.MRSPROXY]
    evidence = MrsProxyEvents(
        server=events.server,
        live=_events_from(record for record in theirs if record.recorded_at >= started),
        past=_events_from(record for record in theirs if record.recorded_at < started),
        own=_events_from(record for owner, record in owners if owner is Owner.OURS),
        worker_started_at=started,
        oldest_record_at=oldest_at,
        needed_since=max(started, events.asked_at - since),
        question=events.question,
        asked_at=events.asked_at,
    )
    if not evidence.live:
        _must_cover(evidence, found)
    return evidence


MRSPROXY_EVENTS = declare(
    ServerSubject(
        name="mrsproxy_events",
        type=MrsProxyEvents,
        scope=Scope.WINDOWS,
        ask=lambda _, context: (ASK_WORKERS, ask_events(context.since), ASK_OLDEST_RECORD),
        read=lambda _, context, workers, events, oldest: read_events(workers, events, oldest, context.since),
    )
)


def _must_cover(evidence: MrsProxyEvents, fetched: Sequence[Record]) -> None:
    """Raise unless "no live event" is proved by the oldest record and by the number of events fetched."""
    reach = max([evidence.oldest_record_at, *_reach_of(fetched)])
    if reach > evidence.needed_since:
        raise ShortLogError(
            evidence.server,
            Channel.WINDOWS.value,
            f"the Application log was read back to {minute(reach)} and is needed since"
            f" {minute(evidence.needed_since)}, so it cannot say that there was no event 1309",
            "Enlarge the log (wevtutil sl Application /ms:104857600); until then trust the endpoint control.",
        )


def _reach_of(fetched: Sequence[Record]) -> list[datetime]:
    """The time of the oldest fetched event, if there may be more events than were asked for."""
    return [min(record.recorded_at for record in fetched)] if len(fetched) >= MOST_EVENTS else []


def _oldest_record(answer: CmdletAnswer) -> datetime:
    records = _records_of(answer)
    if not records:
        raise MissingObjectError(
            answer.server,
            Channel.WINDOWS.value,
            "the Application log gave no record at all",
            "May the account read it (group Event Log Readers)?",
        )
    return min(record.recorded_at for record in records)


def _records_of(answer: CmdletAnswer) -> list[Record]:
    """The events of the answer, after checking that all are of this server.

    With `NoMatchingEventsFound`, Get-WinEvent reports no events; any other error, or no events without it, raises.
    """
    none = [error for error in answer.errors if error.error_id.partition(",")[0] == _NO_MATCH]
    refused = [error for error in answer.errors if error not in none]
    if refused:
        raise unreadable(answer, f"Get-WinEvent said: {refused[0].message}")
    if bool(none) == bool(answer.objects):
        raise unreadable(answer, f"it gave {len(answer.objects)} events and {len(none)} times the word that none match")
    try:
        records = [record_from(text_from(event)) for event in answer.objects]
        for record in records:
            not_in_the_future(record.recorded_at, "an event", answer)
    except ValueError as error:
        raise unreadable(answer, str(error)) from None
    for record in records:
        if not is_name_of(answer.server, record.computer):
            seen = f"the record of {minute(record.recorded_at)} in the Application log"
            raise other_server(answer.server, Channel.WINDOWS.value, record.computer, seen, _RENAMED)
    return records


def _must_be_asked_for(records: Iterable[Record], answer: CmdletAnswer, since: timedelta) -> None:
    """Raise for an event from before the look-back window: the server's filter cannot have let it through."""
    earliest = answer.asked_at - since - CLOCKS_APART
    if odd := next((record for record in records if record.recorded_at < earliest), None):
        raise unreadable(
            answer,
            f"an event is of {minute(odd.recorded_at)}, and none from before {minute(answer.asked_at - since)} was"
            " asked for: the filter did not work, or the clock of the server or of this machine is wrong",
        )


def _owner_of(record: Record, running: Workers, answer: CmdletAnswer) -> Owner:
    """Whose event it is; raises for a live event that cannot be placed, and for an older one that may be live."""
    try:
        owner = owner_of(record)
    except ValueError as error:
        if record.recorded_at >= running.started_at:
            happened = f"the event 1309 of {minute(record.recorded_at)} cannot be placed: {error}"
            raise unreadable(answer, happened) from None
        owner = Owner.MRSPROXY  # an older one is history anyway
    if owner is Owner.MRSPROXY and record.recorded_at < running.started_at:
        _must_be_history(record, running, answer)
    return owner


def _must_be_history(record: Record, running: Workers, answer: CmdletAnswer) -> None:
    """Raise if the event names a worker process that still runs, although it is older than all of them."""
    if is_written_by(record, running.process_ids):
        raise unreadable(
            answer,
            f"the event 1309 of {minute(record.recorded_at)} names a worker process that started later, at"
            f" {minute(running.started_at)}: one of the two times is wrong, or Windows has used the process id again",
        )


def _events_from(records: Iterable[Record]) -> tuple[MrsProxyEvent, ...]:
    return tuple(
        MrsProxyEvent(record.recorded_at, message_of(record) or "another text", own_run(record)) for record in records
    )
