"""How a command becomes a call: cmdlets, parameters, PowerShell's standard errors.

Messages and error ids are PowerShell's own. Parameter names are matched without regard to case, and cannot be
abbreviated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from moveready.lab.pipeline import ErrorRecord, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from moveready.lab.clixml import Value
    from moveready.lab.pipeline import Command
    from moveready.lab.state import LabOrganization, LabServer

_BINDING_ERROR = "System.Management.Automation.ParameterBindingException"
_COMMON = ("ErrorAction", "WarningAction", "InformationAction", "Verbose", "Debug")


class Category(IntEnum):
    """System.Management.Automation.ErrorCategory, as far as the lab needs it."""

    NOT_SPECIFIED = 0
    OPEN_ERROR = 1
    INVALID_ARGUMENT = 5
    INVALID_DATA = 6
    INVALID_OPERATION = 7
    OBJECT_NOT_FOUND = 13
    NOT_IMPLEMENTED = 11
    PARSER_ERROR = 17


class TerminatingError(Exception):
    """PowerShell's name for an error that ends the pipeline; the record is what the client gets."""

    def __init__(self, record: ErrorRecord) -> None:
        """Keep the record."""
        super().__init__(record.message)
        self.record = record


@dataclass(frozen=True, slots=True)
class Flow:
    """What one command passes on: objects to the next command, the rest to the client."""

    objects: tuple[Value, ...] = ()
    errors: tuple[ErrorRecord, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """One running command: its arguments by lower-case parameter name, its input, and the organization it works on."""

    cmdlet: SimulatedCmdlet
    given: Mapping[str, object]
    objects: tuple[Value, ...]
    organization: LabOrganization
    server: LabServer
    now: datetime

    def has(self, name: str) -> bool:
        """Whether the parameter was given, even as `$null`."""
        return name.lower() in self.given

    def switch(self, name: str) -> bool:
        """Whether a switch is on; one without a value is on."""
        return self.has(name) and self.given[name.lower()] in (True, None)

    def text(self, name: str) -> str | None:
        """The argument as text; None where it was not given or is `$null`."""
        value = self.given.get(name.lower())
        return None if value is None else shown(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """The argument as texts; a single value is a list of one."""
        value = self.given.get(name.lower())
        if value is None:
            return ()
        return tuple(map(shown, value)) if isinstance(value, list | tuple) else (shown(value),)

    def boolean(self, name: str) -> bool | None:
        """The argument as a boolean, None where it was not given; raises `TerminatingError` for anything else."""
        value = self.given.get(name.lower())
        if not self.has(name):
            return None
        if isinstance(value, bool):
            return value
        raise self.unfit(name, "System.Boolean")

    def number(self, name: str) -> int | None:
        """The argument as a whole number above zero, None without it; raises `TerminatingError` for anything else."""
        value = self.given.get(name.lower())
        if not self.has(name):
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return int(value)
        raise self.unfit(name, "System.Int64")

    def unfit(self, name: str, kind: str) -> TerminatingError:
        """The error for an argument of the wrong type."""
        message = f"Cannot bind parameter '{name}'. Cannot convert the value to type \"{kind}\"."
        return TerminatingError(self.binding_error(message, "CannotConvertArgumentNoMessage"))

    def binding_error(self, message: str, error_id: str) -> ErrorRecord:
        """A record about the arguments of this call."""
        full_id = f"{error_id},{self.cmdlet.kind}"
        return ErrorRecord(message, _BINDING_ERROR, Category.INVALID_ARGUMENT, full_id, self.cmdlet.name)


@dataclass(frozen=True, slots=True)
class SimulatedCmdlet:
    """A command that the lab knows.

    Attributes:
        name: As PowerShell spells it.
        kind: .NET type, which is part of its error ids.
        parameters: Names of all but the common ones.
        run: What it does.
        positional: Parameters that take an argument without a name, in order.
        mandatory: Parameters that it must have to run.
        is_program: Whether it is a program instead of a cmdlet; then all arguments are texts in the parameter
        `arguments`.
        takes_input: Whether it works on the objects that come through the pipeline.
    """

    name: str
    kind: str
    parameters: tuple[str, ...]
    run: Callable[[Call], Flow]
    positional: tuple[str, ...] = ()
    mandatory: tuple[str, ...] = ()
    is_program: bool = False
    takes_input: bool = False


@dataclass(frozen=True, slots=True)
class CmdletContext:
    """What every command of a pipeline works on."""

    organization: LabOrganization
    server: LabServer
    now: datetime


def run_command(cmdlet: SimulatedCmdlet, command: Command, objects: tuple[Value, ...], world: CmdletContext) -> Flow:
    """Bind the arguments, run the cmdlet, and follow -ErrorAction.

    Raises:
        TerminatingError: An argument does not fit, the cmdlet ends itself, or -ErrorAction is Stop.
    """
    if objects and not cmdlet.takes_input:
        raise TerminatingError(not_simulated(f"objects that are piped into {cmdlet.name}"))
    call = Call(cmdlet, _arguments(cmdlet, command), objects, world.organization, world.server, world.now)
    missing = [name for name in cmdlet.mandatory if not call.has(name)]
    if missing:
        named = f"one or more missing mandatory parameters: {' '.join(missing)}."
        raise TerminatingError(
            call.binding_error(f"Cannot process command because of {named}", "MissingMandatoryParameter")
        )
    flow = cmdlet.run(call)
    action = (call.text("ErrorAction") or "Continue").lower()
    if flow.errors and action == "stop":
        raise TerminatingError(flow.errors[0])
    if action in {"silentlycontinue", "ignore"}:
        return Flow(flow.objects, (), flow.warnings, flow.seconds)
    return flow


def not_recognized(name: str) -> ErrorRecord:
    """The command does not exist here; on an Exchange endpoint this is also how a missing role shows."""
    message = (
        f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program."
        " Check the spelling of the name, or if a path was included, verify that the path is correct and try again."
    )
    kind = "System.Management.Automation.CommandNotFoundException"
    return ErrorRecord(message, kind, Category.OBJECT_NOT_FOUND, "CommandNotFoundException", name)


def scripts_not_allowed(text: str) -> ErrorRecord:
    """Script text in no-language mode, with the message that servers give since KB5001779."""
    message = "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode."
    kind = "System.Management.Automation.ParseException"
    return ErrorRecord(message, kind, Category.PARSER_ERROR, "ScriptsNotAllowed", text)


def null_not_allowed(call: Call, name: str) -> TerminatingError:
    """A `$null` where a value is needed."""
    message = f"Cannot bind argument to parameter '{name}' because it is null."
    return TerminatingError(call.binding_error(message, "ParameterArgumentValidationErrorNullNotAllowed"))


def _arguments(cmdlet: SimulatedCmdlet, command: Command) -> dict[str, object]:
    """The arguments by parameter name in lower case; those without a name in the cmdlet's order."""
    if cmdlet.is_program:
        return {"arguments": [value if name is None else f"-{name}" for name, value in command.parameters]}
    known = {name.lower() for name in (*cmdlet.parameters, *_COMMON)}
    positions = iter(cmdlet.positional)
    given: dict[str, object] = {}
    for named, value in command.parameters:
        name = (next(positions, "") if named is None else named).lower()
        if name not in known:
            raise TerminatingError(_unknown_parameter(cmdlet, named, value))
        given[name] = value
    return given


def not_simulated(what: str) -> ErrorRecord:
    """The error for something that a real server may do and the lab does not; it never sounds like Windows."""
    message = f"The moveready lab does not simulate {what}."
    return ErrorRecord(
        message, "Moveready.Lab.NotSimulated", Category.NOT_IMPLEMENTED, "MovereadyLabNotSimulated", what
    )


def _unknown_parameter(cmdlet: SimulatedCmdlet, name: str | None, value: object) -> ErrorRecord:
    if name is None:
        return not_simulated(f"the argument '{shown(value)}' of {cmdlet.name} at this position")
    return not_simulated(f"-{name} of {cmdlet.name}")
