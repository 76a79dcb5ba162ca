"""The hands over the wire, against a lab."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from moveready.errors import DeadlineError, EvidenceError, MissingCommandError, UnexpectedAnswerError
from moveready.fixer.hands import RemoteHands, utc_now
from moveready.inventory import load_inventory
from moveready.kb.kb3063913 import EndpointKind
from moveready.lab.faults import Fault, FaultKind
from moveready.questions import Channel, Cmdlet

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.inventory import Server
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]

EX01, EX02 = "ex01.contoso.com", "ex02.contoso.com"
IDENTITY = r"EX01\EWS (Default Web Site)"
HANG = Fault(FaultKind.HANG)


def hands_of(lab: Lab, seconds: float = 10, restart_seconds: float = 10) -> tuple[RemoteHands, Server]:
    """Hands for a lab, and its ex01."""
    inventory = load_inventory(lab.inventory_file, os.environ)
    return RemoteHands(inventory.organization, seconds, restart_seconds, "0123abcd"), inventory.server(EX01)


def set_flag(value: bool) -> Cmdlet:
    """Set ex01's flag."""
    return Cmdlet(
        "Set-WebServicesVirtualDirectory", Identity=IDENTITY, MRSProxyEnabled=value, Force=None, Confirm=False
    )


def test_a_flag_is_set_and_read_back(lab_with: LabWith) -> None:
    """By its identity, of the domain controller that was named."""
    hands, ex01 = hands_of(lab_with({"name": EX01, "flag": False}, {"name": EX02}))
    first = hands.read_flag(ex01, None, None)
    hands.run(ex01, Channel.EXCHANGE, set_flag(True))
    second = hands.read_flag(ex01, first.directory.identity, first.domain_controller)

    assert first.directory.identity == IDENTITY
    assert first.domain_controller
    assert (first.directory.mrsproxy_enabled, second.directory.mrsproxy_enabled) == (False, True)


@pytest.mark.parametrize("channel", list(Channel), ids=lambda channel: channel.name.lower())
def test_silence_is_bounded_for_the_fixer_too(lab_with: LabWith, channel: Channel) -> None:
    """Whatever it asks or changes, by the same option as the checks."""
    lab = lab_with()
    for name in ("exchange", "windows", "https"):
        lab.inject(EX01, name, Fault(FaultKind.SILENT))
    inventory = load_inventory(lab.inventory_file, os.environ)
    hands = RemoteHands(inventory.organization, 120, 120, "0123abcd", 0.5)
    ex01 = inventory.server(EX01)

    with pytest.raises(DeadlineError, match=r"said nothing for 0\.5 s"):
        hands.endpoint(ex01) if channel is Channel.HTTPS else hands.run(ex01, channel, set_flag(True))


def test_of_all_objects_only_its_own_is_taken(lab_with: LabWith) -> None:
    """Exchange gives all of them for an identity that it does not know."""
    hands, ex01 = hands_of(lab_with({"name": EX01, "flag": False}, {"name": EX02}))

    assert not hands.read_flag(ex01, "mistyped", None).directory.mrsproxy_enabled


def test_a_restart_is_seen(lab_with: LabWith) -> None:
    """Services run again, and a newer worker process serves the flag."""
    hands, ex01 = hands_of(lab_with(flag=True, worker="off"))
    before = hands.worker_started_at(ex01)
    assert hands.endpoint(ex01).kind is EndpointKind.MRSPROXY_OFF
    hands.run(ex01, Channel.WINDOWS, Cmdlet("iisreset"))

    assert hands.is_running(ex01)
    assert hands.endpoint(ex01).kind is EndpointKind.ALIVE
    assert hands.worker_started_at(ex01) > before


def test_a_server_that_dies_does_not_run(lab_with: LabWith) -> None:
    """Its services are stopped, and no health check answers."""
    hands, ex01 = hands_of(lab_with(restart={"outcome": "dies"}))
    assert hands.is_in_service(ex01)
    with pytest.raises(EvidenceError):
        _reset_and_look(hands, ex01)

    assert not hands.is_in_service(ex01)


def _reset_and_look(hands: RemoteHands, server: Server) -> None:
    hands.run(server, Channel.WINDOWS, Cmdlet("iisreset"))
    if not hands.is_running(server):
        hands.worker_started_at(server)


def test_the_health_check_follows_the_component(lab_with: LabWith) -> None:
    """Out and in again."""
    hands, ex01 = hands_of(lab_with())
    seen = []
    for state in ("Inactive", "Active"):
        parameters = {"Identity": EX01, "Component": "EwsProxy", "State": state, "Requester": "Maintenance"}
        hands.run(ex01, Channel.EXCHANGE, Cmdlet("Set-ServerComponentState", **parameters))
        seen.append(hands.is_in_service(ex01))

    assert seen == [False, True]


@pytest.mark.parametrize("state", ["Inactive", "Active"])
def test_the_state_of_a_component_is_read(lab_with: LabWith, state: str) -> None:
    """Of that component of that server, whoever holds it; another component stays as it was."""
    hands, ex01 = hands_of(lab_with({"name": EX01}, {"name": EX02}))
    parameters = {"Identity": EX01, "Component": "EwsProxy", "State": state, "Requester": "HealthApi"}
    hands.run(ex01, Channel.EXCHANGE, Cmdlet("Set-ServerComponentState", **parameters))

    assert hands.component_is_active(ex01, "EwsProxy") is (state == "Active")
    assert hands.component_is_active(ex01, "OwaProxy")


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
    hands, ex01 = hands_of(lab)
    lab.inject(EX01, "exchange", Fault(FaultKind.CLIXML, clixml=clixml))

    with pytest.raises(UnexpectedAnswerError, match="the state of EwsProxy cannot be judged"):
        hands.component_is_active(ex01, "EwsProxy")


def test_what_is_not_allowed_is_told(lab_with: LabWith) -> None:
    """A missing role shows as a missing command."""
    hands, ex01 = hands_of(lab_with())

    for channel in (Channel.EXCHANGE, Channel.WINDOWS):
        with pytest.raises(MissingCommandError):
            hands.run(ex01, channel, Cmdlet("Set-Unheard"))


def test_a_restart_may_take_longer_than_a_question(lab_with: LabWith) -> None:
    """`iisreset` takes minutes on a busy server; a question does not."""
    lab = lab_with()
    hands, ex01 = hands_of(lab, seconds=10, restart_seconds=0.5)
    lab.inject(EX01, "windows", HANG)

    with pytest.raises(DeadlineError, match=r"0\.5 s"):
        hands.run(ex01, Channel.WINDOWS, Cmdlet("iisreset"))


def test_time_is_utc() -> None:
    """Plans and journals are compared across time zones."""
    assert utc_now().utcoffset() is not None
