"""Rules: what follows from each conclusion that a KB draws about a server. Pure.

A KB keeps its rules as a table by its conclusions, `RULES`, and its `judge` finds the conclusion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.errors import AuthenticationError, CertificateError, RemoteCommandError, UnexpectedAnswerError
from moveready.findings.verdicts import Standing, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import Enum

    from moveready.evidence import Facts
    from moveready.inventory import Server

    Commands = Callable[[Server, Facts], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows from a conclusion: in the table, for whoever repairs it, and for the fixer.

    Attributes:
        standing: What it means for the server.
        next_step: A few words for a table.
        commands: What repairs it, made from the evidence, one a line; None where no command does.
        advice: What repairs it where no command does, whole sentences.
        remedy: Name of the fixer's remedy.
    """

    standing: Standing
    next_step: str = ""
    commands: Commands | None = None
    advice: str = ""
    remedy: str | None = None

    def commands_for(self, server: Server, facts: Facts) -> str:
        """The commands, one a line; "" where there is none."""
        return "\n".join(self.commands(server, facts)) if self.commands else ""

    def resolution_for(self, server: Server, facts: Facts) -> str:
        """The commands, or else the advice."""
        return self.commands_for(server, facts) or self.advice

    def verdict(self, kb: str, conclusion: Enum, server: Server, facts: Facts) -> Verdict:
        """The verdict on the server; the value of the conclusion is what people read."""
        commands = self.commands_for(server, facts)
        return Verdict(
            kb=kb,
            server=server.name,
            verdict=conclusion.value,
            standing=self.standing,
            next_step=self.next_step,
            resolution=commands or self.advice,
            has_commands=bool(commands),
            remedy=self.remedy,
        )


def has_answered(error: object) -> bool:
    """Whether the server was reached, though it gave no evidence: it refused, or answered what cannot be read."""
    return isinstance(error, AuthenticationError | CertificateError | RemoteCommandError | UnexpectedAnswerError)
