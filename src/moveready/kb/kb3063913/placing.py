"""Decides whose an event 1309 is, by its data values. Pure.

Any ASP.NET application writes event 1309. The server's filter lets through those with a data value `HttpException`;
each of them is placed by the first row that fits:

    | the event's data values                                               | placed as               |
    |-----------------------------------------------------------------------|-------------------------|
    | not of event 1309 of ASP.NET, or none is `HttpException`              | error: not asked for    |
    | one is a URL with the mark of our own probes (inferred: value 19)     | ours                    |
    | a line of one begins with `MRS proxy service is disabled` (KB)        | MRSProxy's              |
    | ASP.NET's known form, and it is not about MRSProxy                    | another application's   |
    | anything else: another form, or another text about MRSProxy           | error: cannot be placed |

ASP.NET's known form is 30 values with the virtual path at 10, `HttpException` at 17 and the request's path at 20,
counted from 0: ASP.NET's published source, not seen on a real MRS event (inferred). An event is about MRSProxy if the
request was for `/EWS/mrsproxy.svc`, or if a value other than the request's names MRSProxy, as its stack trace does
(inferred). Its text may be the article's in another language (inferred). An invented URL that an event repeats must not
look like a disabled MRSProxy: the literal must begin a line, and a name inside the request's path does not count.

Value 14 is the id of the process that wrote the event (inferred in the same way). It says, apart from the time, whether
the event is of a process that still runs.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from moveready.evidence.marking import run_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from moveready.evidence.records import Record

PROVIDERS = ("ASP.NET 4.0.30319.0", "ASP.NET 2.0.50727.0")
"""The event sources of ASP.NET; the second is Exchange 2010's."""

EVENT_ID = "1309"
EXCEPTION = "HttpException"
LITERAL = "MRS proxy service is disabled"

_VIRTUAL_PATH, _PROCESS_ID, _EXCEPTION_TYPE, _EXCEPTION_MESSAGE, _REQUEST_PATH, _VALUES = 10, 14, 17, 18, 20, 30
_OF_THE_REQUEST = range(19, 25)
_APPLICATION, _MRSPROXY = "/ews", "/ews/mrsproxy.svc"
_NAMES_MRSPROXY = re.compile("mrs ?proxy", re.IGNORECASE)


class Owner(Enum):
    """Whose event it is."""

    MRSPROXY = "MRSProxy's"
    OURS = "of moveready's own probe"
    OTHER = "another application's"


def owner_of(record: Record) -> Owner:
    """Whose event it is; raises `ValueError` if that cannot be decided."""
    if record.event_id != EVENT_ID or record.provider not in PROVIDERS or EXCEPTION not in record.values:
        raise ValueError(f"event {record.event_id} of {record.provider} was not asked for: the filter did not work")
    if own_run(record):
        return Owner.OURS
    if message_of(record):
        return Owner.MRSPROXY
    if not _is_in_known_form(record.values):
        raise ValueError(f"its {len(record.values)} data values are not in the order that ASP.NET is known for")
    if _is_about_mrsproxy(record.values):
        said = record.values[_EXCEPTION_MESSAGE].strip().partition("\n")[0][:120]
        raise ValueError(f"it is about {record.values[_REQUEST_PATH]} and says `{said}`, not `{LITERAL}`")
    return Owner.OTHER


def own_run(record: Record) -> str | None:
    """Our run whose probe caused the event, or None."""
    return next(filter(None, map(run_of, record.values)), None)


def is_written_by(record: Record, process_ids: Collection[int]) -> bool:
    """Whether one of these processes wrote it; in another form than ASP.NET's, any value may be the process id."""
    values = (record.values[_PROCESS_ID],) if _is_in_known_form(record.values) else record.values
    return not {str(process_id) for process_id in process_ids}.isdisjoint(value.strip() for value in values)


def message_of(record: Record) -> str | None:
    """The line that says that MRSProxy is disabled, or None."""
    lines = (line.strip() for value in record.values for line in value.split("\n"))
    return next((line for line in lines if line.startswith(LITERAL)), None)


def _is_in_known_form(values: tuple[str, ...]) -> bool:
    return (
        len(values) == _VALUES
        and values[_EXCEPTION_TYPE] == EXCEPTION
        and values[_VIRTUAL_PATH].startswith("/")
        and values[_REQUEST_PATH].startswith("/")
    )


def _is_about_mrsproxy(values: tuple[str, ...]) -> bool:
    application, asked = values[_VIRTUAL_PATH].lower().rstrip("/"), values[_REQUEST_PATH].lower()
    if application == _APPLICATION and asked.startswith(_MRSPROXY):
        return True
    others = (value for number, value in enumerate(values) if number not in _OF_THE_REQUEST)
    return any(_NAMES_MRSPROXY.search(value.replace(values[_REQUEST_PATH], "")) for value in others)
