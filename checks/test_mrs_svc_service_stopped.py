"""MRS-SVC: moves fail, because the Mailbox Replication service of a server does not run.

Each argument is evidence; if it is missing, the check ends as an error before its first line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.findings.controls import control
from moveready.inventory import Phase
from moveready.kb.mrs_svc import SOURCE

if TYPE_CHECKING:
    from moveready.kb.mrs_svc import MrsService

WHILE_MOVING = (Phase.MOVING,)


@control(
    "MRS-SVC-1",
    title="The Mailbox Replication service runs",
    severity="critical",
    cause="The service MSExchangeMailboxReplication of the server does not run.",
    remedy="start-mailbox-replication",
    source=SOURCE,
    phases=WHILE_MOVING,
)
def test_mailbox_replication_runs(mrs_service: MrsService) -> None:
    """The Windows service MSExchangeMailboxReplication is running."""
    assert mrs_service.runs, mrs_service.message()


@control(
    "MRS-SVC-2",
    title="The Mailbox Replication service starts by itself",
    severity="medium",
    cause="The service MSExchangeMailboxReplication will not run after the next restart of the server.",
    source=SOURCE,
    phases=WHILE_MOVING,
)
def test_mailbox_replication_starts_by_itself(mrs_service: MrsService) -> None:
    """The start type of MSExchangeMailboxReplication is automatic, delayed or not."""
    assert mrs_service.starts_by_itself, mrs_service.start_message()
