"""RBAC roles on the Exchange endpoint: a cmdlet that is *not found* there means that its role is missing.

Exchange shows an account only the cmdlets that its management roles give, so a missing role is never an "access
denied" (field observation). The questions are those of the run: what every declared subject asks through Exchange.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.doctor.finding import Finding, Result
from moveready.errors import MissingCommandError, RemoteCommandError
from moveready.evidence import Context, OrganizationSubject, Scope, ServerSubject, declared
from moveready.kb import load_rooms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from moveready.evidence.questions import CmdletAnswer, Pipeline
    from moveready.inventory import ExchangeHost, Server

_READING = "View-Only Configuration"
"""The role that gives every cmdlet that a run sends (documented for Get-WebServicesVirtualDirectory)."""


def exchange_questions(server: Server, context: Context) -> list[Pipeline]:
    """Everything that a run asks through Exchange, with this server as the only one, each question once."""
    load_rooms()
    asked: list[object] = []
    for subject in declared():
        if isinstance(subject, OrganizationSubject):
            asked += subject.ask(context)
        elif isinstance(subject, ServerSubject) and subject.scope is Scope.EXCHANGE:
            asked += subject.ask(server, context)
    return list(dict.fromkeys(asked))  # type: ignore[arg-type] # of these scopes they are pipelines


def role_findings(
    host: ExchangeHost, answers: Iterable[tuple[Pipeline, CmdletAnswer | RemoteCommandError]]
) -> Iterator[Finding]:
    """A finding for each role that is missing, and for each other refusal; or one that the roles are there. Pure."""
    where = f"{host.name}, RBAC roles"
    refusals = [(question, answer) for question, answer in answers if isinstance(answer, RemoteCommandError)]
    found = dict.fromkeys(_of_refusal(where, question, refusal) for question, refusal in refusals)
    yield from found
    if not found:
        yield Finding(where, Result.GOOD, f"the account has what a run needs (`{_READING}`)")


def _of_refusal(where: str, question: Pipeline, refusal: RemoteCommandError) -> Finding:
    if not isinstance(refusal, MissingCommandError):
        return Finding(where, Result.PROBLEM, refusal.happened, refusal.next_step)
    names = [cmdlet.name for cmdlet in question.cmdlets]
    name = next((name for name in names if name in refusal.happened), names[0])
    return Finding(
        where,
        Result.PROBLEM,
        f"the account does not have the cmdlet {name}, so a management role is missing",
        f"Give it the role `{_READING}`, for example by the role group View-Only Organization Management.",
    )
