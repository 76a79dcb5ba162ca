"""Checks whether Kerberos works from here, before it is used with any server.

A missing ticket, a wrong password or a silent domain controller (KDC) affects every server in the same way, and is not
the server's fault. libkrb5 waits up to half a minute for a silent KDC, and nothing can end that wait. So before the
first login with a credential one ticket is requested, in the same way as the login does it. If the KDC accepts the
password, the credential is accepted; if it refuses it, that counts as a refusal (`logins`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import spnego

from moveready.errors import AuthenticationError
from moveready.inventory import Auth
from moveready.remoting.deadline import Deadline
from moveready.remoting.login_failures import (
    NO_KDC,
    SILENT_KDC,
    UNKNOWN_SERVICE,
    WRONG_PASSWORD,
    LoginFailure,
    login_failure_of,
)
from moveready.remoting.tickets import KDC_SECONDS
from moveready.remoting.trials import TrialResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.inventory import Credential
    from moveready.remoting.logins import Account, CredentialUse

_KDC = "the domain controller"


_TOLD_BY_DOMAIN = LoginFailure(
    "the account is written as DOMAIN\\name, which Kerberos does not understand",
    "Write it in the inventory as name@DOMAIN.COM, with the DNS name of the domain.",
)


class Principal(NamedTuple):
    """The service that is logged in to: its class and its host."""

    service: str
    host: str


def usable_auth(login: CredentialUse, credential: Credential, principal: Principal, deadline: Deadline) -> Auth:
    """How to log in with the credential.

    This is the method in the inventory, but NTLM instead of `negotiate` if asking the KDC again would hang, or would
    send a password that it has refused, or if the account has no name that Kerberos understands.

    Raises:
        AuthenticationError: It must be Kerberos and there is no ticket, or the credential is not sent any more.
    """
    if credential.auth not in {Auth.KERBEROS, Auth.NEGOTIATE}:
        return credential.auth
    failure = no_ticket(login.account, credential, principal, deadline)
    login.check()
    if failure is not None and credential.auth is Auth.KERBEROS:
        raise AuthenticationError(login.server, login.channel, f"not asked, as {failure.happened}", failure.next_step)
    return Auth.NTLM if failure in {SILENT_KDC, WRONG_PASSWORD, _TOLD_BY_DOMAIN} else credential.auth


def login_name(credential: Credential) -> str | None:
    """The account as the login libraries need it.

    An Active Directory realm is its domain in capitals, and MIT Kerberos takes `name@domain.com` for another realm.
    Windows' SSPI and NTLM take both.
    """
    name, at, domain = (credential.username or "").rpartition("@")
    if not at or credential.auth not in {Auth.KERBEROS, Auth.NEGOTIATE} or sys.platform == "win32":
        return credential.username
    return f"{name}@{domain.upper()}"


def login_password(credential: Credential) -> str | None:
    """The password as the login libraries need it, in plain text; None where a ticket or a certificate logs in."""
    return credential.password.reveal() if credential.password else None


def _is_told_by_domain(credential: Credential) -> bool:
    r"""Whether the account is `DOMAIN\name`: MIT Kerberos takes the backslash for an escape; Windows knows the form."""
    return "\\" in (credential.username or "") and sys.platform != "win32"


def no_ticket(
    account: Account, credential: Credential, principal: Principal, deadline: Deadline
) -> LoginFailure | None:
    """Why there is no ticket for the service, or None.

    The first request of a credential says whether Kerberos works at all. A ticket for each further service is requested
    before its login as well, because the KDC may fall silent later; it is kept in the ticket cache, where the login
    finds it. With a password there is no cache: then every login asks by itself.
    """
    failure = account.ticket.failure(lambda: _first_failure(account, credential, principal), deadline)
    if failure is None and credential.password is None:
        ticket = account.ticket_for(f"{principal.service}/{principal.host}")
        failure = ticket.failure(lambda: _outcome_of(lambda: _ask_for_ticket(credential, principal))[0], deadline)
        if failure in {SILENT_KDC, NO_KDC}:
            account.ticket.lose(failure)
    return failure


def _first_failure(account: Account, credential: Credential, principal: Principal) -> LoginFailure | None:
    if _is_told_by_domain(credential):
        return _TOLD_BY_DOMAIN
    return ticket_failure(account, lambda: _ask_for_ticket(credential, principal))


def ticket_failure(account: Account, ask: Callable[[], object]) -> LoginFailure | None:
    """Why a ticket is not available, or None; asking counts as a login with the credential.

    Also None if the libraries of Kerberos are not installed: the login's own message about that is clearer.
    """
    trial, record = account.begin(_KDC, Deadline(KDC_SECONDS))
    if not trial and not record.accepted:
        return SILENT_KDC
    failure, ending = _outcome_of(ask)
    if trial:
        account.end(trial, _KDC, ending)
    return failure


def _outcome_of(ask: Callable[[], object]) -> tuple[LoginFailure | None, TrialResult]:
    try:
        ask()
    except ImportError:
        return None, TrialResult.OPEN
    except Exception as error:  # noqa: BLE001 - the libraries have no common exception
        failure = login_failure_of(error)
        if failure is UNKNOWN_SERVICE:
            # A KDC checks the password before it says that it does not know the service.
            return None, TrialResult.ACCEPTED
        return failure, TrialResult.REFUSED if failure is WRONG_PASSWORD else TrialResult.OPEN
    return None, TrialResult.ACCEPTED


def _ask_for_ticket(credential: Credential, principal: Principal) -> None:
    """Ask in the same way as the login: with a password the first call asks the KDC, with a ticket the second."""
    password = login_password(credential)
    spnego.client(login_name(credential), password, principal.host, principal.service, protocol="kerberos").step()
