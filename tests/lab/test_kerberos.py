"""Kerberos in a lab that cannot have it; what it is like with a KDC is in `tests/kerberos`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from moveready.lab.auth import LoginAnswer, LoginPolicy, LoginState
from moveready.lab.kerberos import KerberosServices

if TYPE_CHECKING:
    from pathlib import Path

TICKET = base64.b64encode(b"something that is no NTLM").decode()


@pytest.mark.parametrize("scheme", ["Negotiate", "Kerberos"])
def test_without_a_keytab_a_ticket_is_refused(scheme: str) -> None:
    """In both headers that may carry one, and no library is asked to read it."""
    policy = LoginPolicy((scheme,), ())

    assert LoginState().ask(f"{scheme} {TICKET}", policy) == LoginAnswer(None, (scheme,))


@pytest.mark.parametrize("scheme", ["Negotiate", "Kerberos"])
def test_a_keytab_that_cannot_be_read_is_a_refusal(tmp_path: Path, scheme: str) -> None:
    """And no crash, also where python-gssapi is not installed."""
    services = KerberosServices(tmp_path / "none", frozenset({"http/ex01.contoso.com"}))
    policy = LoginPolicy((scheme,), (), kerberos=services)

    assert LoginState().ask(f"{scheme} {TICKET}", policy) == LoginAnswer(None, (scheme,))
