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


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """The parts of a PowerShell ErrorRecord that the wire half needs (MS-PSRP 2.2.3.15).

    Attributes:
        message: The text for people.
        exception: Full type name of the exception.
        category: Number of System.Management.Automation.ErrorCategory.
        error_id: The fully qualified error id, `Id,Namespace.CommandType`.
        target: Name of the object the error is about.
    """

    message: str
    exception: str
    category: int
    error_id: str
    target: str | None = None


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
