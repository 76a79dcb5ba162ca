"""Pipelines as a whole: who may run what, and how objects flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moveready.lab.pipeline import Command

MakeBench = Callable[..., Any]
NO_LANGUAGE = "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode."


def test_scripts_are_refused_in_both_endpoints(bench: MakeBench) -> None:
    """Commands and parameters only, with the words of real servers, and nothing runs."""
    lab, script = bench(), Command("Get-Service | Stop-Service", is_script=True)

    assert lab.exchange(script).failure.message == NO_LANGUAGE
    assert lab.windows(lab.command("iisreset"), script).failure.error_id == "ScriptsNotAllowed"
    assert lab.server.iis_generation == 0


@pytest.mark.parametrize(
    ("roles", "known"),
    [
        (["View-Only Configuration"], {"Get-WebServicesVirtualDirectory", "Get-ExchangeServer"}),
        (
            ["Exchange Virtual Directories"],
            {"Get-WebServicesVirtualDirectory", "Set-WebServicesVirtualDirectory"},
        ),
        (["Exchange Servers"], {"Get-ExchangeServer", "Set-ServerComponentState"}),
        ([], set()),
    ],
)
def test_a_missing_role_hides_its_commands(bench: MakeBench, roles: list[str], known: set[str]) -> None:
    """A command that no role gives is not recognized; it is not denied."""
    lab = bench(rbac=roles)
    names = (
        "Get-WebServicesVirtualDirectory Set-WebServicesVirtualDirectory Get-ExchangeServer Set-ServerComponentState"
    )
    ids = {name: lab.exchange(lab.command(name)).failure for name in names.split()}

    hidden = {name for name, failure in ids.items() if failure and failure.error_id == "CommandNotFoundException"}
    assert set(ids) - hidden == known


def test_windows_commands_are_unknown_to_exchange_and_the_other_way_round(bench: MakeBench) -> None:
    """Each endpoint has its own commands."""
    lab = bench()

    assert "'Get-Service' is not recognized" in lab.exchange(lab.command("Get-Service")).failure.message
    assert lab.windows(lab.command("Get-ExchangeServer")).failure.target == "Get-ExchangeServer"


def test_an_endpoint_may_refuse_select_object(bench: MakeBench) -> None:
    """Then the whole pipeline is refused, and full objects are the way."""
    lab = bench(select_object=False)
    select = lab.command("Select-Object", Property=["Name"])

    assert lab.exchange(lab.command("Get-ExchangeServer"), select).failure.target == "Select-Object"
    assert lab.windows(lab.command("Get-Service"), select).failure is None


def test_names_of_commands_have_no_case_and_programs_an_extension(bench: MakeBench) -> None:
    """`IISRESET.EXE` is `iisreset`."""
    lab = bench()

    assert lab.windows(lab.command("IISRESET.EXE")).failure is None
    assert lab.server.iis_generation == 1


def test_objects_flow_and_errors_stay(bench: MakeBench) -> None:
    """What the first command complains about is told although the second runs."""
    lab = bench()
    result = lab.windows(
        lab.command("Get-Service", Name=["W3SVC", "Nope"]), lab.command("Select-Object", Property="Name")
    )

    assert (lab.texts(result, "Name"), len(result.errors)) == (["W3SVC"], 1)


def test_a_failure_ends_the_pipeline_and_keeps_what_was_told(bench: MakeBench) -> None:
    """Errors before the end are still told; objects on their way are lost."""
    lab = bench()
    result = lab.windows(lab.command("Get-Service", "Nope"), lab.command("Select-Object", First="x"))

    assert result.output == ()
    assert result.errors[0].target == "Nope"
    assert result.failure.error_id.startswith("CannotConvertArgument")


def test_time_and_warnings_come_through(bench: MakeBench) -> None:
    """How long the real command takes is part of the result."""
    lab = bench({"restart": {"takes": "30s"}, "flag": "on"})
    unchanged = lab.exchange(
        lab.command("Set-WebServicesVirtualDirectory", "EX01\\EWS*", MRSProxyEnabled=True, Force=True, Confirm=False)
    )

    assert "no settings" in unchanged.warnings[0]
    assert lab.windows(lab.command("iisreset")).seconds == 30.0


def test_what_the_lab_does_not_know_it_refuses_in_its_own_name(bench: MakeBench) -> None:
    """Never in words that look like those of Windows: there the command may well exist."""
    lab = bench()
    refused = lab.exchange(lab.command("Get-MailboxDatabase"))

    assert refused.failure.message == "The moveready lab does not simulate Get-MailboxDatabase."
    parameter = lab.exchange(lab.command("Set-WebServicesVirtualDirectory", Identity="x", BasicAuthentication=True))
    assert parameter.failure.message == (
        "The moveready lab does not simulate -BasicAuthentication of Set-WebServicesVirtualDirectory."
    )


def test_pipeline_input_is_never_ignored(bench: MakeBench) -> None:
    """What a cmdlet of the lab does not work on is refused, and nothing is changed."""
    lab = bench({"services": {"MSExchangeMailboxReplication": "stopped"}})
    piped = lab.command("Get-Service", "MSExchangeMailboxReplication"), lab.command("Start-Service", Name="WinRM")
    refused = lab.windows(*piped)

    assert refused.failure.message == ("The moveready lab does not simulate objects that are piped into Start-Service.")


def test_every_error_tells_the_command_it_comes_from(bench: MakeBench) -> None:
    """Its place in the pipeline, whether it ended the pipeline or not."""
    lab = bench()
    get, select = lab.command("Get-Service", Name="Nope"), lab.command("Select-Object", Property=["Name"])
    unknown = lab.command("Get-Nothing")

    (error,) = lab.windows(get, select).errors
    assert (error.invocation.command, error.invocation.position, error.invocation.length) == (get, 1, 2)
    assert lab.windows(get, unknown).failure.invocation.position == 2
    stopped = lab.command("Get-Service", Name="Nope", ErrorAction="Stop")
    assert lab.windows(stopped).failure.invocation.command == stopped


def test_no_error_shows_a_value_as_python_writes_it(bench: MakeBench) -> None:
    """A list is shown as PowerShell shows it."""
    lab = bench()

    assert "'a b'" in lab.windows(lab.command("Get-WinEvent", LogName=["a", "b"])).failure.message.replace('"', "'")
