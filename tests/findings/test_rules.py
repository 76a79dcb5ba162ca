"""What follows from a conclusion: commands or advice, never both at once."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import pytest

from moveready.errors import (
    AuthenticationError,
    CertificateError,
    DeadlineError,
    EvidenceError,
    MissingCommandError,
    MissingObjectError,
    TlsError,
    UnexpectedAnswerError,
    UnreachableError,
)
from moveready.evidence import Facts
from moveready.findings.rules import Rule, has_answered
from moveready.findings.verdicts import Standing, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.inventory import Server

ANSWERED = (AuthenticationError, CertificateError, MissingCommandError, MissingObjectError, UnexpectedAnswerError)
SILENT = (DeadlineError, TlsError, UnreachableError)


class Conclusion(Enum):
    """Of the service `printer`."""

    STOPPED = "printer is stopped"


def test_commands_go_before_advice(server_named: Callable[..., Server]) -> None:
    """Made for the server, one a line."""
    rule = Rule(Standing.NOT_READY, "start it", lambda server, _: ("a", f"b {server.netbios}"), "Call us.", "start")

    assert rule.verdict("PRINT", Conclusion.STOPPED, server_named(), Facts()) == Verdict(
        kb="PRINT",
        server="ex01.contoso.com",
        verdict="printer is stopped",
        standing=Standing.NOT_READY,
        next_step="start it",
        resolution="a\nb EX01",
        has_commands=True,
        remedy="start",
    )


@pytest.mark.parametrize("commands", [None, lambda *_: ()], ids=["none", "none here"])
def test_advice_stands_where_there_is_no_command(
    server_named: Callable[..., Server], commands: Callable[..., tuple[str, ...]] | None
) -> None:
    """Which may depend on the evidence."""
    rule = Rule(Standing.UNKNOWN, commands=commands, advice="Look there.")
    verdict = rule.verdict("PRINT", Conclusion.STOPPED, server_named(), Facts())

    assert (verdict.resolution, verdict.has_commands, verdict.remedy) == ("Look there.", False, None)
    assert rule.resolution_for(server_named(), Facts()) == "Look there."
    assert rule.commands_for(server_named(), Facts()) == ""


@pytest.mark.parametrize("kind", [*ANSWERED, *SILENT], ids=lambda kind: kind.__name__)
def test_who_answered_was_reached(kind: type[EvidenceError]) -> None:
    """Whoever refuses or cannot be understood is there; nobody needs to look at the network."""
    assert has_answered(kind("ex01", "channel", "happened", "do this")) is (kind in ANSWERED)
