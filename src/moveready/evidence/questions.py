"""The words between who asks (`evidence`) and who carries the question (`remoting`).

A question is a pipeline of cmdlets, never script text: that is what no-language mode and JEA endpoints allow, and
nothing can be injected into it. An answer is what came over the wire, unread.

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
    """The three ways to ask a server; the value is what people read."""

    EXCHANGE = "Exchange endpoint"
    WINDOWS = "Windows endpoint"
    HTTPS = "HTTPS endpoint"


class Cmdlet:
    """One cmdlet with its positional arguments and its parameters; one that is None is a switch that is given."""

    __slots__ = ("arguments", "name", "parameters")

    def __init__(self, name: str, *arguments: str, **parameters: ParameterValue) -> None:
        """Name the cmdlet and its parameters as PowerShell does."""
        self.name = name
        self.arguments = arguments
        self.parameters: Mapping[str, ParameterValue] = parameters

    def __eq__(self, other: object) -> bool:
        """Cmdlets that a person would type alike are the same."""
        return isinstance(other, Cmdlet) and str(self) == str(other)

    def __hash__(self) -> int:
        """As equality has it."""
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
    """Cmdlets joined by pipes; `fallback` is asked instead where the endpoint lacks one of them."""

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
    """A GET of a path of the server's HTTPS endpoint; without `logs_in` as anybody, so that no credential is sent."""

    path: str
    logs_in: bool = True


@dataclass(frozen=True, slots=True)
class RemoteError:
    """A non-terminating error of a pipeline (MS-PSRP 2.2.2.20): its text and its fully qualified error id."""

    message: str
    error_id: str


@dataclass(frozen=True, slots=True)
class CmdletAnswer:
    """What a pipeline gave: one CLIXML text an object (MS-PSRP 2.2.5), the errors beside them, when it was asked."""

    server: str
    question: str
    objects: tuple[str, ...]
    errors: tuple[RemoteError, ...]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What an HTTPS request gave: header names in lower case, the first 4,096 bytes of the body as text.

    `logged_in` is True only where, in this very conversation, the server asked for a login, our credential was sent in
    answer, and what came then is no refusal.
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
