"""No change of one character turns a flag, a service or a setting, and what is read is what stands there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from moveready.errors import EvidenceError, Place
from moveready.evidence.directory import DirectoryListing, EwsDirectory
from moveready.evidence.questions import CmdletAnswer
from moveready.inventory import Credential, Server
from moveready.kb.ews_auth.settings import EwsLogin, read_login
from moveready.kb.mrs_svc.service import MrsService, read_own_service
from tests.builders import NOON
from tests.fuzzing.changes import BUDGETS, cuts, edited_texts, edited_trees, single_changes
from tests.fuzzing.plain_reading import properties_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fuzzing.changes import Budget

    Reader = Callable[[str], object]


def server(name: str = "ex01") -> Server:
    """A server of the inventory."""
    return Server(f"{name}.contoso.com", Credential("admin"), Place(Path("prod.yaml"), 7))


def answer(*objects: str) -> CmdletAnswer:
    """What a pipeline gave."""
    return CmdletAnswer("ex01.contoso.com", "Get-X", objects, (), NOON)


def directory(enabled: str, name: str = "EX01") -> str:
    """An EWS directory as `Select-Object` gives it, with its server as an object."""
    return (
        f'<Obj RefId="0"><MS><S N="Identity">{name}\\EWS (Default Web Site)</S>'
        f'<Obj N="Server" RefId="1"><ToString>{name}</ToString><Props><S N="Name">{name}</S></Props></Obj>'
        f'<B N="MRSProxyEnabled">{enabled}</B>'
        f'<S N="MetabasePath">IIS://{name.lower()}.contoso.com/W3SVC/1/ROOT/EWS</S>'
        '<S N="AdminDisplayVersion">Version 15.2 (Build 1118.7)</S></MS></Obj>'
    )


SERVICE = (
    '<Obj RefId="0"><MS><S N="Name">MSExchangeMailboxReplication</S>'
    '<Obj N="Status" RefId="1"><ToString>Stopped</ToString><I32>1</I32></Obj>'
    '<Obj N="StartType" RefId="2"><ToString>Disabled</ToString><I32>4</I32></Obj></MS></Obj>'
)
LOGIN = (
    '<Obj RefId="0"><MS><S N="Identity">EX01\\EWS (Default Web Site)</S>'
    '<S N="MetabasePath">IIS://ex01.contoso.com/W3SVC/1/ROOT/EWS</S><B N="WindowsAuthentication">false</B>'
    '<Obj N="ExtendedProtectionTokenChecking" RefId="1"><ToString>Require</ToString><I32>2</I32></Obj></MS></Obj>'
)
COMPUTER = '<Obj RefId="0"><MS><S N="CSName">EX01</S></MS></Obj>'


def is_named(properties: Mapping[str, tuple[str, str]], name: str) -> bool:
    """Whether the object says that this is its server."""
    return properties.get("server", ("", ""))[1].lower() == name


def flag_of(*objects: str, of: str = "ex01") -> EwsDirectory | None:
    """What is read of the server's directory; None for an error."""
    try:
        return DirectoryListing(answer(*objects)).of(server(of))
    except EvidenceError:
        return None


def service_in(wire: str, computer: str = COMPUTER) -> MrsService | None:
    """What is read of the service; None for an error."""
    try:
        return read_own_service(answer(wire), answer(computer))
    except EvidenceError:
        return None


def login_in(wire: str) -> EwsLogin | None:
    """What is read of the settings; None for an error."""
    try:
        return read_login(server(), None, answer(wire))  # type: ignore[arg-type] # it asks nothing of it
    except EvidenceError:
        return None


@BUDGETS
@pytest.mark.parametrize("enabled", ["true", "false"])
def test_no_change_of_one_character_turns_the_flag(budget: Budget, enabled: str) -> None:
    """Nor gives it to another server, which has the other flag."""
    other = directory("false" if enabled == "true" else "true", "EX02")
    for changed in budget.of(single_changes(directory(enabled))):
        found, of_other = flag_of(changed, other), flag_of(changed, other, of="ex02")

        assert found is None or found.mrsproxy_enabled == (enabled == "true")
        assert of_other is None or of_other.mrsproxy_enabled != (enabled == "true")


@BUDGETS
@pytest.mark.parametrize("name", ["EX02", "EX0", "EX11", "EX001"])
def test_no_change_of_one_character_makes_it_another_s(budget: Budget, name: str) -> None:
    """The name of a server stands in three places, and all have to agree."""
    changes = budget.of(single_changes(directory("true"), OTHER_NAMES))

    assert [changed for changed in changes if flag_of(changed, of=name.lower())] == []


OTHER_NAMES = "012"


@BUDGETS
@pytest.mark.parametrize(
    ("wire", "read"),
    [
        (directory("true"), lambda wire: (found := flag_of(wire)) and found.mrsproxy_enabled),
        (SERVICE, lambda wire: (found := service_in(wire)) and (found.status, found.start_type)),
        (
            LOGIN,
            lambda wire: (found := login_in(wire)) and (found.windows_authentication, found.extended_protection),
        ),
    ],
    ids=["directory", "service", "login"],
)
def test_no_change_of_one_character_is_read_as_another_value(budget: Budget, wire: str, read: Reader) -> None:
    """It is the same, or an error; what is cut is an error."""
    assert {read(changed) for changed in budget.of(single_changes(wire))} <= {None, read(wire)}
    assert {read(cut) for cut in budget.of(cuts(wire))} == {None}
    assert read(wire) is not None


@BUDGETS
def test_a_directory_is_what_stands_there(budget: Budget) -> None:
    """After any edits of one of two servers' objects."""

    def is_what_stands_there(objects: tuple[str, str]) -> None:
        for name in ("ex01", "ex02"):
            if found := flag_of(*objects, of=name):
                own = [known for wire in objects if is_named(known := properties_in(wire), name)]
                assert [known["mrsproxyenabled"] for known in own] == [("B", str(found.mrsproxy_enabled).lower())]
                assert own[0]["identity"] == ("S", found.identity)

    one, two = directory("true"), directory("false", "EX02")
    with_another_inside = one.replace("</Props></Obj>", f"</Props></Obj>{two}")
    edited = edited_trees(one) | edited_texts(one) | edited_trees(with_another_inside)
    budget.explore(st.tuples(edited, st.just(two)), is_what_stands_there)


@BUDGETS
def test_a_service_is_what_stands_there(budget: Budget) -> None:
    """After any edits, and so are the settings of a login."""

    def is_what_stands_there(wire: str) -> None:
        if service := service_in(wire):
            assert properties_in(wire)["status"][1] == service.status.value
        if login := login_in(wire):
            found = properties_in(wire)
            assert found["windowsauthentication"] == ("B", str(login.windows_authentication).lower())
            assert found["extendedprotectiontokenchecking"][1] == login.extended_protection.value

    budget.explore(
        edited_trees(SERVICE) | edited_texts(SERVICE) | edited_trees(LOGIN) | edited_texts(LOGIN), is_what_stands_there
    )


@BUDGETS
def test_another_computer_gives_no_service(budget: Budget) -> None:
    """Whatever one character of its name is."""
    for changed in budget.of(single_changes(COMPUTER)):
        if service_in(SERVICE, changed):
            assert properties_in(changed)["csname"][1].lower() == "ex01"


@BUDGETS
def test_any_text_is_an_error(budget: Budget) -> None:
    """Never something else that is raised."""

    def is_an_error(text: str) -> None:
        assert (flag_of(text), service_in(text), service_in(SERVICE, text), login_in(text)) == (None,) * 4

    budget.explore(st.text(max_size=40), is_an_error)
