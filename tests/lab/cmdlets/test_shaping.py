"""`Select-Object` and `ForEach-Object`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MakeBench = Callable[..., Any]


def test_selected_objects_are_psobjects_with_notes(bench: MakeBench) -> None:
    """Types `Selected.*`, note properties, and no `ToString` of the original."""
    lab = bench()
    result = lab.exchange(lab.command("Get-ExchangeServer"), lab.command("Select-Object", Property=["Fqdn", "edition"]))
    root = lab.element(result.output[0])

    assert [one.text for one in root.iterfind("TN/T")] == [
        "Selected.Microsoft.Exchange.Data.Directory.Management.ExchangeServer",
        "System.Management.Automation.PSCustomObject",
        "System.Object",
    ]
    assert [child.tag for child in root] == ["TN", "MS"]
    assert [child.get("N") for child in root.find("MS")] == ["Fqdn", "Edition"]
    assert root.findtext("MS/Obj/ToString") == "StandardEvaluation"


def test_what_an_object_lacks_is_null(bench: MakeBench) -> None:
    """An unknown property is `$null` under the name that was asked for."""
    lab = bench()
    result = lab.windows(lab.command("Get-Service", "WAS"), lab.command("Select-Object", "Nope"))

    assert lab.element(result.output[0]).find("MS/Nil").get("N") == "Nope"


def test_a_cim_class_is_no_net_type(bench: MakeBench) -> None:
    """Select-Object names the .NET type, without what CIM puts behind `#`."""
    lab = bench()
    result = lab.windows(lab.command("Get-CimInstance", "Win32_Process"), lab.command("Select-Object", "Name"))

    assert lab.element(result.output[0]).findtext("TN/T") == "Selected.Microsoft.Management.Infrastructure.CimInstance"


def test_first_takes_the_first_as_they_are(bench: MakeBench) -> None:
    """Without -Property objects stay what they are."""
    lab = bench()
    whole = lab.windows(lab.command("Get-Service"))
    first = lab.windows(lab.command("Get-Service"), lab.command("Select-Object", First=1))

    assert first.output == whole.output[:1]


def test_texts_can_be_selected_from(bench: MakeBench) -> None:
    """The output of a program is text, and text lacks the property."""
    lab = bench()
    result = lab.windows(lab.command("iisreset"), lab.command("Select-Object", Property="Name"))

    assert lab.element(result.output[0]).findtext("TN/T") == "Selected.System.String"


def test_for_each_gives_the_member(bench: MakeBench) -> None:
    """A property, or `$null` of what has none."""
    lab = bench()
    names = lab.windows(lab.command("Get-Service", "WAS"), lab.command("ForEach-Object", MemberName="DisplayName"))
    nothing = lab.windows(lab.command("iisreset"), lab.command("ForEach-Object", MemberName="Name"))

    assert names.output == ("<S>Windows Process Activation Service</S>",)
    assert set(nothing.output) == {"<Nil />"}
