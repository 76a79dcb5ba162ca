"""Commands that change the output of others: `Select-Object`, `ForEach-Object -MemberName`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.lab.clixml import Thing
from moveready.lab.cmdlets.binding import Flow, SimulatedCmdlet
from moveready.lab.cmdlets.registry import offer_to_exchange, offer_to_windows

if TYPE_CHECKING:
    from moveready.lab.clixml import Value
    from moveready.lab.cmdlets.binding import Call

_CORE = "Microsoft.PowerShell.Commands"


def _select(call: Call) -> Flow:
    """Each object as a PSCustomObject with these note properties; a missing property is `$null`."""
    names = call.texts("Property")
    objects = call.objects[: call.number("First")]
    return Flow(tuple(_selected(value, names) for value in objects) if names else objects)


def _selected(value: Value, names: tuple[str, ...]) -> Thing:
    thing = value if isinstance(value, Thing) else Thing(("System.String", "System.Object"))
    # The name that a CIM class adds behind `#` is no .NET type, and Select-Object names the .NET type.
    kind = thing.types[0].partition("#")[0]
    types = (f"Selected.{kind}", "System.Management.Automation.PSCustomObject", "System.Object")
    return Thing(types, notes=tuple((thing.spelling(name), thing.member(name)) for name in names))


def _for_each(call: Call) -> Flow:
    """The member of each object, property or method; `$null` for an object without it."""
    name = call.text("MemberName") or ""
    return Flow(tuple(value.member(name) if isinstance(value, Thing) else None for value in call.objects))


SELECT_OBJECT = SimulatedCmdlet(
    "Select-Object",
    f"{_CORE}.SelectObjectCommand",
    ("Property", "First"),
    _select,
    positional=("Property",),
    takes_input=True,
)
FOR_EACH_OBJECT = SimulatedCmdlet(
    "ForEach-Object",
    f"{_CORE}.ForEachObjectCommand",
    ("MemberName",),
    _for_each,
    positional=("MemberName",),
    mandatory=("MemberName",),
    takes_input=True,
)
for _cmdlet in (SELECT_OBJECT, FOR_EACH_OBJECT):
    offer_to_windows(_cmdlet)
# No role gives it: the fleet file says whether the Exchange endpoint has it.
offer_to_exchange(SELECT_OBJECT)
