"""Checks whether Kerberos works from here, before it is used with any server.

A missing ticket, a wrong password or a silent domain controller (KDC) affects every server in the same way, and is not
the server's fault. libkrb5 waits up to half a minute for a silent KDC, and nothing can end that wait. So before the
first login with a credential one ticket is requested, in the same way as the login does it. If the KDC accepts the
password, the credential is accepted; if it refuses it, that counts as a refusal (`logins`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import spnego

from moveready.errors import AuthenticationError
from moveready.inventory import Auth
from moveready.remoting.deadline import Deadline
from moveready.remoting.login_failures import (
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


class Principal(NamedTuple):
    """The service that is logged in to: its class and its host."""

    service: str
    host: str


def usable_auth(login: CredentialUse, credential: Credential, principal: Principal, deadline: Deadline) -> Auth:
    """How to log in with the credential.

    This is the method in the inventory, but NTLM instead of `negotiate` if asking the KDC again would hang, or would
    send a password that it has refused.

    Raises:
        AuthenticationError: It must be Kerberos and there is no ticket, or the credential is not sent any more.
    """
    if credential.auth not in {Auth.KERBEROS, Auth.NEGOTIATE}:
        return credential.auth
    failure = no_ticket(login.account, credential, principal, deadline)
    login.check()
    if failure is not None and credential.auth is Auth.KERBEROS:
        raise AuthenticationError(login.server, login.channel, f"not asked, as {failure.happened}", failure.next_step)
    return Auth.NTLM if failure in {SILENT_KDC, WRONG_PASSWORD} else credential.auth


def no_ticket(
    account: Account, credential: Credential, principal: Principal, deadline: Deadline
) -> LoginFailure | None:
    """Why the credential gets no ticket, or None; the KDC is asked once a run, and not waited for without a limit."""
    return account.ticket.failure(
        lambda: ticket_failure(account, lambda: _ask_for_ticket(credential, principal)), deadline
    )


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
    spnego.client(
        credential.username, credential.password, principal.host, principal.service, protocol="kerberos"
    ).step()
