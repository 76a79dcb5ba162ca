"""Where a credential uses Kerberos: whether a ticket can be had, and the clock of the KDC. No server is asked.

A wait for the KDC is limited as in a run (`moveready.remoting.tickets`), and asking with a password counts as a login
with it. `auth: negotiate` falls back to NTLM, so a missing ticket is only a note there; and where every server of such
a credential is reached on this machine itself, as in a lab, no KDC is looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from moveready.doctor.clocks import clock_finding
from moveready.doctor.finding import Finding, Result
from moveready.doctor.libraries import has_kerberos
from moveready.doctor.names import is_loopback
from moveready.doctor.parallel import answers_to
from moveready.inventory import Auth
from moveready.remoting.deadline import Deadline
from moveready.remoting.kdc_clock import can_be_read, kdc_ahead
from moveready.remoting.kerberos import Principal, no_ticket
from moveready.remoting.login_failures import (
    ACCOUNT_CLOSED,
    CLOCK,
    PASSWORD_EXPIRED,
    SILENT_KDC,
    UNKNOWN_ACCOUNT,
    WRONG_PASSWORD,
)
from moveready.remoting.tickets import KDC_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta

    from moveready.inventory import Credential, Inventory
    from moveready.remoting.login_failures import LoginFailure
    from moveready.remoting.logins import Logins

_WITH_NTLM_TOO = {WRONG_PASSWORD, ACCOUNT_CLOSED, PASSWORD_EXPIRED, CLOCK}
"""What no other way to log in would mend. (A username that only NTLM knows, such as CONTOSO\\user, is none of them.)"""

_EXCHANGE_WANTS_KERBEROS = (
    "The Exchange endpoint takes Kerberos only, unless its administrators changed that (Microsoft):"
    " a run then gets no flag."
)


class Use(NamedTuple):
    """A credential, and a service that it logs in to."""

    credential: Credential
    principal: Principal


def uses_of_kerberos(inventory: Inventory) -> list[Use]:
    """The credentials that a run asks the KDC for, each with the first service that it is used for."""
    found: dict[Credential, Use] = {}
    for host in inventory.organization.exchange:
        if _asks_a_kdc(host.credential, host.connect_to):
            found.setdefault(host.credential, Use(host.credential, Principal("http", host.name)))
    for server in inventory.servers:
        if _asks_a_kdc(server.credential, server.connect_to):
            found.setdefault(server.credential, Use(server.credential, Principal("host", server.name)))
    return list(found.values())


def find_tickets(inventory: Inventory, logins: Logins) -> Iterator[Finding]:
    """Findings about the ticket of each such credential, and about the clock of the KDC."""
    uses = uses_of_kerberos(inventory)
    if not has_kerberos():
        yield from _without_libraries(uses)
        return
    for use in uses:
        failure = no_ticket(logins.of(use.credential), use.credential, use.principal, Deadline(2 * KDC_SECONDS))
        yield ticket_finding(use.credential, failure)
        if failure is None:
            yield kdc_clock_finding(_ahead(use.credential), can_be_read=can_be_read())


def ticket_finding(credential: Credential, failure: LoginFailure | None) -> Finding:
    """What it means that asking for a ticket ended so; pure."""
    whose = f"credential `{credential.name}`"
    if failure is None:
        return Finding(whose, Result.GOOD, "the KDC gives a Kerberos ticket")
    if credential.auth is Auth.NEGOTIATE and failure not in _WITH_NTLM_TOO:
        next_step = f"{_EXCHANGE_WANTS_KERBEROS} {failure.next_step}"
        return Finding(whose, Result.NOTE, f"NTLM will be used, as {failure.happened}", next_step)
    result = Result.UNKNOWN if failure is SILENT_KDC else Result.PROBLEM
    next_step = failure.next_step
    if failure is UNKNOWN_ACCOUNT and credential.username is None:
        next_step = "Get a ticket for another account: run kinit, or name another keytab."
    return Finding(whose, result, failure.happened, next_step)


def kdc_clock_finding(ahead: timedelta | None, *, can_be_read: bool) -> Finding:
    """What it means that the KDC's clock is so much ahead of ours; None if it could not be read. Pure."""
    whose = "domain controller (KDC)"
    if ahead is not None:
        return clock_finding(whose, ahead)
    if not can_be_read:
        return Finding(whose, Result.NOTE, "its clock was not compared; Windows itself refuses a ticket if it is wrong")
    told = "it gave a ticket, but its clock could not be read"
    return Finding(whose, Result.UNKNOWN, told, "Compare it by hand, on a domain controller: w32tm /query /status")


def _ahead(credential: Credential) -> timedelta | None:
    if not can_be_read():
        return None
    try:
        return answers_to([lambda: kdc_ahead(credential)], KDC_SECONDS)[0]
    except Exception:  # noqa: BLE001 - krb5's errors have no base that exists without the library
        return None


def _asks_a_kdc(credential: Credential, address: str) -> bool:
    return credential.auth is Auth.KERBEROS or (credential.auth is Auth.NEGOTIATE and not is_loopback(address))


def _without_libraries(uses: Iterable[Use]) -> Iterator[Finding]:
    """For `auth: kerberos`, `libraries` has reported it already."""
    for credential, _ in uses:
        if credential.auth is Auth.NEGOTIATE:
            told = "NTLM will be used, as the libraries of Kerberos are not installed here"
            next_step = f'{_EXCHANGE_WANTS_KERBEROS} Install them: python -m pip install "moveready[kerberos]"'
            yield Finding(f"credential `{credential.name}`", Result.NOTE, told, next_step)
