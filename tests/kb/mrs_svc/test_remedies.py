"""What starts the service, and what is left to people."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from moveready.errors import RemoteCommandError
from moveready.evidence import Facts
from moveready.evidence.questions import Channel, Cmdlet
from moveready.fixer.executor import RemoteExecutor
from moveready.fixer.planning import load_remedies
from moveready.fixer.readings import Reading
from moveready.fixer.remedies import Finding, Remedy, kb_of_remedy, remedy_named
from moveready.inventory import FixPolicy, load_inventory
from moveready.kb import load_rooms
from moveready.kb.mrs_svc.remedies import STATE
from moveready.kb.mrs_svc.verdicts import REMEDY, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.inventory import Server
    from moveready.lab.server import Lab

load_rooms()
load_remedies()
SERVICE = "MSExchangeMailboxReplication"


@pytest.fixture
def remedy() -> Remedy:
    """The one remedy of this KB."""
    found = remedy_named(REMEDY)
    assert found is not None
    return found


def finding_of(server: Server, state: str) -> Finding:
    """A server whose service is in that state."""
    return Finding(
        server=server,
        verdict=judge(server, Facts()),
        outcomes=(),
        policy=FixPolicy(),
        reading=Reading(where=SERVICE, value=state),
        major_version=15,
    )


def executor_of(lab: Lab) -> tuple[RemoteExecutor, Server]:
    """An executor for a lab, and its server."""
    inventory = load_inventory(lab.inventory_file, os.environ)
    return RemoteExecutor(inventory.organization, 20, 20, "0123abcd"), inventory.servers[0]


def test_it_starts_the_service_and_looks(server_named: Callable[..., Server], remedy: Remedy) -> None:
    """Nothing restarts."""
    actions = remedy.changes(finding_of(server_named(), "Stopped"))

    assert [action.text for action in actions] == [
        f"Start-Service -Name {SERVICE}",
        f"read back The state of {SERVICE}, expect Running",
    ]
    assert not remedy.restarts
    assert kb_of_remedy(REMEDY) == "MRS-SVC"


@pytest.mark.parametrize("state", ["Running", "Paused", "StartPending", "StopPending"])
def test_only_a_service_that_is_stopped_is_started(
    server_named: Callable[..., Server], remedy: Remedy, state: str
) -> None:
    """Anything else is another finding by now."""
    assert remedy.refusal(finding_of(server_named(), "Stopped")) == ""
    assert remedy.refusal(finding_of(server_named(), state)) == f"the service is {state} by now"


@pytest.mark.parametrize(("starts", "after"), [(True, "Running"), (False, "Stopped")])
def test_the_state_is_read_at_the_server(lab_with: Callable[..., Lab], starts: bool, after: str) -> None:
    """Before and after; a service that does not start is an error of its cmdlet."""
    lab = lab_with(services={SERVICE: {"state": "stopped", "starts": starts}})
    executor, server = executor_of(lab)
    before = executor.read(STATE, server)
    try:
        executor.run(server, Channel.WINDOWS, Cmdlet("Start-Service", Name=SERVICE))
    except RemoteCommandError:
        assert not starts

    assert (before.where, before.value) == (SERVICE, "Stopped")
    assert executor.read(STATE, server).value == after


@pytest.mark.parametrize("start_type", ["disabled", "automatic"])
def test_a_service_that_was_disabled_meanwhile_reads_differently(
    lab_with: Callable[..., Lab], remedy: Remedy, start_type: str
) -> None:
    """So that neither the plan nor its precondition lets it be started."""
    executor, server = executor_of(lab_with(services={SERVICE: {"state": "stopped", "start_type": start_type}}))
    value = executor.read(STATE, server).value
    may = start_type == "automatic"

    assert value == ("Stopped" if may else "Stopped, start type Disabled")
    assert (remedy.refusal(finding_of(server, str(value))) == "") is may


def test_a_trial_changes_nothing(lab_with: Callable[..., Lab], remedy: Remedy) -> None:
    """`-WhatIf` shows a missing right, and starts nothing."""
    executor, server = executor_of(lab_with(services={SERVICE: "stopped"}))
    trial = remedy.changes(finding_of(server, "Stopped"))[0].trial
    assert trial is not None
    executor.run(server, trial.channel, trial.command)

    assert executor.read(STATE, server).value == "Stopped"
    assert trial.rights == "Make the account a local administrator of the server."
