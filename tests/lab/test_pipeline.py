"""The values between the two halves of the lab."""

from __future__ import annotations

import pytest

from moveready.lab.pipeline import Command, Endpoint, ErrorRecord, PipelineResult, shown


def test_a_result_is_empty_unless_told_otherwise() -> None:
    """A pipeline that gives nothing completes at once."""
    assert PipelineResult() == PipelineResult((), (), None, (), 0.0)


def test_a_command_is_no_script_unless_told_otherwise() -> None:
    """Scripts are what the endpoints refuse, so the default must be a command."""
    assert not Command("Get-Service").is_script


def test_an_error_needs_no_target() -> None:
    """Not every error is about an object."""
    assert ErrorRecord("m", "e", 0, "id").target is None


def test_endpoints_are_named_as_their_channels() -> None:
    """The wire half finds an endpoint by the name of its channel."""
    assert {endpoint.value for endpoint in Endpoint} == {"exchange", "windows"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "True"),
        (1.5, "1.5"),
        (["a", None, ["b"]], "a  b"),
        ({"a": 1}, "System.Collections.Hashtable"),
    ],
)
def test_values_are_shown_as_powershell_shows_them(value: object, text: str) -> None:
    """Nothing of Python comes into a text."""
    assert shown(value) == text


def test_a_commands_line_is_what_a_person_would_type() -> None:
    """Switches without a value, texts with blanks in quotes, lists with commas."""
    command = Command("Get-X", (("All", True), ("Off", False), ("Name", ["a b", None]), (None, {"a": 1})))

    assert command.line == "Get-X -All -Off $false -Name 'a b',$null System.Collections.Hashtable"
