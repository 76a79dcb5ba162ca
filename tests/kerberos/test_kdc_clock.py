"""The clock of a real KDC, as a new ticket tells it."""

from __future__ import annotations

from datetime import timedelta

from moveready.inventory import Auth, Credential, Secret
from moveready.remoting.kdc_clock import kdc_ahead
from tests.kerberos.kdc import REALM, USER


def test_a_new_ticket_tells_the_time_of_the_kdc() -> None:
    """Which is this machine's own here."""
    ahead = kdc_ahead(Credential("admin", Auth.KERBEROS, f"{USER.name}@{REALM}", Secret(USER.password)))

    assert abs(ahead) < timedelta(minutes=1)
