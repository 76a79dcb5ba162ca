"""The KDC's clock as a ticket cache tells it; what a new ticket tells is in tests/kerberos."""

from __future__ import annotations

import time
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from moveready.inventory import Credential
from moveready.remoting.kdc_clock import can_be_read, kdc_ahead
from moveready.remoting.login_failures import NO_TICKET, login_failure_of

if TYPE_CHECKING:
    from pathlib import Path

NEEDS_LIBRARY = pytest.mark.skipif(not can_be_read(), reason="the library krb5 (moveready[kerberos]) is not installed")


def test_it_can_be_read_where_the_library_is() -> None:
    """Elsewhere, nobody imports it."""
    assert can_be_read() is (find_spec("krb5") is not None)


@NEEDS_LIBRARY
def test_a_ticket_cache_tells_the_difference_of_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """libkrb5 writes it into the cache, and goes on with the KDC's time."""
    import krb5

    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'cache'}")
    context = krb5.init_context()
    krb5.set_real_time(context, int(time.time()) + 720, 0)
    principal = krb5.parse_name_flags(context, b"svc@CONTOSO.COM")
    krb5.cc_initialize(context, krb5.cc_default(context), principal)

    assert abs(kdc_ahead(Credential("admin")) - timedelta(minutes=12)) < timedelta(minutes=1)


@NEEDS_LIBRARY
def test_without_a_ticket_cache_there_is_no_ticket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that the messages of logins know."""
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'none'}")

    with pytest.raises(Exception, match="credentials cache") as caught:
        kdc_ahead(Credential("admin"))
    assert login_failure_of(caught.value) == NO_TICKET
