"""Files of authorities: certificates in PEM, valid today."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from moveready.doctor.authorities import find_authorities, judged
from moveready.doctor.finding import Finding, Result
from tests.builders import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doctor.conftest import InventoryOf

FILE = Path("ca.pem")
YEAR = timedelta(days=365)


def certificate(name: str, from_years: int, to_years: int) -> x509.Certificate:
    """An authority that is valid from so many years after noon, to so many."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    building = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    building = building.not_valid_before(NOON + from_years * YEAR).not_valid_after(NOON + to_years * YEAR)
    return building.serial_number(1).sign(key, hashes.SHA256())


def pem(*certificates: x509.Certificate) -> bytes:
    """The text of a PEM file."""
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


VALID, EXPIRED, LATER = certificate("valid", -1, 1), certificate("old", -2, -1), certificate("new", 1, 2)


def results(content: bytes) -> list[Result]:
    """The results of the findings about a file of this content."""
    return [finding.result for finding in judged(FILE, content, NOON)]


def test_valid_certificates_are_counted() -> None:
    """A file may hold several."""
    (finding,) = judged(FILE, pem(VALID, VALID), NOON)

    assert (finding.result, finding.told) == (Result.GOOD, "2 valid certificates")


@pytest.mark.parametrize(
    ("one", "told"), [(EXPIRED, "CN=old expired on 2025-03-02 (UTC)"), (LATER, "CN=new is valid from 2027-03-02")]
)
def test_a_file_without_a_valid_one_is_a_problem(one: x509.Certificate, told: str) -> None:
    """No chain would verify."""
    (finding,) = judged(FILE, pem(one), NOON)

    assert finding.result is Result.PROBLEM
    assert finding.told.startswith(told)


def test_an_expired_one_beside_a_valid_one_is_a_note() -> None:
    """The old authority often stays beside its successor."""
    assert results(pem(VALID, EXPIRED)) == [Result.GOOD, Result.NOTE]


def test_der_is_told_with_the_command_that_converts_it() -> None:
    """Windows exports it by default."""
    (finding,) = judged(FILE, VALID.public_bytes(serialization.Encoding.DER), NOON)

    assert finding.result is Result.PROBLEM
    assert "openssl x509 -inform der -in ca.pem" in finding.next_step


@pytest.mark.parametrize("content", [b"", b"hello", pem(VALID)[:-60], b"\x00\xff"])
def test_what_is_no_certificate_is_a_problem(content: bytes) -> None:
    """Python's TLS would refuse the file with words that say nothing."""
    (finding,) = judged(FILE, content, NOON)

    assert (finding.result, finding.looked_at) == (Result.PROBLEM, "ca_file ca.pem")
    assert "BEGIN CERTIFICATE" in finding.next_step


@pytest.fixture
def found(inventory_of: InventoryOf, tmp_path: Path) -> Callable[[str], list[Finding]]:
    """The findings about an inventory with this `tls:`; beside it is a file of a valid authority."""
    (tmp_path / "own.pem").write_bytes(pem(VALID))
    return lambda tls: list(find_authorities(inventory_of("ex01.contoso.com", more=f"tls: {tls}"), NOON))


def test_the_file_of_the_inventory_is_read_once(found: Callable[[str], list[Finding]], tmp_path: Path) -> None:
    """However many servers use it."""
    (finding,) = found("{ca_file: own.pem}")

    assert (finding.looked_at, finding.result) == (f"ca_file {tmp_path / 'own.pem'}", Result.GOOD)


def test_a_file_that_is_gone_is_told(found: Callable[[str], list[Finding]], inventory_of: InventoryOf) -> None:
    """It was there when the inventory was read."""
    found("{ca_file: own.pem}")
    inventory = inventory_of("ex01.contoso.com", more="tls: {ca_file: own.pem}")
    assert inventory.servers[0].tls.ca_file is not None
    inventory.servers[0].tls.ca_file.unlink()
    (finding,) = find_authorities(inventory, NOON)

    assert finding.result is Result.PROBLEM
    assert "cannot be read" in finding.told


def test_certificates_that_are_not_verified_are_told(found: Callable[[str], list[Finding]]) -> None:
    """Loudly, and it stops no run."""
    (finding,) = found("{verify: false}")

    assert (finding.looked_at, finding.result) == ("tls.verify", Result.NOTE)
    assert "NOT verified" in finding.told


def test_the_authorities_of_the_system_are_not_looked_at(found: Callable[[str], list[Finding]]) -> None:
    """They are the system's own matter."""
    assert found("{verify: true}") == []
