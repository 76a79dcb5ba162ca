"""Whether Kerberos works from here, before any server is asked by it.

A missing ticket, a wrong password or a domain controller (KDC) that says nothing is the same at every server, and no
server's fault. libkrb5 waits up to half a minute for a silent KDC, and nothing ends that wait. So before the first
login of a credential one ticket is asked for, as the login will do. A password that the KDC accepts is accepted, and
one that it refuses counts as a refusal (`logins`).
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

    That is what the inventory says, but NTLM for `negotiate` where asking the KDC again would hang, or send a password
    that it has refused.

    Raises:
        AuthenticationError: It has to be Kerberos, and there is no ticket; or the credential is not sent any more.
    """
    if credential.auth not in {Auth.KERBEROS, Auth.NEGOTIATE}:
        return credential.auth
    failure = login.account.ticket.failure(
        lambda: ticket_failure(login.account, lambda: _ask_for_ticket(credential, principal)), deadline
    )
    login.check()
    if failure is not None and credential.auth is Auth.KERBEROS:
        raise AuthenticationError(login.server, login.channel, f"not asked, as {failure.happened}", failure.next_step)
    return Auth.NTLM if failure in {SILENT_KDC, WRONG_PASSWORD} else credential.auth


def ticket_failure(account: Account, ask: Callable[[], object]) -> LoginFailure | None:
    """Why asking for a ticket fails, or None; it counts as a login with the credential.

    Also None where the libraries of Kerberos are not installed: what the login itself says of that is clearer.
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
            # A KDC that does not know the service has looked at the password before.
            return None, TrialResult.ACCEPTED
        return failure, TrialResult.REFUSED if failure is WRONG_PASSWORD else TrialResult.OPEN
    return None, TrialResult.ACCEPTED


def _ask_for_ticket(credential: Credential, principal: Principal) -> None:
    """As the login will do: with a password the first of the two asks the KDC, with a ticket the second."""
    spnego.client(
        credential.username, credential.password, principal.host, principal.service, protocol="kerberos"
    ).step()
