"""A finding: what was looked at, the result, and what to do next; and the exit code of all findings. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.errors import DeadlineError
from moveready.gate.exit_code import NOT_EVALUATED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moveready.errors import EvidenceError

NOTHING_FOUND = 0
HINDRANCE = 1

_WAIT_LONGER = "Is the service behind this port overloaded or hanging? Ask again, or wait longer with --timeout."


class Result(Enum):
    """What came of looking; people read the value."""

    GOOD = "ok"
    NOTE = "note"
    """Worth knowing; it stops no run."""
    UNKNOWN = "unknown"
    """It could not be found out."""
    PROBLEM = "problem"
    """A run would end with an error because of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor.

    Attributes:
        looked_at: What was looked at: a server with its endpoint, a credential, a file.
        result: What came of it.
        told: What was found, a sentence without its full stop.
        next_step: What to do about it, in whole sentences; "" if there is nothing to do.
    """

    looked_at: str
    result: Result
    told: str
    next_step: str = ""

    def __str__(self) -> str:
        """The whole line, with nothing in it that could harm a terminal."""
        line = f"{self.result.value:<8} {self.looked_at}: {self.told}. {self.next_step}"
        return " ".join(cleaned(line).split("\n")).rstrip()


def finding_from(error: EvidenceError) -> Finding:
    """The finding about an endpoint that gave this error; if only the time was too short, nothing is known."""
    where = f"{error.server}, {error.channel}"
    if isinstance(error, DeadlineError):
        return Finding(where, Result.UNKNOWN, error.happened, _WAIT_LONGER)
    return Finding(where, Result.PROBLEM, error.happened, error.next_step)


def exit_code_of(findings: Iterable[Finding]) -> int:
    """As a run ends: 1 for a problem, 10 if something is unknown and nothing is a problem, else 0."""
    results = {finding.result for finding in findings}
    if Result.PROBLEM in results:
        return HINDRANCE
    return NOT_EVALUATED if Result.UNKNOWN in results else NOTHING_FOUND
