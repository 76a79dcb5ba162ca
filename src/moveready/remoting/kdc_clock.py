"""The clock of the domain controller (KDC), compared with ours.

MIT's library corrects a wrong clock silently (`kdc_timesync` in krb5.conf(5)), so a ticket can be had although the
servers would refuse it. With a password, the KDC writes its time into a new ticket (RFC 4120, section 5.3:
`authtime`); otherwise the ticket cache has the difference of the time when it was filled. Needs the library `krb5`,
which Windows does not have.
"""

from __future__ import annotations

import time
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

from moveready.remoting.kerberos import login_name

if TYPE_CHECKING:
    from moveready.inventory import Credential


def can_be_read() -> bool:
    """Whether this Python has the library that reads it."""
    return find_spec("krb5") is not None


def kdc_ahead(credential: Credential) -> timedelta:
    """How much the KDC's clock is ahead of ours; to be asked for after a ticket was had. It may wait for the KDC long.

    Raises:
        krb5.Krb5Error: The KDC gave no ticket, or there is no ticket cache.
    """
    import krb5  # noqa: PLC0415 - an extra that need not be installed

    context = krb5.init_context()
    name = login_name(credential)
    if name is None or credential.password is None:
        krb5.cc_get_principal(context, krb5.cc_default(context))
        seconds, microseconds = krb5.get_time_offsets(context)
        return timedelta(seconds=seconds, microseconds=microseconds)
    principal = krb5.parse_name_flags(context, name.encode())
    options = krb5.get_init_creds_opt_alloc(context)
    ticket = krb5.get_init_creds_password(context, principal, options, credential.password.reveal().encode())
    return timedelta(seconds=ticket.times.authtime - int(time.time()))
