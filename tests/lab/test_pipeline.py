"""The values between the two halves of the lab."""

from __future__ import annotations

from moveready.lab.pipeline import Command, Endpoint, ErrorRecord, PipelineResult


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
