"""The two controls of MRS-SVC, on evidence."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from checks import test_mrs_svc_service_stopped as kb
from moveready.collection.bounds import Bounds
from moveready.findings.controls import control_of
from moveready.fixer.verify import check_again
from moveready.inventory import Phase, load_inventory
from moveready.kb.mrs_svc.service import MrsService, StartType, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.lab.server import Lab


CHECKS = (kb.test_mailbox_replication_runs, kb.test_mailbox_replication_starts_by_itself)


def service(status: Status = Status.RUNNING, start_type: StartType = StartType.AUTOMATIC) -> MrsService:
    """The service of ex01."""
    return MrsService(
        server="ex01.contoso.com",
        status=status,
        start_type=start_type,
        question="Get-Service",
        asked_at=datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
    )


def test_the_service_must_run() -> None:
    """Whatever its start type."""
    kb.test_mailbox_replication_runs(service(start_type=StartType.MANUAL))
    with pytest.raises(AssertionError, match="is Stopped, should be Running"):
        kb.test_mailbox_replication_runs(service(Status.STOPPED))


def test_the_service_must_start_by_itself() -> None:
    """Whether it runs or not."""
    kb.test_mailbox_replication_starts_by_itself(service(Status.STOPPED))
    with pytest.raises(AssertionError, match="is Manual, should be Automatic"):
        kb.test_mailbox_replication_starts_by_itself(service(start_type=StartType.MANUAL))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ("passed", "passed")),
        ({"services": {"MSExchangeMailboxReplication": "stopped"}}, ("failed", "passed")),
        ({"services": {"MSExchangeMailboxReplication": {"start_type": "manual"}}}, ("passed", "failed")),
        ({"down": ["windows"]}, ("error", "error")),
    ],
)
def test_each_cause_fails_its_own_control(
    lab_with: Callable[..., Lab], facts: dict[str, object], expected: tuple[str, ...]
) -> None:
    """At the wire."""
    inventory = load_inventory(lab_with(**facts).inventory_file, os.environ)
    found = check_again(inventory.servers[0], CHECKS, inventory, Bounds(server_timeout=20))

    assert tuple(outcome.result.value for outcome in found.outcomes) == expected


@pytest.mark.parametrize("check", CHECKS)
def test_both_are_asked_while_moving_alone(check: object) -> None:
    """An idle server needs no such service of ours."""
    control = control_of(check)

    assert control is not None
    assert control.phases == (Phase.MOVING,)
