"""What must be installed for an inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.doctor.finding import Result
from moveready.doctor.libraries import credentials_of, find_libraries, has_kerberos

if TYPE_CHECKING:
    from tests.doctor.conftest import InventoryOf


@pytest.mark.skipif(has_kerberos(), reason="the Kerberos libraries are installed here")
def test_missing_kerberos_is_told(inventory_of: InventoryOf) -> None:
    """With the extra that brings it, and the credential that wants it."""
    (finding,) = find_libraries(inventory_of("ex01.contoso.com", credential="{auth: kerberos}"))

    assert finding.result is Result.PROBLEM
    assert "the credential `admin` has `auth: kerberos`" in finding.told
    assert 'pip install "moveready[kerberos]"' in finding.next_step


def test_kerberos_is_not_wanted_where_nobody_uses_it(inventory_of: InventoryOf) -> None:
    """NTLM needs nothing else."""
    (finding,) = find_libraries(inventory_of("ex01.contoso.com"))

    assert finding.result is Result.GOOD


def test_every_credential_is_named_once(inventory_of: InventoryOf) -> None:
    """Exchange hosts and servers may share one."""
    found = credentials_of(inventory_of("ex01.contoso.com", "ex02.contoso.com"))

    assert [credential.name for credential in found] == ["admin"]
