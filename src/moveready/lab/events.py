"""The Application log of a simulated server: records, and their XML. Pure.

The event 1309 here is synthetic. The order of its 30 data values is ASP.NET's own (Microsoft's published
reference source of `WebErrorEvent`); no complete public copy of the event that MRSProxy causes was found.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

LOCAL_TIME = timezone(timedelta(hours=1))
"""The simulated servers' local time: Central European, without summer time."""

NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
WEB_ERROR = 1309
MRSPROXY_IS_OFF = ("HttpException", "MRS proxy service is disabled")
"""Exception type and message in the event of a disabled MRSProxy (KB 3063913, cause 2)."""

WARNING, INFORMATION = 3, 4
_CLASSIC = "0x80000000000000"
_STACK = (
    "   at Microsoft.Exchange.MailboxReplicationService.MRSProxyPublisher.CheckIsEnabled()",
    "   at System.Web.HttpApplication.ExecuteStep(IExecutionStep step, Boolean& completedSynchronously)",
)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record of the Application log.

    Attributes:
        number: EventRecordID.
        recorded_at: With its zone.
        provider: Name of the event source.
        event_id: Number of the event.
        level: 3 warning, 4 information.
        data: The values of EventData, in order.
        computer: The computer that wrote it; None for the server that the log belongs to.
    """

    number: int
    recorded_at: datetime
    provider: str
    event_id: int
    level: int
    data: tuple[str, ...]
    computer: str | None = None


@dataclass(frozen=True, slots=True)
class WebRequest:
    """What ASP.NET writes about the request that failed."""

    url: str
    user: str
    client_address: str


@dataclass(frozen=True, slots=True)
class WebFault:
    """An unhandled exception in an ASP.NET application.

    Attributes:
        server: FQDN.
        process_id: Of the worker process.
        exception: Type name without namespace.
        message: First line of its message.
        request: The request that failed.
    """

    server: str
    process_id: int
    exception: str
    message: str
    request: WebRequest


def asp_net_provider(*, exchange_2010: bool) -> str:
    """The event source of the ASP.NET that Exchange runs on."""
    return "ASP.NET 2.0.50727.0" if exchange_2010 else "ASP.NET 4.0.30319.0"


def web_error_record(number: int, recorded_at: datetime, provider: str, fault: WebFault) -> LogRecord:
    """Event 1309 (synthetic, see above): ASP.NET's "unhandled exception", level Warning, 30 data values."""
    return LogRecord(number, recorded_at, provider, WEB_ERROR, WARNING, _web_error_data(recorded_at, number, fault))


def ordinary_record(number: int, recorded_at: datetime, server: str) -> LogRecord:
    """A record that has nothing to do with MRSProxy: Exchange's list of domain controllers."""
    data = ("MSExchangeRepl.exe", "4712", server)
    return LogRecord(number, recorded_at, "MSExchange ADAccess", 2080, INFORMATION, data)


def is_mrsproxy_off(record: LogRecord) -> bool:
    """Whether this is the event of a disabled MRSProxy."""
    kind, message = record.data[17:19] or ("", "")
    return record.event_id == WEB_ERROR and kind == MRSPROXY_IS_OFF[0] and message.startswith(MRSPROXY_IS_OFF[1])


def record_xml(record: LogRecord, computer: str) -> str:
    """The record as `EventLogRecord.ToXml()` gives it: no RenderingInfo, attributes in single quotes."""
    values = "".join(f"<Data>{escape(value)}</Data>" for value in record.data)
    when = f"{record.recorded_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"
    qualifiers = "32768" if record.level == WARNING else "16388"
    return (
        f"<Event xmlns='{NAMESPACE}'><System><Provider Name='{escape(record.provider)}'/>"
        f"<EventID Qualifiers='{qualifiers}'>{record.event_id}</EventID><Version>0</Version>"
        f"<Level>{record.level}</Level><Task>3</Task><Opcode>0</Opcode><Keywords>{_CLASSIC}</Keywords>"
        f"<TimeCreated SystemTime='{when}'/><EventRecordID>{record.number}</EventRecordID><Correlation/>"
        f"<Execution ProcessID='0' ThreadID='0'/><Channel>Application</Channel>"
        f"<Computer>{escape(record.computer or computer)}</Computer><Security/></System>"
        f"<EventData>{values}</EventData></Event>"
    )


def _web_error_data(recorded_at: datetime, number: int, fault: WebFault) -> tuple[str, ...]:
    """The 30 values: 0-7 event, 8-13 application, 14-16 process, 17-18 exception, 19-24 request, 25-29 thread."""
    local, utc = (f"{recorded_at.astimezone(zone):%m/%d/%Y %I:%M:%S %p}" for zone in (LOCAL_TIME, UTC))
    identity = "NT AUTHORITY\\SYSTEM"
    request = fault.request
    asked_path = urlsplit(request.url).path
    virtual_path = f"/{asked_path.split('/')[1]}" if "/" in asked_path else "/"
    domain = f"/LM/W3SVC/1/ROOT{virtual_path}-1-132819200000000000"
    # Another application's exception does not pass through MRSProxy.
    stack = "\n".join(_STACK if (fault.exception, fault.message) == MRSPROXY_IS_OFF else _STACK[1:])
    event = (
        "3005",
        "An unhandled exception has occurred.",
        local,
        utc,
        _event_guid(fault.server, number),
        "2",
        "1",
        "0",
    )
    path = (
        "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy"
        + virtual_path.replace("/", "\\")
        + "\\"
    )
    application = (domain, "Full", virtual_path, path, fault.server.partition(".")[0].upper(), "")
    process = (str(fault.process_id), "w3wp.exe", identity)
    exception = (fault.exception, f"{fault.message}\n{stack}\n")
    asked = (request.url, asked_path, request.client_address, request.user, "True", "Negotiate")
    thread = (identity, "25", identity, "False", stack)
    return (*event, *application, *process, *exception, *asked, *thread)


def _event_guid(server: str, number: int) -> str:
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{server}/{number}").hex
