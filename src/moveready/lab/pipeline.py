"""What a client sends in one PSRP pipeline, and what the lab answers: plain values between the lab's two halves.

The wire half (`wsman`, `psrp`) turns bytes into `Command`s and a `PipelineResult` into bytes; the state half
(`cmdlets`) works out the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Endpoint(Enum):
    """The PSRP endpoint that a pipeline runs in."""

    EXCHANGE = "exchange"
    """`Microsoft.Exchange`: no-language mode, the commands that the account's roles give it."""
    WINDOWS = "windows"
    """`Microsoft.PowerShell`: Windows' own commands."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a pipeline (MS-PSRP 2.2.3.11 and 2.2.3.12).

    Attributes:
        name: Name of the command, or the text of the script.
        parameters: Name (without dash; None for a positional argument) and plain Python value; a switch is
            True.
        is_script: Whether `name` is script text.
    """

    name: str
    parameters: tuple[tuple[str | None, object], ...] = ()
    is_script: bool = False

    @property
    def line(self) -> str:
        """The command as a person would type it."""
        return " ".join([self.name, *(_argument_of(name, value) for name, value in self.parameters)])


@dataclass(frozen=True, slots=True)
class Invocation:
    """Which command of a pipeline something comes from (MS-PSRP 2.2.3.15.1).

    Attributes:
        command: The command, as the client sent it.
        position: Its place in the pipeline; the first is 1.
        length: How many commands the pipeline has.
    """

    command: Command
    position: int = 1
    length: int = 1


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """The parts of a PowerShell ErrorRecord that the wire half needs (MS-PSRP 2.2.3.15).

    Attributes:
        message: The text for people.
        exception: Full type name of the exception.
        category: Number of System.Management.Automation.ErrorCategory.
        error_id: The fully qualified error id, `Id,Namespace.CommandType`.
        target: Name of the object the error is about.
        invocation: The command that it comes from; None if it comes from none.
    """

    message: str
    exception: str
    category: int
    error_id: str
    target: str | None = None
    invocation: Invocation | None = None


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """The results of a pipeline.

    Attributes:
        output: Raw CLIXML of each object (`<Obj ...>`, `<S>..</S>`), one PIPELINE_OUTPUT each, untouched.
        errors: Non-terminating errors, one ERROR_RECORD each.
        failure: The terminating error; the pipeline ends `Failed`.
        warnings: Texts, one WARNING_RECORD each.
        seconds: How long the real command takes before it answers.
    """

    output: tuple[str, ...] = ()
    errors: tuple[ErrorRecord, ...] = ()
    failure: ErrorRecord | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


def shown(value: object) -> str:
    """A value as PowerShell writes it into a text: lists with blanks between the elements, nothing for `$null`."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " ".join(map(shown, value))
    return "System.Collections.Hashtable" if isinstance(value, dict) else str(value)


def _argument_of(name: str | None, value: object) -> str:
    if name is None:
        return _word_of(value)
    return f"-{name}" if value is True else f"-{name} {_word_of(value)}"


def _word_of(value: object) -> str:
    if isinstance(value, bool):
        return f"${str(value).lower()}"
    if value is None:
        return "$null"
    if isinstance(value, list):
        return ",".join(_word_of(element) for element in value)
    text = shown(value)
    return f"'{text}'" if " " in text else text
