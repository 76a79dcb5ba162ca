"""The login settings of IIS are read strictly, and of the server that was asked for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.errors import MissingObjectError, Place, UnexpectedAnswerError
from moveready.evidence import Context
from moveready.evidence.questions import RemoteError
from moveready.inventory import Auth, Credential, Server
from moveready.kb.ews_auth.settings import EwsLogin, TokenChecking, ask_login, read_login

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = Callable[..., Any]

EX01 = Server("ex01.contoso.com", Credential("admin", Auth.NTLM), Place(Path("prod.yaml"), 7))
CONTEXT = Context(timedelta(hours=24), "0123abcd")
PATH = "IIS://ex01.contoso.com/W3SVC/1/ROOT/EWS"


def directory(
    windows: str = "<B N='WindowsAuthentication'>true</B>",
    checking: str = "None",
    path: str = PATH,
    identity: str = r"EX01\EWS (Default Web Site)",
) -> str:
    """The directory as `Select-Object` gives it."""
    protection = f"<Obj N='ExtendedProtectionTokenChecking'><ToString>{checking}</ToString><I32>0</I32></Obj>"
    names = f"<S N='Identity'>{identity}</S><S N='MetabasePath'>{path}</S>"
    return f"<Obj><MS>{names}{windows}{protection}</MS></Obj>"


def read(answer: Answer, *directories: str, **given: Any) -> EwsLogin:
    """What the reader makes of it."""
    return read_login(EX01, CONTEXT, answer(*directories, **given))


@pytest.mark.parametrize("checking", list(TokenChecking), ids=lambda one: one.value)
def test_only_require_is_too_strict(cmdlet_answer: Answer, checking: TokenChecking) -> None:
    """Allow is what Microsoft's script sets; None is not secure, and lets moves in."""
    found = read(cmdlet_answer, directory(checking=checking.value))

    assert found.requires_bindings is (checking is TokenChecking.REQUIRE)
    assert f"is {checking.value}, should be Allow or None." in found.protection_message()


@pytest.mark.parametrize("value", [True, False])
def test_windows_authentication_is_read(cmdlet_answer: Answer, value: bool) -> None:
    """As a boolean and nothing else."""
    found = read(cmdlet_answer, directory(f"<B N='WindowsAuthentication'>{str(value).lower()}</B>"))

    assert found.windows_authentication is value
    assert found.windows_message().endswith(f"is {value}, should be True.")
    assert found.identity == r"EX01\EWS (Default Web Site)"


@pytest.mark.parametrize(
    ("directories", "told"),
    [
        ([directory("<S N='WindowsAuthentication'>True</S>")], "is not a boolean"),
        ([directory("<Nil N='WindowsAuthentication'/>")], "is not a boolean"),
        ([directory(checking="Maybe")], "'Maybe' is not a valid TokenChecking"),
        ([directory(identity=r"EX02\EWS (Default Web Site)")], "which is not EX01's"),
        ([directory(), directory()], "2 virtual directories"),
        (["<S>true</S>"], "cannot be judged"),
    ],
    ids=["text", "null", "checking", "identity", "two", "no object"],
)
def test_what_cannot_be_read_is_an_error(cmdlet_answer: Answer, directories: list[str], told: str) -> None:
    """Never taken for on."""
    with pytest.raises(UnexpectedAnswerError, match=told):
        read(cmdlet_answer, *directories)


def test_an_error_beside_the_object_makes_it_unknown(cmdlet_answer: Answer) -> None:
    """What the server's IIS did not tell stands as a default in the object."""
    with pytest.raises(UnexpectedAnswerError, match=r"it came with an error: IIS of EX01"):
        read(cmdlet_answer, directory(), errors=(RemoteError("IIS of EX01 was not reached.", "X"),))


@pytest.mark.parametrize(
    "directories",
    [
        [],
        [directory(path="IIS://ex02.contoso.com/W3SVC/1/ROOT/EWS")],
        [directory(path="IIS://ex01.contoso.com/W3SVC/2/ROOT/EWS")],
    ],
    ids=["none", "another server", "back end"],
)
def test_a_directory_that_is_not_its_own_is_none(cmdlet_answer: Answer, directories: list[str]) -> None:
    """Exchange gives no object for a server whose IIS it cannot ask."""
    with pytest.raises(MissingObjectError, match="Exchange asks the server's IIS for it"):
        read(cmdlet_answer, *directories)


def test_one_server_is_asked_for_by_its_name() -> None:
    """A read that asks IIS is never one of the whole organization; nor is its fallback."""
    (question,) = ask_login(EX01, CONTEXT)

    assert str(question).startswith("Get-WebServicesVirtualDirectory -Server ex01.contoso.com | Select-Object ")
    assert str(question.fallback) == "Get-WebServicesVirtualDirectory -Server ex01.contoso.com"
