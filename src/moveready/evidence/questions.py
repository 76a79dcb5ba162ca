"""The types that `evidence` uses to ask and `remoting` uses to send.

A question is a pipeline of cmdlets, never script text: that is what no-language mode and JEA endpoints allow, and
nothing can be injected into it. An answer is the data from the wire; it has not been read yet.

    >>> print(Pipeline.of(Cmdlet("Get-Service", Name="W3SVC"), Cmdlet("Select-Object", Property=("Name", "Status"))))
    Get-Service -Name W3SVC | Select-Object -Property Name,Status
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ParameterValue = str | int | bool | tuple[str, ...] | None
_BARE_WORD = re.compile(r"[\w.:/@%+-]+")


class Channel(Enum):
    """The three ways to ask a server; people read the value."""

    EXCHANGE = "Exchange endpoint"
    WINDOWS = "Windows endpoint"
    HTTPS = "HTTPS endpoint"


class Cmdlet:
    """One cmdlet with its positional arguments and its parameters; a parameter that is None is a switch that is on."""

    __slots__ = ("arguments", "name", "parameters")

    def __init__(self, name: str, *arguments: str, **parameters: ParameterValue) -> None:
        """Name the cmdlet and its parameters as PowerShell does."""
        self.name = name
        self.arguments = arguments
        self.parameters: Mapping[str, ParameterValue] = parameters

    def __eq__(self, other: object) -> bool:
        """Two cmdlets are equal if a person would type them in the same way."""
        return isinstance(other, Cmdlet) and str(self) == str(other)

    def __hash__(self) -> int:
        """The hash that fits this equality."""
        return hash(str(self))

    def __str__(self) -> str:
        """The line a person would type for the same."""
        return " ".join(
            [
                self.name,
                *map(_quoted, self.arguments),
                *(_typed(name, value) for name, value in self.parameters.items()),
            ]
        )


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Cmdlets joined by pipes; `fallback` is asked instead if the endpoint does not have one of them."""

    cmdlets: tuple[Cmdlet, ...]
    fallback: Pipeline | None = None

    @classmethod
    def of(cls, *cmdlets: Cmdlet, fallback: Pipeline | None = None) -> Pipeline:
        """The pipeline of these cmdlets, in this order."""
        return cls(cmdlets, fallback)

    def __str__(self) -> str:
        """The line a person would type for the same."""
        return " | ".join(map(str, self.cmdlets))


@dataclass(frozen=True, slots=True)
class Request:
    """A GET of a path of the server's HTTPS endpoint; without `logs_in` it is anonymous, and no credential is sent."""

    path: str
    logs_in: bool = True


@dataclass(frozen=True, slots=True)
class RemoteError:
    """A non-terminating error of a pipeline (MS-PSRP 2.2.2.20): its text and its fully qualified error id."""

    message: str
    error_id: str


@dataclass(frozen=True, slots=True)
class CmdletAnswer:
    """What a pipeline gave: one CLIXML text for each object (MS-PSRP 2.2.5), the errors, and the time of asking."""

    server: str
    question: str
    objects: tuple[str, ...]
    errors: tuple[RemoteError, ...]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer to an HTTPS request: header names in lower case, the first 4,096 bytes of the body as text.

    `logged_in` is True only if, in this conversation, the server asked for a login, our credential was sent, and the
    next answer was not a refusal.
    """

    server: str
    question: str
    status: int
    headers: Mapping[str, str]
    body: str
    asked_at: datetime
    logged_in: bool = False


def _typed(name: str, value: ParameterValue) -> str:
    if value is None:
        return f"-{name}"
    if isinstance(value, bool):
        return f"-{name}:${str(value).lower()}"
    if isinstance(value, tuple):
        return f"-{name} {','.join(map(_quoted, value))}"
    return f"-{name} {_quoted(str(value))}"


def _quoted(text: str) -> str:
    return text if _BARE_WORD.fullmatch(text) else "'" + text.replace("'", "''") + "'"
