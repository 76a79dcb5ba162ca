"""How PowerShell remoting logs in, and how a refused login is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.errors import AuthenticationError
from moveready.inventory import Auth, Credential, Secret

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from moveready.evidence.questions import CmdletAnswer
    from moveready.lab.server import Lab

    Ask = Callable[..., CmdletAnswer]
    Handler = Callable[[socket.socket], object]
    LabWith = Callable[..., Lab]
    Listen = Callable[..., int]

EX01 = "ex01.contoso.com"


def test_a_wrong_password_is_tried_once(lab: Lab, ask: Ask) -> None:
    """More tries would lock the account."""
    with pytest.raises(AuthenticationError, match=r"the login was refused: .*svc-moveready"):
        ask(lab, credential=Credential("lab", Auth.NTLM, lab.account.username, Secret("wrong")))

    assert [entry.status for entry in lab.log.entries()] == [401, 401, 401]


def test_an_unusable_login_is_told(lab: Lab, ask: Ask) -> None:
    """Neither a name nor a ticket: a fault of the credential, not of the server's answer."""
    with pytest.raises(AuthenticationError, match=r"KDC|Kerberos|moveready\[kerberos\]"):
        ask(lab, credential=Credential("lab", Auth.KERBEROS, "nobody@NOWHERE.INVALID", Secret("secret")))


def test_a_server_with_another_login_is_told(
    lab: Lab, ask: Ask, listen: Listen, answering: Callable[..., Handler]
) -> None:
    """Exchange offers Kerberos alone; NTLM is then the wrong `auth` in the inventory."""
    refusal = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Kerberos\r\nContent-Length: 0\r\n\r\n"

    with pytest.raises(AuthenticationError, match=r"it offers another login: .*Kerberos.* `auth:`"):
        ask(lab, port=listen(answering(refusal)))


@pytest.mark.parametrize("offered", ["Basic realm=x", "Bearer", ""])
def test_a_server_without_a_windows_login_is_told(
    lab: Lab, ask: Ask, listen: Listen, answering: Callable[..., Handler], offered: str
) -> None:
    """Of a proxy, or with Windows authentication off: the account was not refused, it was never asked for."""
    head = f"WWW-Authenticate: {offered}\r\n" if offered else ""
    port = listen(answering(f"HTTP/1.1 401 Unauthorized\r\n{head}Content-Length: 0\r\n\r\n".encode()))

    told = f"offers only {offered.split(maxsplit=1)[0]}\\. Turn on" if offered else "offers no login"
    with pytest.raises(AuthenticationError, match=told):
        ask(lab, port=port)


def test_tls_needs_no_second_encryption(lab_with: LabWith, ask: Ask) -> None:
    """Over TLS the session works the same, the certificate checked against the server's name."""
    lab = lab_with(windows_tls=True)

    assert len(ask(lab).objects) == 1
    assert (len(lab.log.logins()), lab.shells(EX01, "windows")) == (1, 0)


def test_basic_works_over_tls(lab_with: LabWith, ask: Ask) -> None:
    """The plainest of the logins."""
    lab = lab_with(windows_tls=True)

    credential = Credential("lab", Auth.BASIC, lab.account.username, Secret(lab.account.password))
    assert len(ask(lab, credential=credential).objects) == 1
