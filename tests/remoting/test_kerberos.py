"""What Kerberos lacks is told once and in our words, and no server is asked in vain."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from moveready.errors import AuthenticationError
from moveready.inventory import Auth, Credential, Secret
from moveready.remoting.deadline import Deadline
from moveready.remoting.https import get_authenticated
from moveready.remoting.kerberos import Principal, login_name, ticket_failure, usable_auth
from moveready.remoting.login_failures import NO_TICKET, SILENT_KDC, UNKNOWN_REALM, WRONG_PASSWORD, LoginFailure
from moveready.remoting.logins import CredentialUse, Logins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moveready.inventory import Server
    from moveready.lab.server import Lab

    ServerOf = Callable[..., Server]

HTTP = Principal("http", "ex01.contoso.com")


def login_with(auth: Auth, failure: LoginFailure | None) -> tuple[CredentialUse, Credential]:
    """A login of a run that knows this of its ticket."""
    credential = Credential("admin", auth, "svc@CONTOSO.COM", Secret("secret"))
    account = Logins().of(credential)
    account.ticket.failure(lambda: failure, Deadline(60))
    return CredentialUse(account, "ex01.contoso.com", "Windows endpoint"), credential


@pytest.mark.parametrize(
    ("auth", "failure", "usable"),
    [
        (Auth.KERBEROS, None, Auth.KERBEROS),
        (Auth.NEGOTIATE, None, Auth.NEGOTIATE),
        (Auth.NEGOTIATE, UNKNOWN_REALM, Auth.NEGOTIATE),
        (Auth.NEGOTIATE, SILENT_KDC, Auth.NTLM),
        (Auth.NEGOTIATE, WRONG_PASSWORD, Auth.NTLM),
        (Auth.NTLM, NO_TICKET, Auth.NTLM),
        (Auth.BASIC, NO_TICKET, Auth.BASIC),
    ],
)
def test_the_kdc_is_not_asked_in_vain(auth: Auth, failure: LoginFailure | None, usable: Auth) -> None:
    """Where asking again would hang, or count against the account, `negotiate` means NTLM."""
    assert usable_auth(*login_with(auth, failure), HTTP, Deadline(60)) is usable


def test_a_missing_ticket_is_no_fault_of_a_server() -> None:
    """It says what to do here, and that the server was not asked."""
    with pytest.raises(
        AuthenticationError, match=r"not asked, as there is no Kerberos ticket\. No ticket: run kinit, or"
    ):
        usable_auth(*login_with(Auth.KERBEROS, NO_TICKET), HTTP, Deadline(60))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows this form")
@pytest.mark.parametrize("auth", [Auth.KERBEROS, Auth.NEGOTIATE])
def test_an_account_that_kerberos_cannot_read_is_never_sent_to_the_kdc(auth: Auth) -> None:
    """MIT Kerberos would ask for another account: it takes the backslash for an escape."""
    credential = Credential("admin", auth, "CONTOSO\\svc", Secret("secret"))
    login = CredentialUse(Logins().of(credential), "ex01.contoso.com", "Windows endpoint")

    if auth is Auth.NEGOTIATE:
        assert usable_auth(login, credential, HTTP, Deadline(60)) is Auth.NTLM
    else:
        with pytest.raises(AuthenticationError, match=r"Write it in the inventory as name@DOMAIN\.COM"):
            usable_auth(login, credential, HTTP, Deadline(60))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes both")
@pytest.mark.parametrize(
    ("auth", "written", "sent"),
    [
        (Auth.KERBEROS, "svc@contoso.com", "svc@CONTOSO.COM"),
        (Auth.NEGOTIATE, "first.last@contoso.com", "first.last@CONTOSO.COM"),
        (Auth.NTLM, "svc@contoso.com", "svc@contoso.com"),
        (Auth.KERBEROS, "svc", "svc"),
        (Auth.KERBEROS, None, None),
    ],
)
def test_a_realm_is_a_domain_in_capitals(auth: Auth, written: str | None, sent: str | None) -> None:
    """A user principal name may be written as people write it."""
    assert login_name(Credential("admin", auth, written, Secret("secret"))) == sent


class Krb5Error(Exception):
    """As the krb5 library has it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.err_code = code


@pytest.mark.parametrize(
    ("raised", "failure", "refused", "accepted"),
    [
        (None, None, 0, True),
        (Krb5Error(-1765328360), WRONG_PASSWORD, 1, False),
        (Krb5Error(-1765328377), None, 0, True),
        (Krb5Error(-1765328230), UNKNOWN_REALM, 0, False),
        (ImportError("no gssapi"), None, 0, False),
    ],
    ids=["ticket", "wrong-password", "unknown-service", "unknown-realm", "no-library"],
)
def test_what_the_kdc_says_of_the_password_counts(
    raised: Exception | None, failure: LoginFailure | None, refused: int, accepted: bool
) -> None:
    """It is the one who locks accounts; an unknown service is told after the password was accepted."""
    account = Logins().of(Credential("admin", Auth.KERBEROS, "svc@CONTOSO.COM", Secret("secret")))

    def ask() -> None:
        if raised is not None:
            raise raised

    assert ticket_failure(account, ask) == failure
    assert (len(account.known.refused_by), account.known.accepted) == (refused, accepted)


def test_without_a_ticket_nothing_is_asked(
    lab: Lab, server_of: ServerOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real library, an empty ticket cache and no keytab."""
    pytest.importorskip("gssapi", reason="needs the extra `kerberos`")
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/none")
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{tmp_path}/none")
    server = server_of(lab, credential=Credential("lab", Auth.KERBEROS))

    with pytest.raises(AuthenticationError, match=r"not asked, as there is no Kerberos ticket\. No ticket: run kinit"):
        get_authenticated(server, "/EWS/mrsproxy.svc", Deadline(60))
    assert lab.log.requests() == 0


def test_a_kdc_that_nobody_can_reach_is_told(
    lab: Lab, server_of: ServerOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real library and a KDC whose port refuses; the account is not blamed."""
    pytest.importorskip("gssapi", reason="needs the extra `kerberos`")
    conf = tmp_path / "krb5.conf"
    conf.write_text(
        "[libdefaults]\ndefault_realm = NOWHERE.TEST\ndns_lookup_kdc = false\n"
        "[realms]\nNOWHERE.TEST = {\n kdc = 127.0.0.1:9\n}\n[domain_realm]\n.contoso.com = NOWHERE.TEST\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("KRB5_CONFIG", str(conf))
    server = server_of(lab, credential=Credential("lab", Auth.KERBEROS, "svc@NOWHERE.TEST", Secret("secret")))

    with pytest.raises(AuthenticationError, match=r"not asked, as no domain controller \(KDC\)"):
        get_authenticated(server, "/EWS/mrsproxy.svc", Deadline(60))
    assert lab.log.requests() == 0
