"""Every error that moveready raises, sorted by where the fault lies.

    MovereadyError
    ├── FileError                   your file: a list of mistakes, each with file, line and hint
    │   ├── InventoryError          the inventory
    │   ├── FleetFileError          a simulated fleet of the lab
    │   ├── RunFileError            a recorded run.json
    │   ├── GateFileError           a gate.json
    │   └── PlanFileError           a fixer's plan or journal
    ├── EvidenceError               a fact that a server did not give
    │   ├── UnreachableError        the path: name, port, connection
    │   │   └── TlsError            the path: the TLS handshake
    │   │       └── CertificateError the path: the certificate is not trusted, has expired, or is for another name
    │   ├── DeadlineError           the path: no answer in time
    │   ├── AuthenticationError     the path: the server does not accept who we are
    │   ├── RunInterruptedError     the run: it was interrupted before the server answered
    │   ├── RemoteCommandError      the server: it said no
    │   │   └── MissingCommandError the server: it does not know the command (on Exchange: a missing RBAC role)
    │   └── UnexpectedAnswerError   the answer: it came, but cannot be judged
    │       ├── MissingObjectError  the answer: the object asked for is not in it
    │       ├── RedirectError       the answer: it points elsewhere
    │       └── ShortLogError       the answer: the log does not reach back far enough
    ├── InternalError               moveready: our own code failed; this says nothing about the server
    ├── FixError                    the fixer stopped: a server is not as the plan or the article says
    ├── LockHeldError               another fixer works on this organization
    └── LabError                    the lab itself

An `EvidenceError` is never a pass and never a violation: its control ends as `error`. The control of an `InternalError`
ends as `error` too, and the run ends with exit code 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned

if TYPE_CHECKING:
    from collections.abc import Sequence


class MovereadyError(Exception):
    """The base of all errors that moveready raises on purpose; its text is written for people."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, counted from 1; line 0 means the file as a whole."""

    file: Path
    line: int

    def __str__(self) -> str:
        """`file:line`, as editors and CI systems link it."""
        return f"{self.file}:{self.line}" if self.line else str(self.file)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a file: where, what, and what to write instead."""

    place: Place
    problem: str
    hint: str

    def __str__(self) -> str:
        """One line: `file:line: problem. Hint.`."""
        return f"{self.place}: {self.problem}. {self.hint}"


class FileError(MovereadyError):
    """One of your files has mistakes; all of them are reported at once."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        """Keep the mistakes in the order of the file."""
        super().__init__(mistakes)
        self.mistakes = tuple(mistakes)

    def __str__(self) -> str:
        """One line for each mistake."""
        return "\n".join(str(mistake) for mistake in self.mistakes)


class InventoryError(FileError):
    """The inventory has mistakes."""


class FleetFileError(FileError):
    """The file of a simulated fleet has mistakes."""


class RunFileError(FileError):
    """A recorded `run.json` cannot be read back."""


class GateFileError(FileError):
    """A `gate.json` cannot be read back."""


class PlanFileError(FileError):
    """A fixer's plan or journal cannot be read back."""


class EvidenceError(MovereadyError):
    """A server did not give a fact.

    Attributes:
        server: FQDN of the server that was asked.
        channel: How it was asked: `Exchange endpoint`, `Windows endpoint` or `HTTPS endpoint`, with the address.
        happened: What happened, a sentence without its full stop.
        next_step: What to do about it, in whole sentences.
    """

    def __init__(self, server: str, channel: str, happened: str, next_step: str) -> None:
        """Keep the four fields; the sentence is built from them."""
        super().__init__(server, channel, happened, next_step)
        self.server = server
        self.channel = channel
        # They may quote the server.
        self.happened = cleaned(happened)
        self.next_step = cleaned(next_step)

    def __str__(self) -> str:
        """`server, channel: what happened. What to do next.`."""
        return f"{self.server}, {self.channel}: {self.happened}. {self.next_step}"


class UnreachableError(EvidenceError):
    """No connection: the name does not resolve, the port refuses, the connection broke."""


class TlsError(UnreachableError):
    """The connection was made, but the TLS handshake failed: no TLS on that port, or no common version of it."""


class CertificateError(TlsError):
    """The server's certificate is refused: its authority is not trusted, it has expired, or it is for another name."""


class DeadlineError(EvidenceError):
    """The server did not answer before the deadline."""


class AuthenticationError(EvidenceError):
    """The server does not accept the credential, or the credential cannot be used."""


class RunInterruptedError(EvidenceError):
    """The run was interrupted before the server answered; says nothing about the server."""


class RemoteCommandError(EvidenceError):
    """The server understood the question and refused it."""


class MissingCommandError(RemoteCommandError):
    """The server does not know the command; on an Exchange endpoint this is how a missing RBAC role shows."""


class UnexpectedAnswerError(EvidenceError):
    """An answer came that cannot be judged."""


class MissingObjectError(UnexpectedAnswerError):
    """The answer does not have the object that was asked for. Missing is never read as False."""


class RedirectError(UnexpectedAnswerError):
    """The answer points elsewhere. Redirects are never followed."""


class ShortLogError(UnexpectedAnswerError):
    """The event log does not reach back far enough to say that an event is absent."""


class InternalError(MovereadyError):
    """Code of moveready failed; nothing is known about the server.

    Attributes:
        server: FQDN.
        crash: What was raised and where, for developers of moveready; not part of the sentence.
    """

    def __init__(self, server: str, crash: str) -> None:
        """Keep both fields; the sentence is built from them."""
        super().__init__(server, crash)
        self.server = server
        self.crash = crash

    def __str__(self) -> str:
        """What failed, and what to do."""
        return (
            f"{self.server}: moveready itself failed here; this says nothing about the server."
            " Please report it, with what `crash` says in run.json."
        )


class FixError(MovereadyError):
    """The fixer stopped at a server.

    Attributes:
        server: FQDN.
        happened: What happened, a sentence without its full stop.
        next_step: What to do about it, in whole sentences.
    """

    def __init__(self, server: str, happened: str, next_step: str) -> None:
        """Keep the three fields; the sentence is built from them."""
        super().__init__(server, happened, next_step)
        self.server = server
        # They may quote the server.
        self.happened = cleaned(happened)
        self.next_step = cleaned(next_step)

    def __str__(self) -> str:
        """`server: what happened. What to do next.`."""
        return f"{self.server}: {self.happened}. {self.next_step}"


class LockHeldError(MovereadyError):
    """Another fixer works on this organization; `holder` describes it, `file` is its lock."""

    def __init__(self, organization: str, holder: str, file: Path) -> None:
        """Keep the three fields; the sentence is built from them."""
        super().__init__(organization, holder, file)
        self.organization = organization
        self.holder = holder
        self.file = file

    def __str__(self) -> str:
        """Who holds it, and what to do."""
        holder = self.holder or "a process that has just begun"
        return f"another fixer works on {self.organization}: {holder} ({self.file}). Wait for it, or end that process."


class LabError(MovereadyError):
    """The lab could not do what it was asked to."""
