"""Records and states as PowerShell sends them."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from moveready.lab.clixml import rendered
from moveready.lab.pipeline import Command, ErrorRecord, Invocation
from moveready.lab.records import (
    error_record,
    hresult_of,
    pipeline_state,
    private_data,
    stopped_state,
    warning_record,
)

ERROR = ErrorRecord(
    "There is no <W3SVX>.\x01",
    "Microsoft.PowerShell.Commands.ServiceCommandException",
    13,
    "NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand",
    "W3SVX",
    Invocation(Command("Get-Service", (("Name", ["W3SVX", {"a": None}]), (None, True))), 2, 3),
)
# The parts of the example in MS-PSRP 2.2.3.15, and those that PowerShell 5.1 has added.
PARTS = (
    "Exception TargetObject FullyQualifiedErrorId InvocationInfo ErrorCategory_Category ErrorCategory_Activity"
    " ErrorCategory_Reason ErrorCategory_TargetName ErrorCategory_TargetType ErrorCategory_Message"
    " SerializeExtendedInfo"
)
EXTENDED_PARTS = (
    "InvocationInfo_BoundParameters InvocationInfo_CommandOrigin InvocationInfo_ExpectingInput"
    " InvocationInfo_InvocationName InvocationInfo_Line InvocationInfo_OffsetInLine InvocationInfo_HistoryId"
    " InvocationInfo_PipelineIterationInfo InvocationInfo_PipelineLength InvocationInfo_PipelinePosition"
    " InvocationInfo_PSScriptRoot InvocationInfo_PSCommandPath InvocationInfo_PositionMessage"
    " InvocationInfo_ScriptLineNumber InvocationInfo_ScriptName InvocationInfo_UnboundArguments SerializeExtent"
    " CommandInfo_CommandType CommandInfo_Definition CommandInfo_Name CommandInfo_Visibility PipelineIterationInfo"
    " PSMessageDetails"
)


def written(error: ErrorRecord, *, tells_invocation: bool = True) -> ET.Element:
    """The record on the wire."""
    return ET.fromstring(rendered(error_record(error, tells_invocation=tells_invocation)))


def test_a_record_has_the_parts_of_the_specification_in_their_order() -> None:
    """Type names, then the text, then the properties; the command only where the client asked for it."""
    record, short = written(ERROR), written(ERROR, tells_invocation=False)

    assert [part.tag for part in record] == ["TN", "ToString", "MS"]
    assert [part.get("N") for part in record[2]] == [*PARTS.split(), *EXTENDED_PARTS.split()]
    assert [part.get("N") for part in short[2]] == PARTS.split()


def test_an_exception_has_its_bases_and_its_number() -> None:
    """`HResult` is signed, control characters are escaped, and `ToString` starts with the type."""
    exception = written(ERROR).find("MS/Obj[@N='Exception']")

    assert exception is not None
    kinds = [kind.text for kind in exception.iterfind("TN/T")]
    assert kinds == [ERROR.exception, "System.SystemException", "System.Exception", "System.Object"]
    parts = [part.get("N") for part in exception.iterfind("Props/*")]
    assert parts == ["Message", "Data", "InnerException", "TargetSite", "StackTrace", "HelpLink", "Source", "HResult"]
    assert exception.findtext("Props/I32[@N='HResult']") == "-2146233087"
    assert exception.findtext("ToString") == f"{ERROR.exception}: There is no <W3SVX>._x0001_"


def test_the_category_is_told_as_people_read_it() -> None:
    """PowerShell shows this line behind `CategoryInfo`."""
    message = written(ERROR).findtext("MS/S[@N='ErrorCategory_Message']")

    assert message == "ObjectNotFound: (W3SVX:String) [Get-Service], ServiceCommandException"


def test_the_command_is_told_with_its_place_and_its_arguments() -> None:
    """Named arguments are bound parameters; the others are a list."""
    notes = {part.get("N"): part for part in written(ERROR)[2]}
    bound, unbound = notes["InvocationInfo_BoundParameters"], notes["InvocationInfo_UnboundArguments"]

    assert [part.text for part in bound.iter("S")] == ["Name", "W3SVX", "a"]
    assert [part.text for part in unbound.iter("B")] == ["true"]
    assert notes["InvocationInfo_PipelinePosition"].text == "2"
    assert [part.text for part in notes["PipelineIterationInfo"].iter("I32")] == ["0"] * 4


def test_an_error_of_no_command_and_about_nothing_is_whole() -> None:
    """It has no activity and no target."""
    record = written(replace(ERROR, target=None, invocation=None))

    assert record.find("MS/Nil[@N='InvocationInfo']") is not None
    assert record.findtext("MS/S[@N='ErrorCategory_Message']") == "ObjectNotFound: (:) [], ServiceCommandException"


@pytest.mark.parametrize(
    ("exception", "number"),
    [
        ("System.Exception", 0x80131500),
        ("System.ArgumentException", 0x80070057),
        ("System.Management.Automation.ItemNotFoundException", 0x80131501),
        ("Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException", 0x80131500),
    ],
)
def test_an_exception_has_the_number_of_its_kind(exception: str, number: int) -> None:
    """As .NET's header has it, signed."""
    assert hresult_of(exception, "m") == number - 2**32


def test_a_com_exception_has_the_number_of_its_message() -> None:
    """Every COMException has its own."""
    message = "The object is not valid. (Exception from HRESULT: 0x800710D8)"

    assert hresult_of("System.Runtime.InteropServices.COMException", message) == 0x800710D8 - 2**32


def test_states_have_no_types() -> None:
    """A recorded PIPELINE_STATE, letter by letter."""
    assert rendered(pipeline_state(4)) == '<Obj RefId="0"><MS><I32 N="PipelineState">4</I32></MS></Obj>'


def test_a_stopped_pipeline_says_why_it_ended() -> None:
    """State 3, with the exception that PowerShell gives."""
    stopped = ET.fromstring(rendered(stopped_state()))

    assert stopped.findtext("MS/I32[@N='PipelineState']") == "3"
    assert stopped.findtext("MS/Obj/MS/S[@N='FullyQualifiedErrorId']") == "PipelineStopped"


def test_a_warning_is_an_informational_record() -> None:
    """MS-PSRP 2.2.3.16: the text twice, and whether its command is told."""
    warning = ET.fromstring(rendered(warning_record("careful")))

    assert warning.findtext("TN/T") == "System.Management.Automation.WarningRecord"
    assert warning.findtext("MS/S[@N='InformationalRecord_Message']") == "careful"
    assert warning.findtext("MS/B[@N='InformationalRecord_SerializeInvocationInfo']") == "false"


def test_the_private_data_is_what_a_recorded_server_told() -> None:
    """The names of `$PSVersionTable`, in their order, and the versions as versions."""
    table = ET.fromstring(rendered(private_data())).find("MS/Obj/DCT/En/Obj/DCT")

    assert table is not None
    names = (
        "PSVersion PSEdition PSCompatibleVersions CLRVersion BuildVersion WSManStackVersion PSRemotingProtocolVersion"
        " SerializationVersion"
    )
    assert " ".join(str(entry[0].text) for entry in table) == names
    assert [version.text for version in table.iterfind("En/Version")][:1] == ["5.1.14393.2248"]
