"""A command that is not found is a role that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.doctor.finding import Result
from moveready.doctor.roles import exchange_questions, role_findings
from moveready.errors import MissingCommandError, RemoteCommandError
from moveready.evidence import Context
from moveready.evidence.questions import Cmdlet, Pipeline
from moveready.inventory import ExchangeHost
from tests.builders import NOON

if TYPE_CHECKING:
    from tests.conftest import CmdletAnswered, ServerNamed

QUESTION = Pipeline.of(Cmdlet("Get-ExchangeServer"), Cmdlet("Select-Object", Property=("Name",)))
MISSING = "The term 'Get-ExchangeServer' is not recognized as the name of a cmdlet"


def host_of(server_named: ServerNamed) -> ExchangeHost:
    """The Exchange endpoint of ex01."""
    return ExchangeHost("ex01.contoso.com", server_named().credential)


def test_questions_are_those_of_the_run(server_named: ServerNamed) -> None:
    """Of every KB, each once, and of one server."""
    context = Context(since=NOON - NOON, run="5f0c9a1e")
    lines = [str(question) for question in exchange_questions(server_named(), context)]

    assert len(lines) == len(set(lines))
    assert any(line.startswith("Get-WebServicesVirtualDirectory -ADPropertiesOnly") for line in lines)
    assert any(line.startswith("Get-WebServicesVirtualDirectory -Server ex01.contoso.com") for line in lines)


def test_a_missing_command_names_the_role(server_named: ServerNamed) -> None:
    """Once, however many questions need it."""
    error = MissingCommandError("ex01.contoso.com", "Exchange endpoint", MISSING, "See.")
    (finding,) = role_findings(host_of(server_named), [(QUESTION, error), (QUESTION, error)])

    assert finding.result is Result.PROBLEM
    assert "does not have the cmdlet Get-ExchangeServer" in finding.told
    assert "`View-Only Configuration`" in finding.next_step


def test_it_names_the_command_that_is_missing(server_named: ServerNamed) -> None:
    """Which need not be the first of its pipeline."""
    told = "The term 'Select-Object' is not recognized"
    error = MissingCommandError("ex01.contoso.com", "Exchange endpoint", told, "See.")
    (finding,) = role_findings(host_of(server_named), [(QUESTION, error)])

    assert "does not have the cmdlet Select-Object" in finding.told


def test_another_refusal_is_told_as_it_is(server_named: ServerNamed) -> None:
    """No role mends it."""
    error = RemoteCommandError("ex01.contoso.com", "Exchange endpoint", "it failed", "See the server's own words.")
    (finding,) = role_findings(host_of(server_named), [(QUESTION, error)])

    assert (finding.result, finding.told) == (Result.PROBLEM, "it failed")


def test_answers_show_that_the_roles_are_there(server_named: ServerNamed, cmdlet_answer: CmdletAnswered) -> None:
    """Whatever they say."""
    (finding,) = role_findings(host_of(server_named), [(QUESTION, cmdlet_answer())])

    assert finding.result is Result.GOOD
