"""The organization is asked through the first Exchange server that answers, with cmdlets only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from moveready.errors import (
    AuthenticationError,
    DeadlineError,
    MissingCommandError,
    RemoteCommandError,
    UnexpectedAnswerError,
    UnreachableError,
)
from moveready.evidence.directory import ASK_DIRECTORIES, ASK_WHOLE_DIRECTORIES, DirectoryListing
from moveready.evidence.questions import Cmdlet, Pipeline
from moveready.inventory import ExchangeHost, Organization
from moveready.lab.faults import Fault, FaultKind
from moveready.lab.fleet import Role
from moveready.remoting.deadline import Deadline
from moveready.remoting.exchange import ask_organization, change_organization

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from moveready.inventory import Credential, Server
    from moveready.lab.server import Lab

    LabWith = Callable[..., Lab]
    OrganizationOf = Callable[[Lab], Organization]
    ServerNamed = Callable[..., Server]
    Within = Callable[[], AbstractContextManager[None]]

NAMES = ("ex01.contoso.com", "ex02.contoso.com", "ex03.contoso.com")
EX01, EX02, EX03 = NAMES
NO_PROMPT = {"Force": None, "Confirm": False}
SET_OFF = Pipeline.of(
    Cmdlet(
        "Set-WebServicesVirtualDirectory",
        Identity="EX03\\EWS (Default Web Site)",
        MRSProxyEnabled=False,
        **NO_PROMPT,
    )
)


@pytest.fixture
def three(lab_with: LabWith) -> Lab:
    """A lab of three servers."""
    return lab_with(*({"name": name} for name in NAMES))


@pytest.fixture
def organization_of(login: Callable[[Lab], Credential]) -> OrganizationOf:
    """Ask the servers of a lab in their order."""

    def build(lab: Lab) -> Organization:
        ports = {name: ports["exchange"] for name, ports in lab.ports.items()}
        hosts = (ExchangeHost(name, login(lab), "127.0.0.1", port) for name, port in ports.items())
        return Organization("contoso.com", tuple(hosts))

    return build


def test_the_first_host_answers_for_all(three: Lab, organization_of: OrganizationOf, server_named: ServerNamed) -> None:
    """One session, one question, and the other hosts hear nothing."""
    listing = DirectoryListing(ask_organization(organization_of(three), ASK_DIRECTORIES, 5))

    assert all(listing.of(server_named(name)).mrsproxy_enabled for name in NAMES)
    assert (len(three.log.logins(server=EX01)), three.log.commands()) == (1, (str(ASK_DIRECTORIES),))
    assert (three.log.requests(server=EX02), three.shells(EX01, "exchange")) == (0, 0)


def test_the_next_host_is_asked_where_one_fails(three: Lab, organization_of: OrganizationOf, within: Within) -> None:
    """Each of them has its own deadline."""
    three.inject(EX01, "exchange", Fault(FaultKind.HANG, "Create"))
    three.inject(EX02, "exchange", Fault(FaultKind.UNAUTHORIZED))

    with within():
        answer = ask_organization(organization_of(three), ASK_DIRECTORIES, 8)
    assert (answer.server, len(answer.objects)) == (EX03, 3)


def test_a_silent_host_does_not_hold_up_the_next(three: Lab, organization_of: OrganizationOf) -> None:
    """It is tried beside, and the answer comes before anybody is given up; the silent ones are cut."""
    for name in (EX01, EX02):
        three.inject(name, "exchange", Fault(FaultKind.SILENT))
    deadlines: list[Deadline] = []

    def remembered(seconds: float) -> Deadline:
        deadlines.append(Deadline(seconds, 15))
        return deadlines[-1]

    answer = ask_organization(organization_of(three), ASK_DIRECTORIES, 600, remembered)
    assert (answer.server, len(deadlines)) == (EX03, 3)
    assert [deadline.is_over for deadline in deadlines] == [True, True, False]


def test_silent_hosts_are_waited_for_together(three: Lab, organization_of: OrganizationOf) -> None:
    """Each is asked while those before it are still waited for, so three cost little more than one."""
    for name in NAMES:
        three.inject(name, "exchange", Fault(FaultKind.SILENT))
    deadlines: list[Deadline] = []
    all_waited: list[bool] = []

    def remembered(seconds: float) -> Deadline:
        all_waited.append(not any(deadline.is_over for deadline in deadlines))
        deadlines.append(Deadline(seconds, 5))
        return deadlines[-1]

    with pytest.raises(DeadlineError, match=f"^{EX03}, .*nothing for 5 s; before that, {EX01}: .*{EX02}"):
        ask_organization(organization_of(three), ASK_DIRECTORIES, 600, remembered)
    assert all_waited == [True, True, True]


def test_a_late_voice_opens_no_second_session(three: Lab, organization_of: OrganizationOf) -> None:
    """Two hosts that both speak after a while: one goes on, the other never logs in."""
    for name in (EX01, EX02):
        three.inject(name, "exchange", Fault(FaultKind.SILENT, seconds=3, times=1))

    ask_organization(organization_of(three), ASK_DIRECTORIES, 60, lambda seconds: Deadline(seconds, 10))
    assert len(three.log.entries(kind="create-shell")) == 1
    assert len(three.log.logins()) == 1


def test_who_went_ahead_and_failed_makes_room(three: Lab, organization_of: OrganizationOf) -> None:
    """Those that were cut for it are asked again."""
    three.inject(EX01, "exchange", Fault(FaultKind.SILENT, times=1))
    three.inject(EX02, "exchange", Fault(FaultKind.UNAUTHORIZED))
    three.inject(EX03, "exchange", Fault(FaultKind.STATUS, status=503))

    answer = ask_organization(organization_of(three), ASK_DIRECTORIES, 60, lambda seconds: Deadline(seconds, 5))
    assert answer.server == EX01


def test_a_change_waits_for_each_host(three: Lab, organization_of: OrganizationOf) -> None:
    """It is never begun twice: the next host hears of it when the first has failed."""
    three.inject(EX01, "exchange", Fault(FaultKind.HANG, "Create"))

    change_organization(organization_of(three), SET_OFF, 3)
    assert three.log.requests(server=EX03) == 0
    assert [entry.server for entry in three.log.entries(kind="command")] == [EX02]


def test_where_all_fail_all_are_told(three: Lab, organization_of: OrganizationOf) -> None:
    """The error is the last one's, and it says what happened to the others."""
    three.change(lambda: setattr(three.organization.servers[EX01], "down", frozenset({"exchange"})))
    three.inject(EX02, "exchange", Fault(FaultKind.HANG, "Command"))
    three.inject(EX03, "exchange", Fault(FaultKind.UNAUTHORIZED))

    with pytest.raises(AuthenticationError) as caught:
        ask_organization(organization_of(three), ASK_DIRECTORIES, 4)
    told = str(caught.value)
    assert told.startswith(f"{EX03}, Exchange endpoint http://{EX03}:")
    assert re.search(f"refused.*; before that, {EX01}: no connection: .*; before that, {EX02}: no complete", told)


def test_whole_objects_are_asked_where_select_object_is_refused(
    three: Lab, organization_of: OrganizationOf, server_named: ServerNamed
) -> None:
    """Over the same session; the answer says which question it answers."""
    three.change(lambda: setattr(three.organization, "select_object", False))

    answer = ask_organization(organization_of(three), ASK_DIRECTORIES, 5)
    assert DirectoryListing(answer).of(server_named(EX02)).mrsproxy_enabled
    assert answer.question == str(ASK_WHOLE_DIRECTORIES)
    assert (len(three.log.logins()), three.log.commands()) == (1, (str(ASK_DIRECTORIES), str(ASK_WHOLE_DIRECTORIES)))


def test_a_missing_role_is_told_as_one(lab_with: LabWith, organization_of: OrganizationOf) -> None:
    """Exchange hides what an account may not do: the command is not found."""
    lab = lab_with()
    lab.change(lambda: setattr(lab.organization, "roles", frozenset[Role]()))

    with pytest.raises(MissingCommandError, match=r"'Get-WebServicesVirtualDirectory' is not recognized.*RBAC role"):
        ask_organization(organization_of(lab), ASK_DIRECTORIES, 5)


@pytest.mark.parametrize("clixml", ["<B>maybe</B>", "<Obj><MS><B N=", "<Bogus>false</Bogus>"])
def test_malformed_objects_are_never_evidence(three: Lab, organization_of: OrganizationOf, clixml: str) -> None:
    """They come through as they were, and the reader refuses them."""
    three.inject(EX01, "exchange", Fault(FaultKind.CLIXML, clixml=clixml))

    answer = ask_organization(organization_of(three), ASK_DIRECTORIES, 5)
    with pytest.raises(UnexpectedAnswerError, match=f"^{EX01}, Exchange endpoint"):
        DirectoryListing(answer)


def test_a_change_is_carried_out_once(three: Lab, organization_of: OrganizationOf) -> None:
    """By the first host."""
    change_organization(organization_of(three), SET_OFF, 5)

    assert three.organization.directory[EX03].mrsproxy_enabled is False
    assert [entry.server for entry in three.log.entries(kind="command")] == [EX01]


def test_a_change_goes_to_the_next_host_where_there_is_no_session(three: Lab, organization_of: OrganizationOf) -> None:
    """What was never sent may be sent elsewhere."""
    three.inject(EX01, "exchange", Fault(FaultKind.UNAUTHORIZED))

    change_organization(organization_of(three), SET_OFF, 5)
    assert [entry.server for entry in three.log.entries(kind="command")] == [EX02]


def test_a_change_that_was_sent_goes_nowhere_else(three: Lab, organization_of: OrganizationOf) -> None:
    """It may have been carried out, answer or not."""
    three.inject(EX01, "exchange", Fault(FaultKind.HANG, "Receive", skip=2))

    with pytest.raises(DeadlineError):
        change_organization(organization_of(three), SET_OFF, 1)
    assert three.log.requests(server=EX02) == 0


def test_a_change_without_any_session_tells_of_all(lab_with: LabWith, organization_of: OrganizationOf) -> None:
    """Nothing was changed, and every host says why."""
    lab = lab_with(*({"name": name, "down": ["exchange"]} for name in NAMES))

    with pytest.raises(UnreachableError, match=f"before that, {EX01}: .*; before that, {EX02}: "):
        change_organization(organization_of(lab), SET_OFF, 5)


def test_an_error_beside_a_change_is_a_failure(three: Lab, organization_of: OrganizationOf) -> None:
    """A non-terminating error of a Set means that it may not have been done."""
    unknown = Pipeline.of(
        Cmdlet("Set-WebServicesVirtualDirectory", Identity="NOBODY\\EWS", MRSProxyEnabled=False, **NO_PROMPT)
    )

    with pytest.raises(RemoteCommandError, match="Set-WebServicesVirtualDirectory"):
        change_organization(organization_of(three), unknown, 5)
