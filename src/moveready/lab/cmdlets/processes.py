"""`Get-CimInstance -ClassName Win32_Process`: the worker processes of IIS.

Of WQL the lab knows comparisons (`=`, `<>`, `!=`, `LIKE` with `%` and `_`) joined by AND; any other filter or class is
refused in the lab's own name. Only the processes that matter here exist.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moveready.lab.clixml import Plain, Thing
from moveready.lab.cmdlets.binding import Flow, SimulatedCmdlet, TerminatingError, not_simulated
from moveready.lab.cmdlets.registry import offer_to_windows
from moveready.lab.events import LOCAL_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from moveready.lab.clixml import Value
    from moveready.lab.cmdlets.binding import Call
    from moveready.lab.state import LabServer

SERVICES_POOL = "MSExchangeServicesAppPool"
_CIM = "Microsoft.Management.Infrastructure"
_COMMAND = f"{_CIM}.CimCmdlets.GetCimInstanceCommand"
_CLASSES = ("Win32_Process", "CIM_Process", "CIM_LogicalElement", "CIM_ManagedSystemElement")
_PROPERTIES = (  # noqa: SIM905 - as one text it reads as the list it is
    "Caption Description InstallDate Name Status CreationClassName CreationDate CSCreationClassName CSName"
    " ExecutionState Handle KernelModeTime OSCreationClassName OSName Priority TerminationDate UserModeTime"
    " WorkingSetSize CommandLine ExecutablePath HandleCount MaximumWorkingSetSize MinimumWorkingSetSize"
    " OtherOperationCount OtherTransferCount PageFaults PageFileUsage ParentProcessId PeakPageFileUsage"
    " PeakVirtualSize PeakWorkingSetSize PrivatePageCount ProcessId QuotaNonPagedPoolUsage QuotaPagedPoolUsage"
    " QuotaPeakNonPagedPoolUsage QuotaPeakPagedPoolUsage ReadOperationCount ReadTransferCount SessionId ThreadCount"
    " VirtualSize WindowsVersion WriteOperationCount WriteTransferCount"
).split()
_COMPARISON = re.compile(
    r"""\s*(?P<name>\w+)\s*(?P<sign>=|<>|!=|\bLIKE\b)\s*(?P<operand>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\d+)\s*"""
    r"(?:(?P<more>AND)\s|$)",
    re.IGNORECASE,
)


def _get(call: Call) -> Flow:
    if (call.text("ClassName") or "").lower() != "win32_process":
        raise TerminatingError(not_simulated(f"the class {call.text('ClassName')} of Get-CimInstance"))
    try:
        condition = wql_condition(call.text("Filter") or "")
    except ValueError:
        raise TerminatingError(not_simulated(f"the filter {call.text('Filter')} of Get-CimInstance")) from None
    wanted = {name.lower() for name in call.texts("Property")}
    return Flow(
        tuple(
            _instance(call.server, process, wanted)
            for process in _processes(call.server, call.now)
            if condition(process)
        )
    )


def wql_condition(text: str) -> Callable[[dict[str, Value]], bool]:
    """The filter as a function of a process; an empty one fits all. Raises `ValueError` if it is not understood."""
    comparisons = list(_comparisons(text))
    return lambda process: all(_holds(_text_of(process[name]), sign, operand) for name, sign, operand in comparisons)


def _comparisons(text: str) -> Iterator[tuple[str, str, str]]:
    names = {name.lower(): name for name in _PROPERTIES}
    position, more = 0, bool(text)
    while more:
        found = _COMPARISON.match(text, position)
        if found is None or found["name"].lower() not in names:
            raise ValueError(f"not understood at {position}")
        operand = found["operand"]
        if not operand.isdigit():
            operand = re.sub(r"\\(.)", r"\1", operand[1:-1])
        yield names[found["name"].lower()], found["sign"].upper(), operand
        position, more = found.end(), found["more"] is not None


def _holds(value: str, sign: str, operand: str) -> bool:
    """Compare as WQL does, which ignores the case of texts."""
    if sign == "LIKE":
        parts = {"%": ".*", "_": "."}
        pattern = "".join(parts.get(character, re.escape(character)) for character in operand)
        return re.fullmatch(pattern, value, re.IGNORECASE | re.DOTALL) is not None
    return (value.lower() == operand.lower()) == (sign == "=")


def _text_of(value: Value) -> str:
    return value.text if isinstance(value, Plain) else str(value or "")


def _processes(server: LabServer, now: datetime) -> Iterator[dict[str, Value]]:
    """The processes of this server; IIS has none while it is down."""
    yield _process(server, "services.exe", 712, server.created_at, "C:\\Windows\\system32\\services.exe")
    if not server.iis_is_down(now):
        worker = server.worker
        yield _process(
            server, "w3wp.exe", 3980, server.created_at, _command_line("MSExchangePowerShellFrontEndAppPool")
        )
        yield _process(server, "w3wp.exe", worker.process_id, worker.started_at, _command_line(SERVICES_POOL))


def _process(server: LabServer, name: str, number: int, started_at: datetime, command_line: str) -> dict[str, Value]:
    known: dict[str, Value] = {
        "Caption": name,
        "Description": name,
        "Name": name,
        "CreationClassName": "Win32_Process",
        "CreationDate": started_at.astimezone(LOCAL_TIME),
        "CSCreationClassName": "Win32_ComputerSystem",
        "CSName": server.netbios,
        "Handle": str(number),
        "OSCreationClassName": "Win32_OperatingSystem",
        "CommandLine": command_line,
        "ExecutablePath": command_line.partition(" ")[0],
        "ProcessId": Plain("U32", str(number)),
    }
    return dict.fromkeys(_PROPERTIES) | known


def _command_line(pool: str) -> str:
    return f'c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "{pool}" -v "v4.0" -a \\\\.\\pipe\\iisipm -w "" -m 0'


def _instance(server: LabServer, process: dict[str, Value], wanted: set[str]) -> Thing:
    """A CimInstance; with -Property, the other properties except the key are `$null`."""
    name, handle = process["Name"], process["Handle"]
    keep = wanted | {"handle"} if wanted else {name.lower() for name in _PROPERTIES}
    properties = tuple((name, process[name] if name.lower() in keep else None) for name in _PROPERTIES)
    return Thing(
        (*(f"{_CIM}.CimInstance#root/cimv2/{kind}" for kind in _CLASSES), f"{_CIM}.CimInstance", "System.Object"),
        text=f'Win32_Process: {name} (Handle = "{handle}")',
        properties=(*properties, ("PSComputerName", server.netbios)),
    )


GET_CIM_INSTANCE = offer_to_windows(
    SimulatedCmdlet(
        "Get-CimInstance",
        _COMMAND,
        ("ClassName", "Filter", "Property"),
        _get,
        positional=("ClassName",),
        mandatory=("ClassName",),
    )
)
