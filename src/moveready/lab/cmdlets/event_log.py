"""`Get-WinEvent` on the Application log. Pure.

Filters run here as on a server. No match is an error, as on a server: `NoMatchingEventsFound`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from moveready.lab.clixml import Plain, Thing
from moveready.lab.cmdlets.binding import Category, Flow, SimulatedCmdlet, TerminatingError
from moveready.lab.cmdlets.registry import offer_to_windows
from moveready.lab.events import LOCAL_TIME, WARNING, record_xml
from moveready.lab.pipeline import ErrorRecord
from moveready.lab.xpath import condition_from

if TYPE_CHECKING:
    from moveready.lab.cmdlets.binding import Call
    from moveready.lab.events import LogRecord
    from moveready.lab.xpath import Condition

_COMMAND = "Microsoft.PowerShell.Commands.GetWinEventCommand"
_READER = "System.Diagnostics.Eventing.Reader"
_APPLICATION = "application"


def _get(call: Call) -> Flow:
    if call.has("FilterXml") == call.has("LogName"):
        message = "Parameter set cannot be resolved using the specified named parameters."
        raise TerminatingError(call.binding_error(message, "AmbiguousParameterSet"))
    records = _filtered(call) if call.has("FilterXml") else _whole_log(call)
    if not call.switch("Oldest"):
        records.reverse()
    found = records[: call.number("MaxEvents")]
    if not found:
        return Flow(errors=(_no_match(),))
    return Flow(tuple(_record_object(record, call.server.fqdn) for record in found))


def _whole_log(call: Call) -> list[LogRecord]:
    name = call.text("LogName") or ""
    if name.lower() != _APPLICATION:
        message = f'There is not an event log on the localhost computer that matches "{name}".'
        error_id = f"NoMatchingLogsFound,{_COMMAND}"
        raise TerminatingError(ErrorRecord(message, "System.Exception", Category.OBJECT_NOT_FOUND, error_id, name))
    return list(call.server.log)


def _filtered(call: Call) -> list[LogRecord]:
    """The records that match a Select of the query and no Suppress."""
    try:
        takes, leaves = _conditions(call)
    except (ValueError, ET.ParseError):
        kind = f"{_READER}.EventLogException"
        error = ErrorRecord("The specified query is invalid", kind, Category.NOT_SPECIFIED, f"{kind},{_COMMAND}")
        raise TerminatingError(error) from None
    return [record for record in call.server.log if _fits(_element_of(record, call), takes, leaves)]


def _element_of(record: LogRecord, call: Call) -> ET.Element:
    return ET.fromstring(record_xml(record, call.server.fqdn))  # noqa: S314 - written here


def _fits(event: ET.Element, takes: list[Condition], leaves: list[Condition]) -> bool:
    return any(takes_it(event) for takes_it in takes) and not any(leaves_it(event) for leaves_it in leaves)


def _conditions(call: Call) -> tuple[list[Condition], list[Condition]]:
    """The filters of the QueryList; raises `ValueError` or `ParseError` if it is not understood."""
    queries = ET.fromstring(call.text("FilterXml") or "")  # noqa: S314 - expat bounds entity expansion
    if queries.tag != "QueryList":
        raise ValueError("a QueryList was expected")
    found: dict[str, list[Condition]] = {"Select": [], "Suppress": []}
    for query in queries:
        for part in query:
            path = part.get("Path", query.get("Path", ""))
            if part.tag not in found or path.lower() != _APPLICATION:
                raise ValueError("only Select and Suppress on the Application log are known")
            found[part.tag].append(condition_from(part.text or "", call.now))
    return found["Select"], found["Suppress"]


def _no_match() -> ErrorRecord:
    message = "No events were found that match the specified selection criteria."
    return ErrorRecord(message, "System.Exception", Category.OBJECT_NOT_FOUND, f"NoMatchingEventsFound,{_COMMAND}")


def _record_object(record: LogRecord, computer: str) -> Thing:
    """An EventLogRecord with the properties that are sent: the XML is, the list of data values is not."""
    return Thing(
        (f"{_READER}.EventLogRecord", f"{_READER}.EventRecord", "System.Object"),
        text=f"{_READER}.EventLogRecord",
        properties=(
            ("Id", record.event_id),
            ("Version", Plain("By", "0")),
            ("Level", Plain("By", str(record.level))),
            ("Task", 3),
            ("Keywords", Plain("I64", str(0x80000000000000))),
            ("RecordId", Plain("I64", str(record.number))),
            ("ProviderName", record.provider),
            ("ProviderId", None),
            ("LogName", "Application"),
            ("ProcessId", None),
            ("ThreadId", None),
            ("MachineName", computer),
            ("UserId", None),
            ("TimeCreated", record.recorded_at.astimezone(LOCAL_TIME)),
            ("LevelDisplayName", "Warning" if record.level == WARNING else "Information"),
        ),
        notes=(("Message", None),),
        methods=(("ToXml", record_xml(record, computer)),),
    )


GET_WIN_EVENT = offer_to_windows(
    SimulatedCmdlet(
        "Get-WinEvent", _COMMAND, ("FilterXml", "LogName", "Oldest", "MaxEvents"), _get, positional=("LogName",)
    )
)
