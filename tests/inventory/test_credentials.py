"""Guards `moveready.inventory.credentials`: who logs in is told apart by all that a server sees of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from moveready.inventory import Auth, Credential, Secret

ADMIN = Credential("admin", Auth.NTLM, "CONTOSO\\svc", Secret("hunter2"))


@pytest.mark.parametrize(
    "change",
    [
        {"password": Secret("hunter3")},
        {"password": None},
        {"username": "svc"},
        {"auth": Auth.BASIC},
        {"certificate": Path("c.pem")},
    ],
    ids=str,
)
def test_another_field_is_another_credential(change: dict[str, object]) -> None:
    """Also where both are keys of one dictionary."""
    other = replace(ADMIN, **change)  # type: ignore[arg-type] # fields by name

    assert other != ADMIN
    assert len({ADMIN, other, replace(ADMIN)}) == 2


def test_without_a_word_it_is_the_kerberos_ticket() -> None:
    """Of whoever runs moveready."""
    assert Credential("reader") == Credential("reader", Auth.KERBEROS, None, None, None, None)
