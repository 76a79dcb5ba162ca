"""`Get-Service` and `Start-Service`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MakeBench = Callable[..., Any]
REPLICATION = "MSExchangeMailboxReplication"


def status_of(lab: Any, name: str) -> str | None:
    """The status of a service."""
    (status,) = lab.texts(lab.windows(lab.command("Get-Service", Name=name)), "Status")
    return str(status)


def test_services_are_given_by_name(bench: MakeBench) -> None:
    """In the order asked for, and without names all."""
    lab = bench()

    assert lab.texts(lab.windows(lab.command("Get-Service", ["was", "W3SVC"])), "ServiceName") == ["WAS", "W3SVC"]
    assert set(lab.texts(lab.windows(lab.command("Get-Service")), "ServiceName")) >= {
        "WAS",
        "W3SVC",
        "WinRM",
        REPLICATION,
    }


def test_an_unknown_service_is_an_error_beside_the_others(bench: MakeBench) -> None:
    """It ends nothing."""
    lab = bench()
    result = lab.windows(lab.command("Get-Service", Name=["Nope", "WAS"]))

    assert result.errors[0].error_id.startswith("NoServiceFoundForGivenName,")
    assert len(result.output) == 1


def test_a_stopped_service_can_be_started(bench: MakeBench) -> None:
    """`-WhatIf` starts nothing; a service that runs stays as it is."""
    lab = bench({"services": {REPLICATION: "stopped"}})
    assert status_of(lab, REPLICATION) == "Stopped"

    assert lab.windows(lab.command("Start-Service", Name=REPLICATION, WhatIf=True)).errors == ()
    assert status_of(lab, REPLICATION) == "Stopped"
    assert lab.windows(lab.command("Start-Service", [REPLICATION.lower(), "WinRM"])).errors == ()
    assert status_of(lab, REPLICATION) == "Running"


@pytest.mark.parametrize(
    ("facts", "start_type"),
    [
        ({"state": "stopped", "start_type": "disabled"}, "Disabled"),
        ({"state": "stopped", "starts": False}, "Automatic"),
    ],
)
def test_one_that_cannot_start_is_an_error(bench: MakeBench, facts: dict[str, object], start_type: str) -> None:
    """It stays stopped, and the cmdlet says so."""
    lab = bench({"services": {REPLICATION: facts}})
    result = lab.windows(lab.command("Start-Service", REPLICATION))

    assert lab.error_id(result).startswith("CouldNotStartService,")
    assert status_of(lab, REPLICATION) == "Stopped"
    assert lab.texts(lab.windows(lab.command("Get-Service", REPLICATION)), "StartType") == [start_type]


def test_what_does_not_exist_cannot_be_started(bench: MakeBench) -> None:
    """Nor can nothing."""
    lab = bench()

    assert lab.error_id(lab.windows(lab.command("Start-Service", "Nope"))).startswith("NoServiceFoundForGivenName,")
    assert lab.error_id(lab.windows(lab.command("Start-Service", Name=None))).startswith("ParameterArgument")
