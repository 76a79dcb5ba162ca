"""Records and states as PowerShell sends them, and what a server tells about itself when a pool opens. Pure.

The parts of a record and their order are those of MS-PSRP 2.2.3.15 and its example, with the later `HResult`,
`HistoryId`, `PSScriptRoot` and `PSCommandPath` of PowerShell 5.1. Numbers in HResult are those of .NET's `corerror.h`
(`COR_E_EXCEPTION` and so on). Inferred: the numbers of Exchange's exceptions, and how a cmdlet's MyCommand looks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from psrpcore import types as ps

from moveready.lab.clixml import Plain, Thing, enum_value
from moveready.lab.pipeline import ErrorRecord

if TYPE_CHECKING:
    from moveready.lab.clixml import Value
    from moveready.lab.pipeline import Invocation

_BASES = ("System.Exception", "System.Object")
_SYSTEM = ("System.SystemException", *_BASES)
_RUNTIME = ("System.Management.Automation.RuntimeException", *_SYSTEM)
_EXCHANGE = ("Microsoft.Exchange.Data.Common.LocalizedException", *_BASES)
_BASES_OF = {
    "System.Exception": ("System.Object",),
    "System.ArgumentException": _SYSTEM,
    "System.InvalidOperationException": _SYSTEM,
    "System.NullReferenceException": _SYSTEM,
    "System.Runtime.InteropServices.COMException": (
        "System.Runtime.InteropServices.ExternalException",
        *_SYSTEM,
    ),
    "Microsoft.PowerShell.Commands.ServiceCommandException": _SYSTEM,
    "System.Management.Automation.ItemNotFoundException": (
        "System.Management.Automation.SessionStateException",
        *_RUNTIME,
    ),
}
_EXCEPTION, _SYSTEM_EXCEPTION = 0x80131500, 0x80131501
_NUMBERS = {
    "System.ArgumentException": 0x80070057,
    "System.InvalidOperationException": 0x80131509,
    "System.NullReferenceException": 0x80004003,
}
_TOLD_NUMBER = re.compile(r"HRESULT: 0x([0-9A-F]{8})")
_AUTOMATION = "System.Management.Automation"
_CATEGORIES = {category.value: category.name for category in ps.ErrorCategory}
_STOPPED = ErrorRecord(
    "The pipeline has been stopped.",
    f"{_AUTOMATION}.PipelineStoppedException",
    ps.ErrorCategory.OperationStopped.value,
    "PipelineStopped",
)


def pipeline_state(state: int, failure: ErrorRecord | None = None, *, tells_invocation: bool = False) -> Thing:
    """The message PIPELINE_STATE (MS-PSRP 2.2.2.21)."""
    why: tuple[tuple[str, Value], ...] = ()
    if failure is not None:
        why = (("ExceptionAsErrorRecord", error_record(failure, tells_invocation=tells_invocation)),)
    return Thing((), notes=(("PipelineState", state), *why))


def stopped_state() -> Thing:
    """PIPELINE_STATE of a pipeline that was stopped."""
    return pipeline_state(ps.PSInvocationState.Stopped.value, _STOPPED)


def warning_record(message: str) -> Thing:
    """The message WARNING_RECORD (MS-PSRP 2.2.2.22, 2.2.3.16)."""
    return Thing(
        (f"{_AUTOMATION}.WarningRecord", f"{_AUTOMATION}.InformationalRecord", "System.Object"),
        text=message,
        notes=(("InformationalRecord_Message", message), ("InformationalRecord_SerializeInvocationInfo", False)),
    )


def error_record(error: ErrorRecord, *, tells_invocation: bool) -> Thing:
    """The message ERROR_RECORD (MS-PSRP 2.2.2.20, 2.2.3.15).

    Args:
        error: What went wrong.
        tells_invocation: Whether the client asked for InvocationInfo (RemoteStreamOptions, MS-PSRP 2.2.3.8).
    """
    extended = tells_invocation and error.invocation is not None
    details = _extended_info(error.invocation) if extended and error.invocation else ()
    return Thing(
        (f"{_AUTOMATION}.ErrorRecord", "System.Object"),
        text=error.message,
        notes=(
            ("Exception", _exception(error)),
            ("TargetObject", error.target),
            ("FullyQualifiedErrorId", error.error_id),
            ("InvocationInfo", None if error.invocation is None else _invocation_info(error.invocation)),
            *_category(error),
            ("SerializeExtendedInfo", extended),
            *details,
        ),
    )


def hresult_of(exception: str, message: str) -> int:
    """The number of an exception, signed as .NET has it; a COMException tells its own in its message."""
    told = _TOLD_NUMBER.search(message)
    of_system = "System.SystemException" in _bases_of(exception)
    number = int(told[1], 16) if told else _NUMBERS.get(exception, _SYSTEM_EXCEPTION if of_system else _EXCEPTION)
    return number - (1 << 32) if number >> 31 else number


def _bases_of(exception: str) -> tuple[str, ...]:
    usual = _RUNTIME if exception.startswith("System.Management.Automation.") else _BASES
    return _BASES_OF.get(exception, _EXCHANGE if exception.startswith("Microsoft.Exchange.") else usual)


def _exception(error: ErrorRecord) -> Thing:
    return Thing(
        (error.exception, *_bases_of(error.exception)),
        text=f"{error.exception}: {error.message}",
        properties=(
            ("Message", error.message),
            ("Data", Thing(("System.Collections.ListDictionaryInternal", "System.Object"), entries=())),
            ("InnerException", None),
            ("TargetSite", None),
            ("StackTrace", None),
            ("HelpLink", None),
            ("Source", None),
            ("HResult", hresult_of(error.exception, error.message)),
        ),
    )


def _category(error: ErrorRecord) -> tuple[tuple[str, Value], ...]:
    """Why and about what; PowerShell's activity is the name of the command."""
    activity = error.invocation.command.name if error.invocation else ""
    reason = error.exception.rpartition(".")[2]
    target, kind = (error.target, "String") if error.target is not None else ("", "")
    return (
        ("ErrorCategory_Category", int(error.category)),
        ("ErrorCategory_Activity", activity),
        ("ErrorCategory_Reason", reason),
        ("ErrorCategory_TargetName", target),
        ("ErrorCategory_TargetType", kind),
        ("ErrorCategory_Message", f"{_CATEGORIES[error.category]}: ({target}:{kind}) [{activity}], {reason}"),
    )


def _invocation_info(invocation: Invocation) -> Thing:
    """A command that came over PSRP is in no script: it has no line, no position and no file."""
    return Thing(
        (f"{_AUTOMATION}.InvocationInfo", "System.Object"),
        text=f"{_AUTOMATION}.InvocationInfo",
        properties=(
            ("MyCommand", invocation.command.name),
            ("BoundParameters", _bound(invocation)),
            ("UnboundArguments", _unbound(invocation)),
            ("ScriptLineNumber", 0),
            ("OffsetInLine", 0),
            ("HistoryId", Plain("I64", "1")),
            ("ScriptName", ""),
            ("Line", ""),
            ("PositionMessage", ""),
            ("PSScriptRoot", ""),
            ("PSCommandPath", None),
            ("InvocationName", invocation.command.name),
            ("PipelineLength", invocation.length),
            ("PipelinePosition", invocation.position),
            ("ExpectingInput", invocation.position > 1),
            ("CommandOrigin", "Runspace"),
            ("DisplayScriptPosition", None),
        ),
    )


def _extended_info(invocation: Invocation) -> tuple[tuple[str, Value], ...]:
    """MS-PSRP 2.2.3.15.1; the last properties tell of the command itself."""
    name = invocation.command.name
    counts: tuple[Value, ...] = (0,) * (invocation.length + 1)
    return (
        ("InvocationInfo_BoundParameters", _bound(invocation)),
        ("InvocationInfo_CommandOrigin", enum_value(f"{_AUTOMATION}.CommandOrigin", "Runspace", 0)),
        ("InvocationInfo_ExpectingInput", invocation.position > 1),
        ("InvocationInfo_InvocationName", name),
        ("InvocationInfo_Line", ""),
        ("InvocationInfo_OffsetInLine", 0),
        ("InvocationInfo_HistoryId", Plain("I64", "1")),
        ("InvocationInfo_PipelineIterationInfo", _list_of(("System.Int32[]", "System.Array"), counts)),
        ("InvocationInfo_PipelineLength", invocation.length),
        ("InvocationInfo_PipelinePosition", invocation.position),
        ("InvocationInfo_PSScriptRoot", ""),
        ("InvocationInfo_PSCommandPath", None),
        ("InvocationInfo_PositionMessage", ""),
        ("InvocationInfo_ScriptLineNumber", 0),
        ("InvocationInfo_ScriptName", ""),
        ("InvocationInfo_UnboundArguments", _unbound(invocation)),
        ("SerializeExtent", False),
        ("CommandInfo_CommandType", enum_value(f"{_AUTOMATION}.CommandTypes", "Cmdlet", 8)),
        ("CommandInfo_Definition", name),
        ("CommandInfo_Name", name),
        ("CommandInfo_Visibility", enum_value(f"{_AUTOMATION}.SessionStateEntryVisibility", "Public", 0)),
        ("PipelineIterationInfo", _list_of((f"{_COLLECTION}[[System.Int32, {_MSCORLIB}]]",), counts)),
        ("PSMessageDetails", None),
    )


_MSCORLIB = "mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089"
_COLLECTION = "System.Collections.ObjectModel.ReadOnlyCollection`1"
_GENERIC = "System.Collections.Generic"


def _bound(invocation: Invocation) -> Thing:
    kind = f"{_GENERIC}.Dictionary`2[[System.String, {_MSCORLIB}],[System.Object, {_MSCORLIB}]]"
    kinds = (f"{_AUTOMATION}.PSBoundParametersDictionary", kind, "System.Object")
    named = tuple((name, _sent(value)) for name, value in invocation.command.parameters if name is not None)
    return Thing(kinds, entries=named)


def _unbound(invocation: Invocation) -> Thing:
    values = tuple(_sent(value) for name, value in invocation.command.parameters if name is None)
    return _list_of((f"{_GENERIC}.List`1[[System.Object, {_MSCORLIB}]]",), values)


def _list_of(kinds: tuple[str, ...], values: tuple[Value, ...]) -> Thing:
    return Thing((*kinds, "System.Object"), items=values)


def _sent(value: object) -> Value:
    """An argument, as `Command` has it, on its way back to the client."""
    if isinstance(value, list | tuple):
        return _list_of(("System.Collections.ArrayList",), tuple(map(_sent, value)))
    if isinstance(value, dict):
        pairs = tuple((_sent(key), _sent(one)) for key, one in value.items())
        return Thing(("System.Collections.Hashtable", "System.Object"), entries=pairs)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def private_data() -> Thing:
    """APPLICATION_PRIVATE_DATA (MS-PSRP 2.2.2.13): `$PSVersionTable` of Windows Server 2016, as recorded."""
    kinds = ("System.Version[]", "System.Array")
    compatible = ("1.0", "2.0", "3.0", "4.0", "5.0", "5.1.14393.2248")
    table = _primitive_dictionary(
        ("PSVersion", _version("5.1.14393.2248")),
        ("PSEdition", "Desktop"),
        ("PSCompatibleVersions", _list_of(kinds, tuple(map(_version, compatible)))),
        ("CLRVersion", _version("4.0.30319.42000")),
        ("BuildVersion", _version("10.0.14393.2248")),
        ("WSManStackVersion", _version("3.0")),
        ("PSRemotingProtocolVersion", _version("2.3")),
        ("SerializationVersion", _version("1.1.0.1")),
    )
    return Thing((), notes=(("ApplicationPrivateData", _primitive_dictionary(("PSVersionTable", table))),))


def _primitive_dictionary(*entries: tuple[str, Value]) -> Thing:
    kinds = (f"{_AUTOMATION}.PSPrimitiveDictionary", "System.Collections.Hashtable", "System.Object")
    return Thing(kinds, entries=entries)


def _version(text: str) -> Plain:
    return Plain("Version", text)
