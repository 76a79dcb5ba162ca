"""The section `services:`."""

from __future__ import annotations

import pytest

from moveready.lab.sections.services import MAILBOX_REPLICATION, SERVICES, ServicesFacts, ServiceState


@pytest.mark.parametrize(
    ("facts", "runs"),
    [("running", True), ("stopped", True), ({"state": "stopped", "start_type": "disabled"}, False)],
)
def test_a_service_is_told_by_a_word_or_by_facts(facts: object, runs: bool) -> None:
    """And starts unless it is disabled."""
    state = SERVICES.begin(ServicesFacts.model_validate({MAILBOX_REPLICATION: facts}))

    assert state[MAILBOX_REPLICATION].start() is runs


def test_left_out_it_runs() -> None:
    """As on a healthy server."""
    assert SERVICES.begin(ServicesFacts.model_validate({}))[MAILBOX_REPLICATION].state is ServiceState.RUNNING
