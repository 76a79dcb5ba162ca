"""The flag is read from the one object that is the server's, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import MissingObjectError, UnexpectedAnswerError
from moveready.evidence import DirectoryListing
from moveready.evidence.questions import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable


def directory(
    host: str, *, name: str | None = None, flag: str = "<B N='MRSProxyEnabled'>true</B>", site: int = 1
) -> str:
    """A directory object as `Select-Object` gives it, in the shape of a real Exchange 2016 server's."""
    short = name or host.partition(".")[0].upper()
    return f"""<Obj RefId="0"><TN RefId="0">
    <T>Selected.Microsoft.Exchange.Data.Directory.SystemConfiguration.ADWebServicesVirtualDirectory</T>
    <T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS>
    <Obj N="Identity" RefId="1"><ToString>{short}\\EWS (Default Web Site)</ToString></Obj>
    <Obj N="Server" RefId="2"><ToString>{short}</ToString></Obj>{flag}
    <S N="MetabasePath">IIS://{host}/W3SVC/{site}/ROOT/EWS</S>
    <Obj N="AdminDisplayVersion" RefId="3"><ToString>Version 15.2 (Build 1748.10)</ToString></Obj></MS></Obj>"""


@pytest.fixture
def listing(cmdlet_answer: Callable[..., Any]) -> Callable[..., DirectoryListing]:
    """Build a listing of these objects."""
    return lambda *objects, **kwargs: DirectoryListing(cmdlet_answer(*objects, **kwargs))


def test_flag_of_the_server_is_read(listing: Callable[..., Any], server_named: Callable[..., Any]) -> None:
    """Of many objects the server's own is taken, whatever its case."""
    found = listing(directory("Ex02.contoso.com"), directory("Ex01.Contoso.com")).of(server_named())

    assert (found.server, found.identity, found.mrsproxy_enabled) == (
        "ex01.contoso.com",
        r"EX01\EWS (Default Web Site)",
        True,
    )


def test_version_is_read(listing: Callable[..., Any], server_named: Callable[..., Any]) -> None:
    """The version stays the text that Exchange gives."""
    assert listing(directory("ex01.contoso.com")).of(server_named()).version == "Version 15.2 (Build 1748.10)"


def test_missing_object_is_not_false(listing: Callable[..., Any], server_named: Callable[..., Any]) -> None:
    """A server without an EWS directory has no flag."""
    with pytest.raises(MissingObjectError, match="EX01"):
        listing(directory("ex02.contoso.com")).of(server_named())


def test_missing_object_tells_what_the_server_said(
    listing: Callable[..., Any], server_named: Callable[..., Any]
) -> None:
    """An error beside the objects may be the reason."""
    empty = listing(errors=(RemoteError("The operation couldn't be performed.", "Some.Id"),))

    with pytest.raises(MissingObjectError, match="couldn't be performed"):
        empty.of(server_named())


def test_back_end_directory_is_not_taken(listing: Callable[..., Any], server_named: Callable[..., Any]) -> None:
    """`EWS (Exchange Back End)` lies in another web site and has another flag."""
    with pytest.raises(MissingObjectError):
        listing(directory("ex01.contoso.com", site=2)).of(server_named())


def test_two_objects_of_one_server_are_unknown(listing: Callable[..., Any], server_named: Callable[..., Any]) -> None:
    """Which of two flags is in force cannot be told."""
    with pytest.raises(UnexpectedAnswerError, match="2 virtual directories"):
        listing(directory("ex01.contoso.com"), directory("ex01.contoso.com")).of(server_named())


def test_doubtful_object_counts_for_its_server(listing: Callable[..., Any], server_named: Callable[..., Any]) -> None:
    """Text beside its elements makes it unreadable; a second object must not be taken instead."""
    doubtful = directory("ex01.contoso.com").replace("</MS>", "x</MS>")

    with pytest.raises(UnexpectedAnswerError, match="text beside its elements"):
        listing(doubtful).of(server_named())
    with pytest.raises(UnexpectedAnswerError, match="2 virtual directories"):
        listing(directory("ex01.contoso.com"), doubtful).of(server_named())
    assert listing(directory("ex01.contoso.com"), doubtful).hosts() == {"ex01.contoso.com"}


@pytest.mark.parametrize(
    "flag",
    [
        "",
        "<B N='MRSProxyEnabled'>maybe</B>",
        "<Nil N='MRSProxyEnabled'/>",
        "<S N='MRSProxyEnabled'>False</S>",
    ],
)
def test_unreadable_flag_is_unknown(listing: Callable[..., Any], server_named: Callable[..., Any], flag: str) -> None:
    """Whatever is no boolean is neither True nor False."""
    with pytest.raises(UnexpectedAnswerError, match="MRSProxyEnabled"):
        listing(directory("ex01.contoso.com", flag=flag)).of(server_named())


def test_unreadable_flag_harms_its_own_server_only(
    listing: Callable[..., Any], server_named: Callable[..., Any]
) -> None:
    """One broken object does not take the evidence of the others."""
    both = listing(directory("ex02.contoso.com", flag=""), "<Obj><MS /></Obj>", directory("ex01.contoso.com"))

    assert both.of(server_named()).mrsproxy_enabled


def test_same_short_name_in_another_domain_is_refused(
    listing: Callable[..., Any], server_named: Callable[..., Any]
) -> None:
    """A server is its FQDN; the flag of a namesake is not its flag."""
    with pytest.raises(UnexpectedAnswerError, match=r"ex01\.fabrikam\.com"):
        listing(directory("ex01.fabrikam.com")).of(server_named())


def test_other_server_under_this_name_is_refused(listing: Callable[..., Any], server_named: Callable[..., Any]) -> None:
    """The returned `Server` is compared with the one that was asked for."""
    with pytest.raises(UnexpectedAnswerError, match=r"calls it EX99 at ex01\.contoso\.com"):
        listing(directory("ex01.contoso.com", name="EX99")).of(server_named())


def test_cut_answer_is_unreadable(listing: Callable[..., Any]) -> None:
    """An answer that ends in the middle is told as such."""
    with pytest.raises(UnexpectedAnswerError, match="cut"):
        listing(directory("ex01.contoso.com")[:100])


@pytest.mark.parametrize(("wanted", "phase"), [(False, "idle"), (True, "moving")])
def test_sentence_says_is_and_should(
    listing: Callable[..., Any], server_named: Callable[..., Any], wanted: bool, phase: str
) -> None:
    """The sentence names the object, what it is, what it should be and why."""
    sentence = listing(directory("ex01.contoso.com")).of(server_named()).message(wanted)

    assert (
        sentence
        == rf"MRSProxyEnabled of EX01\EWS (Default Web Site) is True, should be {wanted} while the phase is {phase}."
    )


def test_domain_controller_is_told_where_the_answer_holds_it(
    listing: Callable[..., Any], server_named: Callable[..., Any]
) -> None:
    """What is written there is read back there; a projected answer does not say."""
    whole = directory("ex01.contoso.com").replace("</MS>", '<S N="OriginatingServer">dc01.contoso.com</S></MS>')

    assert listing(whole).domain_controller_of(server_named()) == "dc01.contoso.com"
    assert listing(directory("ex01.contoso.com")).domain_controller_of(server_named()) is None


@pytest.mark.parametrize("identity", [r"EX02\EWS (Default Web Site)", "EWS (Default Web Site)", r"EX011\EWS"])
def test_identity_of_another_server_is_refused(
    listing: Callable[..., Any], server_named: Callable[..., Any], identity: str
) -> None:
    """A Set of the fixer would change that other one."""
    odd = directory("ex01.contoso.com").replace(r"EX01\EWS (Default Web Site)", identity)

    with pytest.raises(UnexpectedAnswerError, match="its Identity is"):
        listing(odd).of(server_named())


@pytest.mark.parametrize("odd", ["$(iisreset)", '"; Stop-Service W3SVC; "', "\u201d; iisreset", "&#10;iisreset", "`n"])
def test_identity_that_would_be_a_command_is_refused(
    listing: Callable[..., Any], server_named: Callable[..., Any], odd: str
) -> None:
    """People paste it between quotes."""
    bad = directory("ex01.contoso.com").replace("(Default Web Site)", odd)

    with pytest.raises(UnexpectedAnswerError, match="which must not be part of a command"):
        listing(bad).of(server_named())


def test_object_with_one_readable_name_is_its_servers(
    listing: Callable[..., Any], server_named: Callable[..., Any]
) -> None:
    """Its flag is unknown then, and not missing."""
    odd = directory("ex01.contoso.com").replace('"MetabasePath">', '"MetabasePath"><x/>')

    with pytest.raises(UnexpectedAnswerError, match="MetabasePath is not a text"):
        listing(odd, directory("ex02.contoso.com")).of(server_named())


def test_object_without_a_name_is_told_to_whoever_has_none(
    listing: Callable[..., Any], server_named: Callable[..., Any]
) -> None:
    """It may be the missing one."""
    with pytest.raises(MissingObjectError, match=r"1 object\(s\) that name no server may be its own"):
        listing("<Obj><MS /></Obj>", directory("ex02.contoso.com")).of(server_named())
