"""The executor over the wire, against a lab."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from moveready.errors import (
    DeadlineError,
    EvidenceError,
    MissingCommandError,
    RemoteCommandError,
    UnexpectedAnswerError,
)
from moveready.evidence.mrsproxy_endpoint import EndpointKind
from moveready.evidence.questions import Channel, Cmdlet
from moveready.fixer.executor import RemoteExecutor, utc_now
from moveready.fixer.planning import load_remedies
from moveready.inventory import load_inventory
from moveready.kb import load_rooms
from moveready.kb.kb3063913.remedies import FLAG, RUNNING
from moveready.lab.faults import Fault, FaultKind
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.inventory import Server

    LabWith = Callable[..., Lab]

EX01, EX02 = "ex01.contoso.com", "ex02.contoso.com"
IDENTITY = r"EX01\EWS (Default Web Site)"
HANG = Fault(FaultKind.HANG)
load_rooms()
load_remedies()


def executor_of(lab: Lab, seconds: float = 10, restart_seconds: float = 10) -> tuple[RemoteExecutor, Server]:
    """An executor for a lab, and its ex01."""
    inventory = load_inventory(lab.inventory_file, os.environ)
    return RemoteExecutor(inventory.organization, seconds, restart_seconds, "0123abcd"), inventory.server(EX01)


def set_flag(value: bool) -> Cmdlet:
    """Set ex01's flag."""
    return Cmdlet(
        "Set-WebServicesVirtualDirectory", Identity=IDENTITY, MRSProxyEnabled=value, Force=None, Confirm=False
    )


def test_a_flag_is_set_and_read_back(lab_with: LabWith) -> None:
    """By its identity, of the domain controller that was named."""
    executor, ex01 = executor_of(lab_with({"name": EX01, "flag": False}, {"name": EX02}))
    first = executor.read(FLAG, ex01)
    executor.run(ex01, Channel.EXCHANGE, set_flag(True))
    second = executor.read(FLAG, ex01, first.where, first.domain_controller)

    assert first.where == IDENTITY
    assert first.domain_controller
    assert (first.value, second.value) == (False, True)


@pytest.mark.parametrize("channel", list(Channel), ids=lambda channel: channel.name.lower())
def test_silence_is_bounded_for_the_fixer_too(lab_with: LabWith, channel: Channel) -> None:
    """Whatever it asks or changes, by the same option as the checks."""
    lab = lab_with()
    for name in ("exchange", "windows", "https"):
        lab.inject(EX01, name, Fault(FaultKind.SILENT))
    inventory = load_inventory(lab.inventory_file, os.environ)
    executor = RemoteExecutor(inventory.organization, 120, 120, "0123abcd", 0.5)
    ex01 = inventory.server(EX01)

    with pytest.raises(DeadlineError, match=r"said nothing for 0\.5 s"):
        executor.endpoint(ex01) if channel is Channel.HTTPS else executor.run(ex01, channel, set_flag(True))


def test_of_all_objects_only_its_own_is_taken(lab_with: LabWith) -> None:
    """Exchange gives all of them for an identity that it does not know."""
    executor, ex01 = executor_of(lab_with({"name": EX01, "flag": False}, {"name": EX02}))

    assert executor.read(FLAG, ex01, "mistyped").value is False


@pytest.mark.parametrize(("worker", "value"), [("on", True), ("off", False)])
def test_what_the_running_application_has_is_read(lab_with: LabWith, worker: str, value: bool) -> None:
    """By its endpoint, whatever the flag is."""
    executor, ex01 = executor_of(lab_with(worker=worker))

    assert executor.read(RUNNING, ex01).value is value


def test_an_answer_that_is_neither_on_nor_off_is_told_in_its_words(lab_with: LabWith) -> None:
    """So nothing takes it for one of them."""
    executor, ex01 = executor_of(lab_with(endpoint="503"))

    assert executor.read(RUNNING, ex01).value == "the MRS service or a back end does not answer"


@pytest.mark.parametrize(("version", "major"), [("15.2 (Build 1748.10)", 15), ("14.3 (Build 123.4)", 14)])
def test_the_version_is_asked_for_once(lab_with: LabWith, version: str, major: int) -> None:
    """No version changes in a run; Exchange 2010, whose answers name nobody, is believed by it."""
    lab = lab_with({"name": EX01, "version": version}, {"name": EX02})
    executor, ex01 = executor_of(lab)
    found = [executor.major_version(ex01) for _ in range(3)]

    assert found == [major] * 3
    assert executor.endpoint(ex01).kind is EndpointKind.ALIVE
    assert sum("Get-WebServicesVirtualDirectory" in what for what in lab.log.commands()) == 1


def test_where_the_version_cannot_be_read_the_strict_rule_holds(lab_with: LabWith) -> None:
    """An answer without the server's name proves nothing then."""
    lab = lab_with({"name": EX01, "version": "14.3 (Build 123.4)"}, {"name": EX02})
    for server in (EX01, EX02):
        lab.inject(server, "exchange", Fault(FaultKind.DROP))
    executor, ex01 = executor_of(lab)

    assert executor.endpoint(ex01).kind is EndpointKind.UNPROVEN


def test_a_restart_is_seen(lab_with: LabWith) -> None:
    """Services run again, and a newer worker process serves the flag."""
    executor, ex01 = executor_of(lab_with(flag=True, worker="off"))
    before = executor.worker_started_at(ex01)
    assert executor.endpoint(ex01).kind is EndpointKind.MRSPROXY_OFF
    executor.run(ex01, Channel.WINDOWS, Cmdlet("iisreset"))

    assert executor.is_running(ex01)
    assert executor.endpoint(ex01).kind is EndpointKind.ALIVE
    assert executor.worker_started_at(ex01) > before


def test_a_server_that_dies_does_not_run(lab_with: LabWith) -> None:
    """Its services are stopped, and no health check answers."""
    executor, ex01 = executor_of(lab_with(restart={"outcome": "dies"}))
    assert executor.is_in_service(ex01)
    with pytest.raises(EvidenceError):
        _reset_and_look(executor, ex01)

    assert not executor.is_in_service(ex01)


def _reset_and_look(executor: RemoteExecutor, server: Server) -> None:
    executor.run(server, Channel.WINDOWS, Cmdlet("iisreset"))
    if not executor.is_running(server):
        executor.worker_started_at(server)


def test_the_health_check_follows_the_component(lab_with: LabWith) -> None:
    """Out and in again."""
    executor, ex01 = executor_of(lab_with())
    seen = []
    for state in ("Inactive", "Active"):
        parameters = {"Identity": EX01, "Component": "EwsProxy", "State": state, "Requester": "Maintenance"}
        executor.run(ex01, Channel.EXCHANGE, Cmdlet("Set-ServerComponentState", **parameters))
        seen.append(executor.is_in_service(ex01))

    assert seen == [False, True]


@pytest.mark.parametrize("state", ["Inactive", "Active"])
def test_the_state_of_a_component_is_read(lab_with: LabWith, state: str) -> None:
    """Of that component of that server, whoever holds it; another component stays as it was."""
    executor, ex01 = executor_of(lab_with({"name": EX01}, {"name": EX02}))
    parameters = {"Identity": EX01, "Component": "EwsProxy", "State": state, "Requester": "HealthApi"}
    executor.run(ex01, Channel.EXCHANGE, Cmdlet("Set-ServerComponentState", **parameters))

    assert executor.component_is_active(ex01, "EwsProxy") is (state == "Active")
    assert executor.component_is_active(ex01, "OwaProxy")


@pytest.mark.parametrize(
    "clixml",
    [
        "<S>Active</S>",
        "<Obj><Props><S N='ServerFqdn'>ex02</S><S N='Component'>EwsProxy</S><S N='State'>Active</S></Props></Obj>",
        "<Obj><Props><S N='ServerFqdn'>ex01.contoso.com</S><S N='Component'>EwsProxy</S></Props></Obj>",
    ],
    ids=["no object", "another server", "no state"],
)
def test_a_state_that_cannot_be_read_is_no_state(lab_with: LabWith, clixml: str) -> None:
    """It is an error, never taken for inactive or active."""
    lab = lab_with()
    executor, ex01 = executor_of(lab)
    lab.inject(EX01, "exchange", Fault(FaultKind.CLIXML, clixml=clixml))

    with pytest.raises(UnexpectedAnswerError, match="the state of EwsProxy cannot be judged"):
        executor.component_is_active(ex01, "EwsProxy")


def test_what_is_not_allowed_is_told(tmp_path: Path) -> None:
    """A missing role shows as a missing command; whatever else is refused, too."""
    fleet = fleet_from(servers=[{"name": EX01}], rbac=["View-Only Configuration"])
    with Lab(fleet, folder=tmp_path) as lab:
        executor, ex01 = executor_of(lab)

        with pytest.raises(MissingCommandError):
            executor.run(ex01, Channel.EXCHANGE, set_flag(True))
        with pytest.raises(RemoteCommandError):
            executor.run(ex01, Channel.WINDOWS, Cmdlet("Set-Unheard"))


def test_a_restart_may_take_longer_than_a_question(lab_with: LabWith) -> None:
    """`iisreset` takes minutes on a busy server; a question does not."""
    lab = lab_with()
    executor, ex01 = executor_of(lab, seconds=10, restart_seconds=0.5)
    lab.inject(EX01, "windows", HANG)

    with pytest.raises(DeadlineError, match=r"0\.5 s"):
        executor.run(ex01, Channel.WINDOWS, Cmdlet("iisreset"))


def test_time_is_utc() -> None:
    """Plans and journals are compared across time zones."""
    assert utc_now().utcoffset() is not None


def test_nothing_is_done_on_a_computer_that_is_another_server(lab_with: LabWith, tmp_path: Path) -> None:
    """A wrong port, or a load balancer: it is noticed in the very session that would have restarted the other one."""
    lab = lab_with({"name": EX01}, {"name": EX02})
    text = lab.inventory_file.read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace(str(lab.ports[EX01]["windows"]), str(lab.ports[EX02]["windows"])), encoding="utf-8")
    inventory = load_inventory(wrong, os.environ)
    executor = RemoteExecutor(inventory.organization, 10, 10, "0123abcd")

    with pytest.raises(UnexpectedAnswerError, match="EX02 answered, not EX01"):
        executor.run(inventory.server(EX01), Channel.WINDOWS, Cmdlet("iisreset"))
    with pytest.raises(UnexpectedAnswerError, match="EX02 answered, not EX01"):
        executor.is_running(inventory.server(EX01))
    assert lab.organization.servers[EX02].iis_generation == 0
    assert [name for name in lab.log.commands() if not name.startswith("Get-CimInstance")] == []
